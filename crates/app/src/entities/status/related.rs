//! What statuses show beside their own rows, read once for a whole list.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use chrono::NaiveDateTime;
use ferrodon_core::text::{local, remote};
use ferrodon_core::{AccountId, ApplicationId, Config, PollId, StatusId, UserSettings, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account as AccountRow;
use ferrodon_db::media_attachments::MediaAttachment as MediaRow;
use ferrodon_db::mentions::Mention as MentionRow;
use ferrodon_db::oauth_applications::Shown as ApplicationRow;
use ferrodon_db::polls::Poll as PollRow;
use ferrodon_db::preview_cards::StatusCard;
use ferrodon_db::quotes::ViewedQuote;
use ferrodon_db::relationships::Ties;
use ferrodon_db::status_stats::StatusStat;
use ferrodon_db::statuses::{Status as Row, ViewerFlags};
use ferrodon_db::tags::StatusTag;

use super::{Manner, Mention, ShallowTag, Status, StatusApplication, Viewed};
use crate::entities::account::acct;
use crate::entities::filter::Filters;
use crate::entities::quote::{self, Shown};
use crate::entities::{
    Account, Collection, CustomEmoji, Emojis, FilterResult, MediaAttachment, Poll, PreviewCard,
    Quote, QuoteApproval, Time,
};
use crate::{App, Result, address};

/// Attachments that a status shows.
const MAX_MEDIA: usize = 4;

/// Everything a list of statuses needs.
pub(super) struct Related<'a> {
    config: &'a Config,
    viewer: Option<AccountId>,
    manner: Manner,
    now: NaiveDateTime,
    base_url: String,
    local_domains: Vec<String>,
    /// Originals of reblogs and quoted statuses.
    others: HashMap<StatusId, Row>,
    quotes: HashMap<StatusId, ViewedQuote>,
    stats: HashMap<StatusId, StatusStat>,
    media: HashMap<StatusId, Vec<MediaRow>>,
    mentions: HashMap<StatusId, Vec<MentionRow>>,
    tags: HashMap<StatusId, Vec<StatusTag>>,
    polls: HashMap<PollId, PollRow>,
    cards: HashMap<StatusId, StatusCard>,
    collections: HashMap<StatusId, Vec<Collection>>,
    applications: HashMap<ApplicationId, ApplicationRow>,
    flags: HashMap<StatusId, ViewerFlags>,
    filters: Filters,
    emojis: Emojis,
    authors: HashMap<AccountId, AccountRow>,
    accounts: HashMap<AccountId, Arc<Account>>,
    hiding_application: HashSet<AccountId>,
    ties: HashMap<AccountId, Ties>,
}

impl<'a> Related<'a> {
    pub(super) async fn read(
        app: &'a App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: &[Row],
        manner: Manner,
    ) -> Result<Self> {
        let now = app.clock.now().naive_utc();
        let (others, quotes) = others(conn, viewer, rows, manner).await?;

        let all = || rows.iter().chain(others.values());
        let ids = unique(all().map(|row| row.id));
        let full = || all().filter(|row| row.reblog_of_id.is_none());
        let full_ids = unique(full().map(|row| row.id));
        let poll_ids = unique(full().filter_map(|row| row.poll_id));
        let application_ids = unique(all().filter_map(|row| row.application_id));

        let stats = db::status_stats::by_statuses(conn, &ids).await?;
        let media = db::media_attachments::by_statuses(conn, &full_ids).await?;
        let mentions = db::mentions::shown_by_statuses(conn, &full_ids).await?;
        let tags = db::tags::by_statuses(conn, &full_ids).await?;
        let cards = db::preview_cards::by_statuses(conn, &full_ids).await?;
        let collections = Collection::tagged(&app.config, conn, viewer, &full_ids).await?;
        let polls = match poll_ids.is_empty() {
            true => Vec::new(),
            false => db::polls::by_ids(conn, &poll_ids, viewer).await?,
        };
        let applications = match application_ids.is_empty() {
            true => Vec::new(),
            false => db::oauth_applications::shown(conn, &application_ids).await?,
        };
        let (flags, filters) = match viewer {
            Some(viewer) => (
                db::statuses::viewer_flags(conn, &ids, viewer).await?,
                Filters::new(db::custom_filters::active(conn, viewer, now).await?),
            ),
            None => (Vec::new(), Filters::default()),
        };
        let cards: HashMap<_, _> = cards.into_iter().map(|card| (card.status_id, card)).collect();
        let polls: HashMap<_, _> = polls.into_iter().map(|poll| (poll.id, poll)).collect();

        let card_authors = cards.values().filter_map(|card| card.author_account_id);
        let account_ids = unique(all().map(|row| row.account_id).chain(card_authors));
        let authors = db::accounts::by_ids(conn, &account_ids).await?;
        let (accounts, hiding_application) =
            render_accounts(app, conn, viewer, authors.clone()).await?;
        let authors: HashMap<_, _> = authors.into_iter().map(|row| (row.id, row)).collect();

        let mut emojis = Emojis::default();
        for row in full() {
            let domain = authors.get(&row.account_id).and_then(|author| author.domain.as_deref());
            each_text(row, &polls, |text| emojis.want(domain, text));
        }
        emojis.read(&app.config, conn).await?;

        let tied = unique(full().filter(|row| asks_for_ties(row)).map(|row| row.account_id));
        let ties = match viewer {
            Some(viewer) if !tied.is_empty() => {
                db::relationships::ties(conn, viewer, &tied).await?
            }
            _ => Vec::new(),
        };
        Ok(Self {
            config: &app.config,
            viewer,
            manner,
            now,
            base_url: app.config.base_url(),
            local_domains: local::local_domains(&app.config),
            quotes,
            stats: stats.into_iter().map(|stat| (stat.status_id, stat)).collect(),
            media: grouped(media, |media| media.status_id),
            mentions: grouped(mentions, |mention| Some(mention.status_id)),
            tags: grouped(tags, |tag| Some(tag.status_id)),
            polls,
            cards,
            collections,
            applications: applications.into_iter().map(|one| (one.id, one)).collect(),
            flags: flags.into_iter().map(|flags| (flags.id, flags)).collect(),
            filters,
            emojis,
            authors,
            accounts,
            hiding_application,
            ties: ties.into_iter().map(|ties| (ties.account_id, ties)).collect(),
            others,
        })
    }

    /// A status of the list; none if its author is gone.
    pub(super) fn status(&self, row: &Row) -> Option<Status> {
        let reblog = match row.reblog_of_id {
            Some(id) => Some(Box::new(self.plain(self.others.get(&id)?, Place::List)?)),
            None => None,
        };
        let mut status = self.plain(row, Place::List)?;
        if let Some(reblog) = &reblog {
            status.quote_approval = reblog.quote_approval.clone();
        }
        status.reblog = reblog;
        Some(status)
    }

    /// A status without what it reblogs.
    fn plain(&self, row: &Row, place: Place) -> Option<Status> {
        let author = self.authors.get(&row.account_id)?;
        let is_author = self.viewer == Some(row.account_id);
        let stat = self.stats.get(&row.id);
        let count = |count: fn(&StatusStat) -> i64| stat.map_or(0, count).max(0);
        let source = self.manner == Manner::Source && place == Place::List;
        Some(Status {
            id: row.id,
            created_at: Time(row.created_at),
            in_reply_to_id: row.in_reply_to_id,
            in_reply_to_account_id: row.in_reply_to_account_id,
            sensitive: row.sensitive || (author.sensitized_at.is_some() && !is_author),
            spoiler_text: row.spoiler_text.clone(),
            visibility: match row.visibility {
                Visibility::Limited => "private",
                other => other.as_str(),
            },
            language: row.language.clone(),
            uri: address::status_uri(self.config, author, row),
            url: address::status_url(self.config, author, row),
            replies_count: count(|stat| stat.replies_count),
            reblogs_count: count(|stat| stat.untrusted_reblogs_count.unwrap_or(stat.reblogs_count)),
            favourites_count: count(|stat| {
                stat.untrusted_favourites_count.unwrap_or(stat.favourites_count)
            }),
            quotes_count: count(|stat| stat.quotes_count),
            edited_at: row.edited_at.map(Time),
            viewed: self.viewer.map(|viewer| self.viewed(row, viewer)),
            content: (!source).then(|| self.content(row, author)),
            text: source.then(|| row.text.clone()),
            reblog: None,
            application: self.application(row, author),
            account: self.accounts.get(&row.account_id)?.clone(),
            media_attachments: self.media(row),
            mentions: self.mentions(row),
            tags: self.tags(row, place),
            emojis: self.used_emojis(row, author),
            tagged_collections: self.collections.get(&row.id).cloned().unwrap_or_default(),
            quote: self.quote(row, place),
            card: self
                .cards
                .get(&row.id)
                .map(|card| PreviewCard::of(self.config, card, self.viewer, &self.accounts)),
            poll: self.poll(row, author),
            quote_approval: QuoteApproval::of(row, self.viewer, self.ties.get(&row.account_id)),
        })
    }

    fn viewed(&self, row: &Row, viewer: AccountId) -> Viewed {
        let original = row.reblog_of_id.and_then(|id| self.others.get(&id));
        let acted_on = match (self.manner, original) {
            (Manner::One | Manner::Source, Some(original)) => original.id,
            _ => row.id,
        };
        let acted = self.flags.get(&acted_on);
        let own = self.flags.get(&row.id);
        let pinnable = row.account_id == viewer
            && original.is_none()
            && matches!(
                row.visibility,
                Visibility::Public | Visibility::Unlisted | Visibility::Private
            );
        Viewed {
            favourited: acted.is_some_and(|flags| flags.favourited),
            reblogged: acted.is_some_and(|flags| flags.reblogged),
            bookmarked: acted.is_some_and(|flags| flags.bookmarked),
            muted: own.is_some_and(|flags| flags.muted),
            pinned: pinnable.then(|| own.is_some_and(|flags| flags.pinned)),
            filtered: self.filtered(row, original),
        }
    }

    /// A reblog is filtered by what its original says, and by both ids.
    fn filtered(&self, row: &Row, original: Option<&Row>) -> Vec<FilterResult> {
        if self.filters.is_empty() {
            return Vec::new();
        }
        let mut ids = vec![row.id];
        ids.extend(original.map(|original| original.id));
        self.filters.apply(&ids, || self.searchable_text(original.unwrap_or(row)))
    }

    fn searchable_text(&self, row: &Row) -> String {
        let text = if row.is_local() { row.text.clone() } else { remote::to_plain(&row.text) };
        let mut parts = vec![row.spoiler_text.clone(), text];
        if let Some(poll) = row.poll_id.and_then(|id| self.polls.get(&id)) {
            parts.push(poll.options.join("\n\n"));
        }
        parts.extend(self.ordered_media(row).filter_map(|media| media.description.clone()));
        parts.join("\n\n")
    }

    fn content(&self, row: &Row, author: &AccountRow) -> String {
        if row.reblog_of_id.is_some() {
            return String::new();
        }
        if !row.is_local() {
            return remote::sanitize(&row.text);
        }
        let site = local::Site { base_url: &self.base_url, local_domains: &self.local_domains };
        let mut mentioned = vec![local::Mentioned {
            username: author.username.clone(),
            domain: author.domain.clone(),
            url: address::account_url(self.config, author),
        }];
        for row in self.mentions.get(&row.id).into_iter().flatten() {
            // Who mentions themselves is one person, not two of the same name.
            if row.account_id != author.id {
                mentioned.push(local::Mentioned {
                    username: row.username.clone(),
                    domain: row.domain.clone(),
                    url: self.mention_url(row),
                });
            }
        }
        let html = local::to_html(&site, &row.text, &mentioned);
        match self.quotes.get(&row.id).and_then(|quote| self.quoted_url(quote)) {
            Some(url) => local::with_quote_fallback(html, &url),
            None => html,
        }
    }

    /// The page of what is quoted.
    fn quoted_url(&self, quote: &ViewedQuote) -> Option<String> {
        let username = quote.quoted_username.as_deref()?;
        if quote.quoted_is_local {
            Some(address::local_status_url(self.config, username, quote.quoted_status_id?.0))
        } else {
            quote.quoted_url.clone().filter(|url| !url.is_empty())
        }
    }

    fn mention_url(&self, row: &MentionRow) -> String {
        address::handle_url(
            self.config,
            &row.username,
            row.domain.as_deref(),
            row.url.as_deref(),
            &row.uri,
        )
    }

    fn application(&self, row: &Row, author: &AccountRow) -> Option<Option<StatusApplication>> {
        let is_author = self.viewer == Some(row.account_id);
        let shows = author.is_local() && !self.hiding_application.contains(&author.id);
        if !shows && !is_author {
            return None;
        }
        let application = row.application_id.and_then(|id| self.applications.get(&id));
        Some(application.map(|application| StatusApplication {
            name: application.name.clone(),
            website: application.website.clone().filter(|website| !website.is_empty()),
        }))
    }

    /// The attachments to show, in the author's order.
    fn ordered_media(&self, row: &Row) -> impl Iterator<Item = &MediaRow> {
        let all = self.media.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let ordered: Vec<&MediaRow> = match &row.ordered_media_attachment_ids {
            Some(ids) => {
                ids.iter().filter_map(|id| all.iter().find(|media| media.id.0 == *id)).collect()
            }
            None => all.iter().collect(),
        };
        ordered.into_iter().take(MAX_MEDIA)
    }

    fn media(&self, row: &Row) -> Vec<MediaAttachment> {
        self.ordered_media(row).map(|media| MediaAttachment::of(self.config, media)).collect()
    }

    fn mentions(&self, row: &Row) -> Vec<Mention> {
        let mentions = self.mentions.get(&row.id).into_iter().flatten();
        mentions
            .map(|mention| Mention {
                id: mention.account_id,
                username: mention.username.clone(),
                url: self.mention_url(mention),
                acct: acct(&mention.username, mention.domain.as_deref()),
            })
            .collect()
    }

    fn tags(&self, row: &Row, place: Place) -> Vec<ShallowTag> {
        let mut tags: Vec<&StatusTag> = self.tags.get(&row.id).into_iter().flatten().collect();
        if place == Place::Quoted {
            // Mastodon lists these in the order in which the tags' rows were last written.
            tags.sort_by_key(|tag| (tag.updated_at, tag.tag_id));
        }
        tags.into_iter()
            .map(|tag| ShallowTag {
                name: tag.name.clone(),
                url: local::hashtag_url(&self.base_url, &tag.name),
            })
            .collect()
    }

    fn used_emojis(&self, row: &Row, author: &AccountRow) -> Vec<CustomEmoji> {
        let mut texts = Vec::new();
        each_text(row, &self.polls, |text| texts.push(text));
        self.emojis.used(author.domain.as_deref(), texts)
    }

    fn poll(&self, row: &Row, author: &AccountRow) -> Option<Poll> {
        let poll = self.polls.get(&row.poll_id?)?;
        Some(Poll::of(poll, self.viewer, author.domain.as_deref(), &self.emojis, self.now))
    }

    fn quote(&self, row: &Row, place: Place) -> Option<Quote> {
        let whatever = self.manner == Manner::Source;
        let quote = self.quotes.get(&row.id)?;
        let Shown { state, quoted_status_id } = quote::shown(quote, self.viewer, whatever)?;
        Some(match place {
            Place::Quoted => Quote::Shallow { state, quoted_status_id },
            Place::List => {
                let quoted = quoted_status_id.and_then(|id| self.others.get(&id));
                let quoted = quoted.and_then(|row| self.plain(row, Place::Quoted));
                Quote::Full { state, quoted_status: quoted.map(Box::new) }
            }
        })
    }
}

/// Where in the answer a status stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the list itself, or reblogged by something in it.
    List,
    /// Quoted by something in the list: its own quote shows no more than an id.
    Quoted,
}

/// The originals of the list's reblogs, what the list quotes, and all the quotes.
async fn others(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    rows: &[Row],
    manner: Manner,
) -> Result<(HashMap<StatusId, Row>, HashMap<StatusId, ViewedQuote>)> {
    let mut others: HashMap<StatusId, Row> = HashMap::new();
    let reblogged = unique(rows.iter().filter_map(|row| row.reblog_of_id));
    if !reblogged.is_empty() {
        let originals = db::statuses::by_ids(conn, &reblogged).await?;
        others.extend(originals.into_iter().map(|row| (row.id, row)));
    }
    let quoting = unique(
        rows.iter()
            .filter(|row| row.reblog_of_id.is_none())
            .map(|row| row.id)
            .chain(others.keys().copied()),
    );
    let mut quotes = db::quotes::viewed_by_statuses(conn, &quoting, viewer).await?;
    let whatever = manner == Manner::Source;
    let quoted = unique(
        quotes
            .iter()
            .filter_map(|one| quote::shown(one, viewer, whatever))
            .filter_map(|shown| shown.quoted_status_id),
    );
    if !quoted.is_empty() {
        let rows = db::statuses::by_ids(conn, &quoted).await?;
        others.extend(rows.into_iter().map(|row| (row.id, row)));
        quotes.extend(db::quotes::viewed_by_statuses(conn, &quoted, viewer).await?);
    }
    Ok((others, quotes.into_iter().map(|quote| (quote.status_id, quote)).collect()))
}

/// The authors as entities, and which of them do not show what they post with.
async fn render_accounts(
    app: &App,
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    rows: Vec<AccountRow>,
) -> Result<(HashMap<AccountId, Arc<Account>>, HashSet<AccountId>)> {
    let (accounts, profiles) = Account::render_with_profiles(app, conn, viewer, rows).await?;
    let hiding = accounts.iter().map(|account| account.id).filter(|id| {
        profiles.get(id).is_none_or(|profile| {
            !UserSettings::parse(profile.settings.as_deref()).show_application()
        })
    });
    let hiding = hiding.collect();
    let accounts = accounts.into_iter().map(|account| (account.id, Arc::new(account)));
    Ok((accounts.collect(), hiding))
}

/// Every text of a status in which emojis may stand.
fn each_text<'r>(row: &'r Row, polls: &'r HashMap<PollId, PollRow>, mut each: impl FnMut(&'r str)) {
    each(&row.spoiler_text);
    each(&row.text);
    for option in
        row.poll_id.and_then(|id| polls.get(&id)).into_iter().flat_map(|poll| &poll.options)
    {
        each(option);
    }
}

/// Whether who may quote it depends on who follows whom.
fn asks_for_ties(row: &Row) -> bool {
    const TIES: i32 = (4 | 8) << 16 | 4 | 8;
    row.quote_approval_policy & TIES != 0
}

fn unique<T: Hash + Eq + Copy>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}

fn grouped<T>(rows: Vec<T>, of: impl Fn(&T) -> Option<StatusId>) -> HashMap<StatusId, Vec<T>> {
    let mut groups: HashMap<StatusId, Vec<T>> = HashMap::new();
    for row in rows {
        if let Some(id) = of(&row) {
            groups.entry(id).or_default().push(row);
        }
    }
    groups
}
