//! `Account`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDateTime, NaiveTime};
use ferrodon_core::media::{Attachment, with_extension};
use ferrodon_core::text::{local, remote};
use ferrodon_core::{AccountId, Config, UserSettings};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::account_stats::AccountStat;
use ferrodon_db::accounts::Account as Row;
use ferrodon_db::relationships::Ties;
use ferrodon_db::users::Profile;
use serde::Serialize;
use serde_json::Value;

use super::quote::{policy_for, policy_words};
use super::{CustomEmoji, Date, Emojis, OffsetTime, Time, handles, id_text};
use crate::{App, Result, address, settings};

/// An account as everyone sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    pub id: AccountId,
    pub username: String,
    pub acct: String,
    pub display_name: String,
    pub locked: bool,
    pub bot: bool,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub group: bool,
    pub created_at: Time,
    pub note: String,
    pub url: String,
    pub uri: String,
    pub avatar: String,
    pub avatar_static: String,
    pub avatar_description: String,
    pub header: String,
    pub header_static: String,
    pub header_description: String,
    pub followers_count: i64,
    pub following_count: i64,
    pub statuses_count: i64,
    pub last_status_at: Option<Date>,
    pub hide_collections: Option<bool>,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub show_featured: bool,
    /// Left out unless it moved; none while it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Option<Box<Account>>>,
    pub emojis: Vec<CustomEmoji>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub limited: bool,
    /// Left out of remote accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noindex: Option<Option<bool>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub memorial: bool,
    pub feature_approval: FeatureApproval,
    /// Left out of remote accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<AccountRole>>,
    pub fields: Vec<Field>,
}

/// An account that the viewer mutes.
#[derive(Clone, Debug, Serialize)]
pub struct MutedAccount {
    #[serde(flatten)]
    pub account: Account,
    /// None if the mute has no end, or is over.
    pub mute_expires_at: Option<Time>,
}

/// A row of the table in a profile.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    pub verified_at: Option<OffsetTime>,
}

/// A role that shows as a badge.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRole {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub name: String,
    pub color: String,
}

/// Who may add the account to collections, and whether the viewer may.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureApproval {
    pub automatic: Vec<&'static str>,
    pub manual: Vec<&'static str>,
    pub current_user: &'static str,
}

impl Account {
    /// Renders a list, in its order.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: Vec<Row>,
    ) -> Result<Vec<Self>> {
        let related = Related::read(app, conn, viewer, &rows).await?;
        Ok(rows.iter().map(|row| related.account(row)).collect())
    }

    /// [`Account::render`], together with what of their logins was read for it.
    pub(super) async fn render_with_profiles(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: Vec<Row>,
    ) -> Result<(Vec<Self>, HashMap<AccountId, Profile>)> {
        let related = Related::read(app, conn, viewer, &rows).await?;
        let accounts = rows.iter().map(|row| related.account(row)).collect();
        Ok((accounts, related.profiles))
    }

    /// Renders the accounts with these ids, in the order of the ids; unknown ones are left out.
    pub async fn render_ids(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        ids: &[AccountId],
    ) -> Result<Vec<Self>> {
        let mut rows = db::accounts::by_ids(conn, ids).await?;
        let place: HashMap<AccountId, usize> =
            ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        rows.sort_by_key(|row| place.get(&row.id).copied());
        Self::render(app, conn, viewer, rows).await
    }

    /// Renders one account.
    pub async fn render_one(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        row: Row,
    ) -> Result<Self> {
        let related = Related::read(app, conn, viewer, std::slice::from_ref(&row)).await?;
        Ok(related.account(&row))
    }
}

/// The raw fields of a row: name, value, and when it was verified.
pub(super) fn stored_fields(
    fields: Option<&Value>,
) -> impl Iterator<Item = (&str, &str, Option<NaiveDateTime>)> {
    let fields = fields.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    fields.iter().map(|field| {
        let text = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default();
        let verified_at = DateTime::parse_from_rfc3339(text("verified_at")).ok();
        (text("name"), text("value"), verified_at.map(|at| at.naive_utc()))
    })
}

/// `user` or `user@domain`, with the domain in the form in which people read it.
pub(super) fn acct(username: &str, domain: Option<&str>) -> String {
    match domain {
        None => username.to_owned(),
        Some(domain) if domain.contains("xn--") => {
            format!("{username}@{}", local::unicode_domain(domain))
        }
        Some(domain) => format!("{username}@{domain}"),
    }
}

/// What accounts show beside their own rows.
struct Related<'a> {
    config: &'a Config,
    viewer: Option<AccountId>,
    local_domains: Vec<String>,
    base_url: String,
    noindex: bool,
    stats: HashMap<AccountId, AccountStat>,
    profiles: HashMap<AccountId, Profile>,
    moved_to: HashMap<AccountId, Row>,
    emojis: Emojis,
    mentioned: Vec<local::Mentioned>,
    ties: HashMap<AccountId, Ties>,
}

impl<'a> Related<'a> {
    async fn read(
        app: &'a App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: &[Row],
    ) -> Result<Self> {
        let config = &*app.config;
        let local_domains = local::local_domains(config);

        let moved: Vec<AccountId> = rows.iter().filter_map(|row| row.moved_to_account_id).collect();
        let moved =
            if moved.is_empty() { Vec::new() } else { db::accounts::by_ids(conn, &moved).await? };
        let all = || rows.iter().chain(&moved);
        let ids: Vec<AccountId> = all().map(|row| row.id).collect();
        let local_ids: Vec<AccountId> =
            all().filter(|row| row.is_local()).map(|row| row.id).collect();

        let stats = db::account_stats::by_accounts(conn, &ids).await?;
        let profiles = if local_ids.is_empty() {
            Vec::new()
        } else {
            db::users::profiles(conn, &local_ids).await?
        };
        let mut emojis = Emojis::default();
        let mut wanted = HashSet::new();
        for row in all().filter(|row| row.suspended_at.is_none()) {
            each_text(row, |text| emojis.want(row.domain.as_deref(), text));
            if row.is_local() {
                each_text(row, |text| handles::want(&local_domains, text, &mut wanted));
            }
        }
        emojis.read(config, conn).await?;
        let mentioned = handles::read(config, conn, wanted).await?;

        let tied: Vec<AccountId> =
            all().filter(|row| policy_depends_on_ties(row)).map(|row| row.id).collect();
        let ties = match viewer {
            Some(viewer) if !tied.is_empty() => {
                db::relationships::ties(conn, viewer, &tied).await?
            }
            _ => Vec::new(),
        };
        Ok(Self {
            config,
            viewer,
            local_domains,
            base_url: config.base_url(),
            noindex: settings::current_with(app, conn).await?.noindex(),
            stats: stats.into_iter().map(|stat| (stat.account_id, stat)).collect(),
            profiles: profiles.into_iter().map(|one| (one.account_id, one)).collect(),
            moved_to: moved.into_iter().map(|row| (row.id, row)).collect(),
            emojis,
            mentioned,
            ties: ties.into_iter().map(|ties| (ties.account_id, ties)).collect(),
        })
    }

    fn account(&self, row: &Row) -> Account {
        let mut account = self.unmoved(row);
        if let Some(target) = row.moved_to_account_id.and_then(|id| self.moved_to.get(&id)) {
            let shown = row.suspended_at.is_none().then(|| Box::new(self.unmoved(target)));
            account.moved = Some(shown);
        }
        account
    }

    /// The account without a word of where it moved.
    fn unmoved(&self, row: &Row) -> Account {
        let suspended = row.suspended_at.is_some();
        let shown = |text: &str| if suspended { String::new() } else { text.to_owned() };
        let stat = self.stats.get(&row.id);
        let count = |count: fn(&AccountStat) -> i64| stat.map_or(0, count).max(0);
        let (avatar, avatar_static) = self.picture(row, Attachment::AccountAvatar);
        let (header, header_static) = self.picture(row, Attachment::AccountHeader);
        Account {
            id: row.id,
            username: row.username.clone(),
            acct: acct(&row.username, row.domain.as_deref()),
            display_name: shown(&row.display_name),
            locked: row.locked && !suspended,
            bot: is_bot(row) && !suspended,
            discoverable: if suspended { Some(false) } else { row.discoverable },
            indexable: row.indexable && !suspended,
            group: row.actor_type.as_deref() == Some("Group"),
            created_at: Time(row.created_at.date().and_time(NaiveTime::MIN)),
            note: if suspended { String::new() } else { self.bio(row) },
            url: address::account_url(self.config, row),
            uri: address::account_uri(self.config, row),
            avatar,
            avatar_static,
            avatar_description: shown(&row.avatar_description),
            header,
            header_static,
            header_description: shown(&row.header_description),
            followers_count: count(|stat| stat.followers_count),
            following_count: count(|stat| stat.following_count),
            statuses_count: count(|stat| stat.statuses_count),
            last_status_at: stat.and_then(|stat| stat.last_status_at).map(|at| Date(at.date())),
            hide_collections: row.hide_collections,
            show_media: row.show_media,
            show_media_replies: row.show_media_replies,
            show_featured: row.show_featured,
            moved: None,
            emojis: if suspended { Vec::new() } else { self.used_emojis(row) },
            suspended,
            limited: row.silenced_at.is_some(),
            noindex: row.is_local().then(|| self.noindex_of(row)),
            memorial: row.memorial,
            feature_approval: self.feature_approval(row),
            roles: row.is_local().then(|| self.roles(row)),
            fields: if suspended { Vec::new() } else { self.fields(row) },
        }
    }

    fn site(&self) -> local::Site<'_> {
        local::Site { base_url: &self.base_url, local_domains: &self.local_domains }
    }

    fn bio(&self, row: &Row) -> String {
        if row.is_local() {
            local::to_html(&self.site(), &row.note, &self.mentioned)
        } else {
            remote::sanitize(&row.note)
        }
    }

    fn fields(&self, row: &Row) -> Vec<Field> {
        stored_fields(row.fields.as_ref())
            .map(|(name, value, verified_at)| Field {
                name: name.to_owned(),
                value: if row.is_local() {
                    local::field_to_html(&self.site(), value, &self.mentioned)
                } else if let Some(link) = verified_at.and_then(|_| linked_to(value)) {
                    local::link(&link, "nofollow noopener me")
                } else {
                    remote::sanitize(value)
                },
                verified_at: verified_at.map(OffsetTime),
            })
            .collect()
    }

    fn used_emojis(&self, row: &Row) -> Vec<CustomEmoji> {
        let mut texts = Vec::new();
        each_text(row, |text| texts.push(text));
        self.emojis.used(row.domain.as_deref(), texts)
    }

    fn noindex_of(&self, row: &Row) -> Option<bool> {
        let profile = self.profiles.get(&row.id)?;
        let settings = UserSettings::parse(profile.settings.as_deref());
        Some(settings.noindex().unwrap_or(self.noindex))
    }

    fn roles(&self, row: &Row) -> Vec<AccountRole> {
        let profile = self.profiles.get(&row.id);
        let badge = profile.filter(|role| role.role_highlighted && row.suspended_at.is_none());
        let badge = badge.map(|role| AccountRole {
            id: role.role_id,
            name: role.role_name.clone(),
            color: role.role_color.clone(),
        });
        badge.into_iter().collect()
    }

    fn feature_approval(&self, row: &Row) -> FeatureApproval {
        let ties = self.ties.get(&row.id);
        let policy = row.feature_approval_policy;
        let (automatic, manual) = if !row.is_local() {
            (policy_words(policy >> 16), policy_words(policy & 0xffff))
        } else if row.discoverable != Some(true) {
            (Vec::new(), Vec::new())
        } else if row.locked {
            (vec!["followers"], Vec::new())
        } else {
            (vec!["public"], Vec::new())
        };
        let current_user = match self.viewer {
            None => "denied",
            Some(_) if row.is_local() && row.discoverable != Some(true) => "denied",
            Some(viewer) if viewer == row.id => "automatic",
            Some(_) if row.is_local() => {
                let may = !row.locked || ties.is_some_and(|ties| ties.following);
                if may { "automatic" } else { "denied" }
            }
            Some(_) if policy == 0 => "missing",
            Some(_) => policy_for(policy, ties),
        };
        FeatureApproval { automatic, manual, current_user }
    }

    /// The addresses of a picture and of its still version.
    fn picture(&self, row: &Row, which: Attachment) -> (String, String) {
        let (file, content_type, version, missing) = match which {
            Attachment::AccountHeader => (
                &row.header_file_name,
                &row.header_content_type,
                row.header_storage_schema_version,
                "/headers/original/missing.png",
            ),
            _ => (
                &row.avatar_file_name,
                &row.avatar_content_type,
                row.avatar_storage_schema_version,
                "/avatars/original/missing.png",
            ),
        };
        let Some(file) = file.as_deref().filter(|_| row.suspended_at.is_none()) else {
            let missing = self.config.url(missing);
            return (missing.clone(), missing);
        };
        let cached = !row.is_local() && version.unwrap_or(0) >= 1;
        let original = which.url(self.config, row.id.0, "original", file, cached);
        let still = if content_type.as_deref() == Some("image/gif") {
            which.url(self.config, row.id.0, "static", &with_extension(file, "png"), cached)
        } else {
            original.clone()
        };
        (original, still)
    }
}

/// Whether a machine posts.
pub(super) fn is_bot(row: &Row) -> bool {
    matches!(row.actor_type.as_deref(), Some("Application" | "Service"))
}

/// Every text of a profile in which emojis and handles may stand.
fn each_text<'r>(row: &'r Row, mut each: impl FnMut(&'r str)) {
    each(&row.note);
    each(&row.display_name);
    for (name, value, _) in stored_fields(row.fields.as_ref()) {
        each(name);
        each(value);
    }
}

/// Whether what the viewer may do with the account depends on who follows whom.
fn policy_depends_on_ties(row: &Row) -> bool {
    if row.is_local() {
        row.locked && row.discoverable == Some(true)
    } else {
        row.feature_approval_policy != 0
    }
}

/// Where the link of a remote field leads.
fn linked_to(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("href=")?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (url, _) = rest[1..].split_once(quote)?;
    Some(url.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_whatever_their_shape() {
        let value = serde_json::json!([
            {"name": "a", "value": "b", "verified_at": "2026-11-24T14:18:01.054Z"},
            {"name": "c"}
        ]);
        let fields: Vec<_> = stored_fields(Some(&value)).collect();
        assert_eq!((fields[0].0, fields[0].1, fields[0].2.is_some()), ("a", "b", true));
        assert_eq!((fields[1].0, fields[1].1, fields[1].2), ("c", "", None));
        assert_eq!(stored_fields(Some(&serde_json::json!({}))).count(), 0);
    }

    #[test]
    fn the_link_of_a_field_is_found() {
        let html = r#"<a href="https://a.example/?b=1&amp;c=2" rel="me">x</a>"#;
        assert_eq!(linked_to(html).as_deref(), Some("https://a.example/?b=1&c=2"));
        assert_eq!(linked_to("plain"), None);
    }
}
