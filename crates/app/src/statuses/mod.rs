//! Posting and deleting statuses.

use ferrodon_core::delivery::Priority;
use ferrodon_core::text::{entities, hashtag};
use ferrodon_core::user_settings::UserSettings;
use ferrodon_core::{AccountId, Job, NotificationKind, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::status_stats::Change;
use ferrodon_db::statuses::Status;

use crate::federation::{outbox, uris};
use crate::limits::{self, Family};
use crate::{App, Error, Result, activity};

mod check;
mod draft;
mod edit;
mod language;
pub mod marks;
mod mentions;
mod once;
mod quotes;
mod remove;
pub mod schedule;

pub use check::MAX_CHARS;
pub use draft::{Draft, Poll, Sensitive};
pub use edit::{Edit, edit, set_quote_policy};
pub use language::known_language;
pub(crate) use remove::discard;
pub use remove::{remove, take_away};
pub use schedule::policy_word;

/// Why a status was not posted.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It mentions accounts that the writer did not name as expected.
    #[error("Post would be sent to unexpected accounts")]
    UnexpectedAccounts(Vec<AccountId>),
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<db::Error> for PostError {
    fn from(error: db::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Posts a status: stores it and queues everything that must follow from it. The same draft sent
/// again with its key is answered with the status it became.
pub async fn post(app: &App, author: AccountId, draft: Draft) -> Result<Status, PostError> {
    let Some(key) = draft.idempotency_key.clone() else {
        return post_anew(app, author, draft).await;
    };
    let repeat = once::begin(app, author, &key).await;
    if let Some(id) = repeat.earlier() {
        let mut conn = app.db.acquire().await?;
        if let Some(status) = db::statuses::find(&mut conn, id).await? {
            return Ok(status);
        }
    }
    let posted = post_anew(app, author, draft).await;
    repeat.end(app, posted.as_ref().ok().map(|status| status.id)).await;
    posted
}

async fn post_anew(app: &App, author: AccountId, draft: Draft) -> Result<Status, PostError> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let author = db::accounts::find(&mut conn, author).await?.ok_or(Error::NotFound)?;
    let writer = db::users::writer(&mut conn, author.id).await?.ok_or(Error::NotFound)?;
    let settings = UserSettings::parse(writer.settings.as_deref());
    let parent = parent_of(&mut conn, author.id, draft.in_reply_to_id).await?;
    let quoted = quotes::find(&mut conn, author.id, draft.quoted_status_id).await?;
    drop(conn);

    let text = draft.text.trim();
    let spoiler_text = draft.spoiler_text.as_deref().unwrap_or_default().trim();
    let (text, spoiler_text) =
        if text.is_empty() && quoted.is_none() { (spoiler_text, "") } else { (text, spoiler_text) };
    let mut visibility = match draft.visibility {
        Some(visibility) => visibility,
        None => settings.default_privacy(author.locked).parse().unwrap_or_default(),
    };
    if author.silenced_at.is_some() && visibility == Visibility::Public {
        visibility = Visibility::Unlisted;
    }
    if quoted.as_ref().is_some_and(|quoted| quoted.status.visibility == Visibility::Private)
        && visibility.is_distributable()
    {
        visibility = Visibility::Private;
    }

    let addressed = mentions::resolve(app, &author, text).await?;
    quotes::check_direct(visibility, &author, quoted.as_ref(), &addressed.accounts)?;
    if let Some(allowed) = &draft.allowed_mentions {
        let unexpected: Vec<AccountId> =
            addressed.accounts.iter().copied().filter(|id| !allowed.contains(id)).collect();
        if !unexpected.is_empty() {
            return Err(PostError::UnexpectedAccounts(unexpected));
        }
    }
    let has_more = !draft.media_ids.is_empty() || quoted.is_some();
    check::text(&addressed.text, spoiler_text, has_more)?;
    if let Some(poll) = &draft.poll {
        check::poll(poll)?;
    }
    check::media_count(&draft.media_ids)?;
    let tags: Vec<(String, String)> = tags_of(&addressed.text);
    let policy = quotes::policy(
        draft.quote_approval_policy.as_deref().unwrap_or(settings.default_quote_policy()),
        visibility,
    )?;

    let mut conn = app.db.acquire().await?;
    check::tags(&mut conn, &tags).await?;
    drop(conn);
    limits::count(app, author.id, Family::Statuses).await?;

    let mut tx = app.db.begin().await?;
    if let Some(parent) = &parent
        && !db::statuses::hold(&mut tx, parent.id).await?
    {
        return Err(missing_parent().into());
    }
    let media = check::media(&mut tx, author.id, &draft.media_ids).await?;
    let id = db::statuses::next_id(&mut tx).await?;
    let naive = now.naive_utc();
    let conversation_id = match parent.as_ref().and_then(|parent| parent.conversation_id) {
        Some(id) => id,
        None => db::conversations::insert(&mut tx, None, naive).await?,
    };
    let mut status = Status {
        id,
        account_id: author.id,
        application_id: draft.application_id,
        conversation_id: Some(conversation_id),
        created_at: naive,
        deleted_at: None,
        edited_at: None,
        fetched_replies_at: None,
        in_reply_to_account_id: parent.as_ref().map(|parent| answered(parent, author.id)),
        in_reply_to_id: parent.as_ref().map(|parent| parent.id),
        language: Some(language::of_post(
            draft.language.as_deref(),
            settings.default_language(),
            writer.locale.as_deref(),
            &app.config.default_locale,
        )),
        local: Some(true),
        ordered_media_attachment_ids: Some(media.iter().map(|id| id.0).collect()),
        poll_id: None,
        quote_approval_policy: policy,
        reblog_of_id: None,
        reply: parent.is_some(),
        sensitive: draft.sensitive.decide(settings.default_sensitive(), spoiler_text),
        spoiler_text: spoiler_text.to_owned(),
        text: addressed.text,
        trendable: None,
        updated_at: naive,
        uri: Some(uris::new_status(&app.config, &author, id, false)),
        url: None,
        visibility,
    };
    db::statuses::insert_local(&mut tx, &status).await?;
    if parent.is_none() {
        db::conversations::set_parent(&mut tx, conversation_id, id, author.id, naive).await?;
    }
    let mut mentioned: Vec<(AccountId, bool)> =
        addressed.accounts.iter().map(|id| (*id, false)).collect();
    mentioned.extend(quoted.as_ref().and_then(|quoted| quoted.mention_silently(author.id)));
    db::mentions::insert_many(&mut tx, id, &mentioned, naive).await?;
    let tag_ids = db::tags::find_or_insert(&mut tx, &tags, naive).await?;
    db::tags::set_of_status(&mut tx, id, &tag_ids).await?;
    if visibility.is_distributable() {
        db::tags::count_featured(&mut tx, author.id, &tag_ids, naive, naive).await?;
    }
    db::media_attachments::attach(&mut tx, &media, id, naive).await?;
    if let Some(poll) = &draft.poll {
        let poll_id = insert_poll(&mut tx, author.id, id, poll, now).await?;
        db::statuses::set_parts(&mut tx, id, &media, Some(poll_id)).await?;
        status.poll_id = Some(poll_id);
    }
    if let Some(quoted) = &quoted {
        quotes::insert(&mut tx, &status, quoted, now).await?;
    }
    count(&mut tx, &status, 1, now).await?;
    db::jobs::enqueue(&mut tx, &Job::FanOutStatus { status_id: id }, now).await?;
    db::jobs::enqueue(&mut tx, &Job::DistributeStatus { status_id: id }, now).await?;
    tx.commit().await?;

    after_posting(app, &author, &status, &tag_ids, parent.as_ref()).await;
    Ok(status)
}

/// What is counted outside of PostgreSQL.
async fn after_posting(
    app: &App,
    author: &Account,
    status: &Status,
    tags: &[ferrodon_core::TagId],
    parent: Option<&Status>,
) {
    if status.visibility.is_distributable() {
        activity::record_local_status(app).await;
    }
    if status.visibility == Visibility::Public && author.silenced_at.is_none() {
        activity::record_tags(app, author.id, tags).await;
    }
    if parent.is_some_and(|parent| parent.account_id != author.id) {
        activity::record_interaction(app).await;
    }
}

/// Whom a reply answers: someone who goes on with their own answer still answers whom it answered.
fn answered(parent: &Status, author: AccountId) -> AccountId {
    match parent.in_reply_to_account_id {
        Some(first) if parent.account_id == author && parent.reply => first,
        _ => parent.account_id,
    }
}

fn missing_parent() -> Error {
    Error::Missing("The post you are trying to reply to does not appear to exist.")
}

/// The status that is answered; of a boost, what it boosts.
async fn parent_of(
    conn: &mut PgConnection,
    author: AccountId,
    id: Option<StatusId>,
) -> Result<Option<Status>> {
    let Some(id) = id else { return Ok(None) };
    let found = db::statuses::find_visible(conn, id, Some(author)).await?;
    let found = found.ok_or_else(missing_parent)?;
    match found.reblog_of_id {
        None => Ok(Some(found)),
        Some(original) => db::statuses::find_visible(conn, original, Some(author))
            .await?
            .ok_or_else(missing_parent)
            .map(Some),
    }
}

/// The hashtags of a text: as they are stored, and as they are shown.
fn tags_of(text: &str) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for typed in entities::hashtag_names(text) {
        let name = hashtag::normalize(&typed);
        if !name.is_empty() && tags.iter().all(|(known, _)| *known != name) {
            tags.push((name, hashtag::display_name(&typed)));
        }
    }
    tags
}

async fn insert_poll(
    conn: &mut PgConnection,
    author: AccountId,
    status_id: StatusId,
    poll: &Poll,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<ferrodon_core::PollId> {
    let ends = now + chrono::TimeDelta::seconds(poll.expires_in);
    let poll_id = db::polls::insert_local(
        conn,
        author,
        status_id,
        &poll.options,
        poll.multiple,
        poll.hide_totals,
        Some(ends.naive_utc()),
        now.naive_utc(),
    )
    .await?;
    db::jobs::enqueue_at(conn, &Job::EndPoll { poll_id }, ends, now).await?;
    Ok(poll_id)
}

/// Counts a status that is new or going away: for its author, for what it answers and for what it
/// boosts.
pub(crate) async fn count(
    conn: &mut PgConnection,
    status: &Status,
    by: i64,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let now = now.naive_utc();
    if status.visibility != Visibility::Direct {
        let at = (by > 0).then_some(status.created_at);
        db::account_stats::count_status(conn, status.account_id, by, at, now).await?;
    }
    if let Some(parent) = status.in_reply_to_id
        && status.visibility.is_distributable()
    {
        let change = Change { replies: by, ..Change::default() };
        db::status_stats::change(conn, parent, change, now).await?;
    }
    if let Some(original) = status.reblog_of_id {
        let change = Change { reblogs: by, ..Change::default() };
        db::status_stats::change(conn, original, change, now).await?;
    }
    Ok(())
}

/// Tells a local account of something, once the transaction is through.
pub(crate) async fn notify(
    conn: &mut PgConnection,
    recipient: &Account,
    about: NotificationKind,
    activity_id: i64,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    if recipient.is_local() {
        let job = Job::Notify { account_id: recipient.id, about, activity_id };
        db::jobs::enqueue(conn, &job, now).await?;
    }
    Ok(())
}

/// Sends an activity of a local account to the personal inbox of a remote one.
pub(crate) async fn tell(
    conn: &mut PgConnection,
    from: &Account,
    to: &Account,
    activity: crate::federation::render::Object,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    if !to.is_local() && !to.inbox_url.is_empty() {
        outbox::send(conn, from.id, activity, &to.inbox_url, Priority::Personal, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_stored_once_as_first_spelt() {
        assert_eq!(
            tags_of("#Rust and #rust, #Café"),
            [("rust".to_owned(), "Rust".to_owned()), ("cafe".to_owned(), "Café".to_owned()),]
        );
    }
}
