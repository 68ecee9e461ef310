//! Editing statuses of one's own, and changing who may quote them.

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::user_settings::UserSettings;
use ferrodon_core::{AccountId, Job, MediaId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::statuses::{Changed, Status};

use super::{Poll, Sensitive, check, language, mentions, quotes, tags_of};
use crate::federation::{edit::snapshot, outbox};
use crate::limits::{self, Family};
use crate::{App, Error, Result};

/// What a status shall be from now on. What is left out is taken away, but for the language and
/// who may quote it.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub text: String,
    pub spoiler_text: Option<String>,
    pub sensitive: Sensitive,
    pub language: Option<String>,
    pub media_ids: Vec<MediaId>,
    /// New descriptions of media.
    pub descriptions: Vec<(MediaId, String)>,
    pub poll: Option<Poll>,
    pub quote_approval_policy: Option<String>,
}

/// Edits a status of one's own. If nothing that people see changes, it is no edit.
pub async fn edit(app: &App, author: AccountId, id: StatusId, edit: Edit) -> Result<Status> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let before = own(&mut conn, author, id).await?;
    let author = db::accounts::find(&mut conn, author).await?.ok_or(Error::NotFound)?;
    let writer = db::users::writer(&mut conn, author.id).await?.ok_or(Error::NotFound)?;
    let settings = UserSettings::parse(writer.settings.as_deref());
    let quotes_other = db::quotes::of_status(&mut conn, id).await?.is_some();
    drop(conn);

    let text = edit.text.trim();
    let spoiler_text = edit.spoiler_text.as_deref().unwrap_or_default().trim();
    let (text, spoiler_text) =
        if text.is_empty() { (spoiler_text, "") } else { (text, spoiler_text) };
    let addressed = mentions::resolve(app, &author, text).await?;
    let has_more = !edit.media_ids.is_empty() || quotes_other;
    check::text(&addressed.text, spoiler_text, has_more)?;
    if let Some(poll) = &edit.poll {
        check::poll(poll)?;
    }
    check::media_count(&edit.media_ids)?;
    let tags = tags_of(&addressed.text);
    let policy = match edit.quote_approval_policy.as_deref() {
        Some(word) => quotes::policy(word, before.visibility)?,
        None => before.quote_approval_policy,
    };
    let mut conn = app.db.acquire().await?;
    check::tags(&mut conn, &tags).await?;
    drop(conn);
    limits::count(app, author.id, Family::Statuses).await?;

    let naive = now.naive_utc();
    let mut tx = app.db.begin().await?;
    if !db::statuses::hold_for_edit(&mut tx, id).await? {
        return Err(Error::NotFound);
    }
    let files = db::media_attachments::by_statuses(&mut tx, &[id]).await?;
    let snapshot_before = snapshot(&mut tx, &before, &files).await?;
    let media = check::media_for(&mut tx, author.id, Some(id), &edit.media_ids).await?;
    db::media_attachments::attach(&mut tx, &media, id, naive).await?;
    for (media_id, description) in &edit.descriptions {
        if media.contains(media_id) {
            db::media_attachments::describe(&mut tx, *media_id, description, naive).await?;
        }
    }
    replace_poll(&mut tx, author.id, id, edit.poll.as_ref(), now).await?;
    let changes = Changed {
        language: Some(language::of_post(
            edit.language.as_deref().or(before.language.as_deref()),
            settings.default_language(),
            writer.locale.as_deref(),
            &app.config.default_locale,
        )),
        sensitive: match edit.sensitive {
            Sensitive::Default => !spoiler_text.is_empty(),
            said => said.decide(false, spoiler_text),
        },
        text: addressed.text.clone(),
        spoiler_text: spoiler_text.to_owned(),
        media: media.clone(),
        quote_approval_policy: policy,
        edited_at: before.edited_at,
    };
    db::statuses::edit(&mut tx, id, &changes, naive).await?;
    let after = db::statuses::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let files = db::media_attachments::by_statuses(&mut tx, &[id]).await?;
    let snapshot_after = snapshot(&mut tx, &after, &files).await?;
    if snapshot_after == snapshot_before && after.language == before.language {
        tx.commit().await?;
        return Ok(after);
    }

    replace_mentions(&mut tx, id, &addressed.accounts, now).await?;
    let tag_ids = db::tags::find_or_insert(&mut tx, &tags, naive).await?;
    db::tags::set_of_status(&mut tx, id, &tag_ids).await?;
    if !db::status_edits::exists(&mut tx, id).await? {
        db::status_edits::insert(&mut tx, &snapshot_before, before.created_at).await?;
    }
    db::status_edits::insert(&mut tx, &snapshot_after, naive).await?;
    db::statuses::set_edited_at(&mut tx, id, naive).await?;
    if after.text != before.text {
        db::preview_cards::detach(&mut tx, id).await?;
    }
    db::jobs::enqueue(&mut tx, &Job::FanOutEdit { status_id: id }, now).await?;
    outbox::status_changed(&mut tx, id, false, now).await?;
    tx.commit().await?;
    Ok(Status { edited_at: Some(naive), ..after })
}

/// Changes who may quote a status of one's own: `public`, `followers` or `nobody`; by default
/// whom the author's settings let.
pub async fn set_quote_policy(
    app: &App,
    author: AccountId,
    id: StatusId,
    word: Option<&str>,
) -> Result<Status> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let status = super::marks::visible(&mut tx, author, id).await?;
    if status.account_id != author {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    let policy = match word {
        Some(word) => quotes::policy(word, status.visibility)?,
        None => {
            let writer = db::users::writer(&mut tx, author).await?.ok_or(Error::NotFound)?;
            let settings = UserSettings::parse(writer.settings.as_deref());
            quotes::policy(settings.default_quote_policy(), status.visibility)?
        }
    };
    if policy != status.quote_approval_policy {
        db::statuses::set_quote_policy(&mut tx, id, policy).await?;
        db::jobs::enqueue(&mut tx, &Job::FanOutEdit { status_id: id }, now).await?;
        outbox::status_changed(&mut tx, id, true, now).await?;
    }
    tx.commit().await?;
    Ok(Status { quote_approval_policy: policy, ..status })
}

/// A status of one's own that can be edited.
async fn own(conn: &mut PgConnection, author: AccountId, id: StatusId) -> Result<Status> {
    let status = db::statuses::find(conn, id).await?;
    status
        .filter(|status| status.account_id == author && status.reblog_of_id.is_none())
        .ok_or(Error::NotFound)
}

/// Gives a status this poll, or none. Other choices make votes void.
async fn replace_poll(
    conn: &mut PgConnection,
    author: AccountId,
    id: StatusId,
    poll: Option<&Poll>,
    now: DateTime<Utc>,
) -> Result<()> {
    let stored = db::polls::of_status(conn, id).await?;
    match (stored, poll) {
        (None, None) => {}
        (Some(stored), None) => db::polls::delete(conn, stored.id).await?,
        (None, Some(poll)) => {
            let poll_id = super::insert_poll(conn, author, id, poll, now).await?;
            db::statuses::set_poll(conn, id, Some(poll_id)).await?;
        }
        (Some(stored), Some(poll)) => {
            let anew = stored.options != poll.options || stored.multiple != poll.multiple;
            let ends = now + TimeDelta::seconds(poll.expires_in);
            db::polls::edit_local(
                conn,
                stored.id,
                &poll.options,
                poll.multiple,
                poll.hide_totals,
                ends.naive_utc(),
                anew,
                now.naive_utc(),
            )
            .await?;
            let key = format!("poll end {}", stored.id);
            let job = Job::EndPoll { poll_id: stored.id };
            let at = ends + TimeDelta::minutes(5);
            db::jobs::enqueue_once(conn, &job, &key, at, now).await?;
        }
    }
    Ok(())
}

/// Mentions these accounts; those no longer mentioned may still see the status.
async fn replace_mentions(
    conn: &mut PgConnection,
    id: StatusId,
    mentioned: &[AccountId],
    now: DateTime<Utc>,
) -> Result<()> {
    let naive = now.naive_utc();
    let gone: Vec<AccountId> = db::mentions::of_status(conn, id)
        .await?
        .into_iter()
        .map(|(account_id, _)| account_id)
        .filter(|account_id| !mentioned.contains(account_id))
        .collect();
    db::mentions::set_silent(conn, id, &gone, true, naive).await?;
    let new: Vec<(AccountId, bool)> = mentioned.iter().map(|id| (*id, false)).collect();
    db::mentions::insert_many(conn, id, &new, naive).await?;
    db::mentions::set_silent(conn, id, mentioned, false, naive).await?;
    Ok(())
}
