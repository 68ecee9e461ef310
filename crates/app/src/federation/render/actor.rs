//! Accounts of ours as actors.

use ferrodon_core::Config;
use ferrodon_core::media::Attachment;
use ferrodon_core::text::{entities, local};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::documents::{Actor, Emoji};
use serde_json::{Value, json};

use super::emoji::{emoji, shortcodes};
use super::{Object, Terms, hashtag, image};
use crate::Result;
use crate::federation::uris::{self, PUBLIC};

/// An account of ours with all that its document shows.
#[derive(Debug)]
pub struct Profile<'a> {
    account: &'a Account,
    fields: Vec<(String, String)>,
    tags: Vec<String>,
    emojis: Vec<Emoji>,
    mentioned: Vec<Actor>,
    moved_to: Option<Actor>,
}

impl<'a> Profile<'a> {
    /// Reads everything that the document of `account` takes.
    pub async fn load(
        conn: &mut PgConnection,
        config: &Config,
        account: &'a Account,
    ) -> Result<Profile<'a>> {
        let mut profile = Self {
            account,
            fields: fields(account),
            tags: Vec::new(),
            emojis: Vec::new(),
            mentioned: Vec::new(),
            moved_to: None,
        };
        // Of a suspended account nothing is told that it wrote.
        if account.suspended_at.is_some() {
            return Ok(profile);
        }
        let mut codes = Vec::new();
        shortcodes(&account.display_name, &mut codes);
        shortcodes(&account.note, &mut codes);
        let (mut usernames, mut domains) = (Vec::new(), Vec::new());
        let mut handles = |text: &str| {
            for entity in entities::entities(text) {
                if let entities::EntityKind::Mention { username, domain } = entity.kind {
                    let domain = domain.map(|domain| local::ascii_domain(&domain));
                    let domain = domain.filter(|domain| !config.is_local_host(domain));
                    usernames.push(username);
                    domains.push(domain.unwrap_or_default());
                }
            }
        };
        handles(&account.note);
        for (name, value) in &profile.fields {
            shortcodes(name, &mut codes);
            shortcodes(value, &mut codes);
            handles(value);
        }
        profile.tags = db::documents::account_tags(conn, account.id).await?;
        if !codes.is_empty() {
            let mut found = db::documents::emojis(conn, &codes).await?;
            found.sort_by_key(|one| codes.iter().position(|code| *code == one.shortcode));
            profile.emojis = found;
        }
        if !usernames.is_empty() {
            profile.mentioned = db::documents::by_handles(conn, &usernames, &domains).await?;
        }
        if let Some(id) = account.moved_to_account_id {
            profile.moved_to = db::documents::actor(conn, id).await?;
        }
        Ok(profile)
    }

    /// The actor.
    #[must_use]
    pub fn actor(&self, config: &Config) -> Object {
        let account = self.account;
        let suspended = account.suspended_at.is_some();
        let id = uris::actor(config, account);
        let locals = local::local_domains(config);
        let base_url = config.base_url();
        let site = local::Site { base_url: &base_url, local_domains: &locals };
        let mentioned: Vec<local::Mentioned> = self
            .mentioned
            .iter()
            .map(|actor| local::Mentioned {
                username: actor.username.clone(),
                domain: actor.domain.clone(),
                url: uris::profile(config, actor),
            })
            .collect();

        let mut actor = with_context();
        actor
            .set("id", id.as_str())
            .set("webfinger", format!("{}@{}", account.username, config.local_domain))
            .set("type", kind(account))
            .set("following", format!("{id}/following"))
            .set("followers", format!("{id}/followers"))
            .set("inbox", format!("{id}/inbox"))
            .set("outbox", format!("{id}/outbox"))
            .set("featured", format!("{id}/collections/featured"))
            .set("featuredTags", format!("{id}/collections/tags"))
            .set("preferredUsername", account.username.as_str());
        let name = Some(account.display_name.as_str())
            .filter(|name| !suspended && !name.trim().is_empty())
            .unwrap_or(&account.username);
        let summary = if suspended {
            String::new()
        } else {
            local::to_html(&site, &account.note, &mentioned)
        };
        let discoverable = !suspended && account.discoverable == Some(true);
        actor
            .set("name", name)
            .set("summary", summary)
            .set("url", uris::profile(config, account))
            .set("manuallyApprovesFollowers", !suspended && account.locked)
            .set("discoverable", discoverable)
            .set("indexable", !suspended && account.indexable)
            .set("published", account.created_at.format("%Y-%m-%dT00:00:00Z").to_string())
            .set("memorial", account.memorial)
            .set("showFeatured", account.show_featured)
            .set("showMedia", account.show_media)
            .set("showRepliesInMedia", account.show_media_replies);
        let may_feature = match (account.discoverable == Some(true), account.locked) {
            (false, _) => id.clone(),
            (true, true) => format!("{id}/followers"),
            (true, false) => PUBLIC.to_owned(),
        };
        // The list of collections has the numeric form for every account.
        let collections = config.url(&format!("/ap/users/{}/featured_collections", account.id));
        actor
            .set(
                "interactionPolicy",
                json!({ "canFeature": { "automaticApproval": [may_feature] } }),
            )
            .set("featuredCollections", collections);
        if let Some(target) = &self.moved_to {
            actor.set("movedTo", uris::actor(config, target));
        }
        let known_as = account.also_known_as.as_deref().unwrap_or_default();
        if !known_as.is_empty() && !suspended {
            actor.set("alsoKnownAs", known_as.to_vec());
        }
        if suspended {
            actor.set("suspended", true);
        }
        let attributed = account.attribution_domains.as_deref().unwrap_or_default();
        if !attributed.is_empty() {
            actor.set("attributionDomains", attributed.to_vec());
        }
        actor.set("publicKey", public_key(config, account));

        let tags = self.emojis.iter().map(|found| emoji(config, found));
        let hashtags =
            self.tags.iter().map(|name| hashtag(local::hashtag_url(&base_url, name), name));
        actor.embed_all("tag", tags.chain(hashtags));
        let shown = if suspended { &[][..] } else { &self.fields };
        let attachment: Vec<Value> = shown
            .iter()
            .map(|(name, value)| {
                let value = local::field_to_html(&site, value, &mentioned);
                json!({ "type": "PropertyValue", "name": name, "value": value })
            })
            .collect();
        actor
            .set("attachment", attachment)
            .set("endpoints", json!({ "sharedInbox": uris::shared_inbox(config) }));
        if !suspended {
            self.set_pictures(config, &mut actor);
        }
        actor
    }

    fn set_pictures(&self, config: &Config, actor: &mut Object) {
        let account = self.account;
        let pictures = [
            (
                "icon",
                Attachment::AccountAvatar,
                &account.avatar_file_name,
                &account.avatar_content_type,
                &account.avatar_description,
            ),
            (
                "image",
                Attachment::AccountHeader,
                &account.header_file_name,
                &account.header_content_type,
                &account.header_description,
            ),
        ];
        for (member, attachment, file, media_type, summary) in pictures {
            if let Some(file) = file {
                let url = attachment.url(config, account.id.0, "original", file, false);
                actor.embed(member, image(media_type.as_deref(), url, Some(summary)));
            }
        }
    }
}

/// The actor that stands for the server.
#[must_use]
pub fn instance_actor(config: &Config, account: &Account) -> Object {
    let id = uris::actor(config, account);
    let mut actor = with_context();
    actor
        .set("id", id.as_str())
        .set("type", "Application")
        .set("inbox", format!("{id}/inbox"))
        .set("outbox", format!("{id}/outbox"))
        .set("preferredUsername", account.username.as_str())
        .set("url", uris::profile(config, account))
        .set("manuallyApprovesFollowers", true)
        .set("publicKey", public_key(config, account))
        .set("endpoints", json!({ "sharedInbox": uris::shared_inbox(config) }));
    actor
}

/// An actor's context defines the same words whatever it shows.
fn with_context() -> Object {
    let mut actor = Object::default();
    actor.context.security = true;
    actor.context.webfinger = true;
    actor.context.need(&[
        Terms::ManuallyApprovesFollowers,
        Terms::Featured,
        Terms::AlsoKnownAs,
        Terms::MovedTo,
        Terms::PropertyValue,
        Terms::Discoverable,
        Terms::Suspended,
        Terms::Memorial,
        Terms::Indexable,
        Terms::AttributionDomains,
        Terms::ProfileSettings,
        Terms::InteractionPolicies,
    ]);
    actor
}

fn kind(account: &Account) -> &'static str {
    if account.id == uris::INSTANCE_ACTOR {
        return "Application";
    }
    match account.actor_type.as_deref() {
        Some("Application" | "Service") => "Service",
        Some("Group") => "Group",
        _ => "Person",
    }
}

fn public_key(config: &Config, account: &Account) -> Value {
    json!({
        "id": uris::key(config, account),
        "owner": uris::actor(config, account),
        "publicKeyPem": account.public_key,
    })
}

/// The rows of an account's profile table that have a name.
fn fields(account: &Account) -> Vec<(String, String)> {
    const MOST: usize = 4;
    let rows = account.fields.as_ref().and_then(Value::as_array);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.into_iter()
        .flatten()
        .map(|row| (text(&row["name"]), text(&row["value"])))
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .take(MOST)
        .collect()
}
