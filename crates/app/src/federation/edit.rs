//! A post from another server that we know, and that changed there.

use chrono::{DateTime, Utc};
use ferrodon_activitypub::note::Note;
use ferrodon_core::text::remote;
use ferrodon_core::{AccountId, Job, MediaId};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::media_attachments::MediaAttachment;
use ferrodon_db::quotes::ACCEPTED;
use ferrodon_db::statuses::Status;
use ferrodon_db::{Connection as _, PgConnection};

use super::fetch::Fetcher;
use super::{domains, parts, quotes, store};
use crate::Result;

/// Takes over what `note` says about a status of `author`. Only a later edit changes what people
/// see; the same state again brings numbers and permissions up to date.
pub(crate) async fn apply(
    fetcher: &Fetcher<'_>,
    author: &Account,
    status: &Status,
    note: &Note,
) -> Result<()> {
    let app = fetcher.app;
    let updated = note.updated.map(|at| at.naive_utc());
    let explicit = match (status.edited_at, updated) {
        (Some(stored), Some(updated)) if updated < stored => return Ok(()),
        (Some(_), None) => return Ok(()),
        (Some(stored), Some(updated)) => updated > stored,
        (None, updated) => updated.is_some(),
    };

    let mentioned = if explicit { store::mentioned(fetcher, author, note).await } else { vec![] };
    let quote = quotes::examine(fetcher, author, note).await?;
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let policy = match &author.domain {
        Some(domain) => domains::policy(app, &mut conn, domain).await?,
        None => return Ok(()),
    };
    let mut tx = conn.begin().await?;
    if let Some(uri) = &status.uri {
        db::statuses::lock_uri(&mut tx, uri).await?;
    }
    let Some(status) = db::statuses::find(&mut tx, status.id).await? else { return Ok(()) };
    if status.edited_at > updated {
        return Ok(());
    }
    let at = now.naive_utc();
    let before = db::media_attachments::by_statuses(&mut tx, &[status.id]).await?;
    let snapshot = snapshot(&mut tx, &status, &before).await?;

    let mut changed = update_poll(&mut tx, author, &status, note, explicit, now).await?;
    changed |= update_quote(&mut tx, author, &status, quote.as_ref(), explicit, now).await?;
    db::status_stats::set_untrusted(&mut tx, status.id, note.likes, note.shares, at).await?;
    let policy_bits = store::quote_policy(author, note);
    if !explicit {
        db::statuses::set_quote_policy(&mut tx, status.id, policy_bits).await?;
        tx.commit().await?;
        return Ok(());
    }

    let media =
        update_media(&mut tx, author, &status, &before, note, policy.rejects_media, now).await?;
    changed |= media.changed;
    changed |= remote::sanitize(&status.text) != remote::sanitize(&note.text)
        || status.spoiler_text != note.spoiler_text;

    let edited = db::statuses::Changed {
        text: note.text.clone(),
        spoiler_text: note.spoiler_text.clone(),
        sensitive: note.sensitive || author.sensitized_at.is_some(),
        language: note.language.clone(),
        quote_approval_policy: policy_bits,
        media: media.ids.clone(),
        edited_at: if changed { updated } else { status.edited_at },
    };
    db::statuses::edit(&mut tx, status.id, &edited, at).await?;
    parts::set_tags(&mut tx, status.id, note, at).await?;
    parts::save_emojis(&mut tx, author, note, policy.rejects_media, at).await?;
    update_mentions(&mut tx, &status, &mentioned, now).await?;
    if changed {
        if !db::status_edits::exists(&mut tx, status.id).await? {
            db::status_edits::insert(&mut tx, &snapshot, status.created_at).await?;
        }
        let current = db::statuses::find(&mut tx, status.id).await?;
        let files = db::media_attachments::by_statuses(&mut tx, &[status.id]).await?;
        if let Some(current) = current {
            let edit = self::snapshot(&mut tx, &current, &files).await?;
            db::status_edits::insert(&mut tx, &edit, updated.unwrap_or(at)).await?;
        }
        db::preview_cards::detach(&mut tx, status.id).await?;
        db::jobs::enqueue(&mut tx, &Job::FanOutEdit { status_id: status.id }, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A revision as `status_edits` keeps it.
pub(crate) async fn snapshot(
    conn: &mut PgConnection,
    status: &Status,
    files: &[MediaAttachment],
) -> Result<db::status_edits::NewEdit> {
    let ordered = match &status.ordered_media_attachment_ids {
        Some(ids) => ids.clone(),
        None => files.iter().map(|file| file.id.0).collect(),
    };
    let description = |id: &i64| {
        files.iter().find(|file| file.id.0 == *id).and_then(|file| file.description.clone())
    };
    Ok(db::status_edits::NewEdit {
        status_id: status.id,
        account_id: status.account_id,
        text: status.text.clone(),
        spoiler_text: status.spoiler_text.clone(),
        sensitive: status.sensitive,
        media_descriptions: ordered.iter().map(description).collect(),
        ordered_media_attachment_ids: ordered,
        poll_options: db::polls::of_status(conn, status.id).await?.map(|poll| poll.options),
        quote_id: db::quotes::of_status(conn, status.id).await?.map(|quote| quote.id),
    })
}

/// Whether something that people see changed.
async fn update_poll(
    conn: &mut PgConnection,
    author: &Account,
    status: &Status,
    note: &Note,
    explicit: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let at = now.naive_utc();
    let stored = db::polls::of_status(conn, status.id).await?;
    match (stored, parts::remote_poll(note, now)) {
        (None, None) => Ok(false),
        (Some(stored), Some(poll)) => {
            let anew = stored.options != poll.options || stored.multiple != poll.multiple;
            if anew && !explicit {
                return Ok(false);
            }
            db::polls::update_remote(conn, stored.id, &poll, anew, at).await?;
            Ok(anew)
        }
        (Some(stored), None) if explicit => {
            db::polls::delete(conn, stored.id).await?;
            Ok(true)
        }
        (None, Some(poll)) if explicit => {
            let id = db::polls::insert_remote(conn, author.id, status.id, &poll, at).await?;
            db::statuses::set_poll(conn, status.id, Some(id)).await?;
            Ok(true)
        }
        (Some(_), None) | (None, Some(_)) => Ok(false),
    }
}

/// Whether another post is quoted now, or none.
async fn update_quote(
    conn: &mut PgConnection,
    author: &Account,
    status: &Status,
    quote: Option<&quotes::Examined>,
    explicit: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let at = now.naive_utc();
    let stored = db::quotes::of_status(conn, status.id).await?;
    let uncount = async |conn: &mut PgConnection, stored: &db::quotes::Quote| {
        if let (ACCEPTED, Some(quoted)) = (stored.state, stored.quoted_status_id) {
            let one = db::status_stats::Change { quotes: -1, ..Default::default() };
            db::status_stats::change(conn, quoted, one, at).await?;
        }
        db::quotes::delete(conn, stored.id).await
    };
    match (stored, quote) {
        (None, None) => Ok(false),
        (None, Some(quote)) if explicit => {
            quotes::insert(conn, status.id, author.id, quote, at).await?;
            Ok(true)
        }
        (Some(stored), None) if explicit => {
            uncount(conn, &stored).await?;
            Ok(true)
        }
        (Some(stored), Some(quote)) => {
            if stored.quoted_status_id == quote.quoted.map(|(id, _)| id) {
                if stored.state == db::quotes::PENDING && quote.state == ACCEPTED {
                    let stamp = quote.approval_uri.as_deref();
                    db::quotes::set_state(conn, stored.id, ACCEPTED, stamp, at).await?;
                    if let Some((quoted, _)) = quote.quoted.filter(|_| !stored.legacy) {
                        let one = db::status_stats::Change { quotes: 1, ..Default::default() };
                        db::status_stats::change(conn, quoted, one, at).await?;
                    }
                }
                return Ok(false);
            }
            if !explicit || quote.quoted.is_none() {
                return Ok(false);
            }
            uncount(conn, &stored).await?;
            quotes::insert(conn, status.id, author.id, quote, at).await?;
            Ok(true)
        }
        (None, Some(_)) | (Some(_), None) => Ok(false),
    }
}

struct Media {
    ids: Vec<MediaId>,
    changed: bool,
}

/// Files are the same if their address is.
async fn update_media(
    conn: &mut PgConnection,
    author: &Account,
    status: &Status,
    before: &[MediaAttachment],
    note: &Note,
    rejects_media: bool,
    now: DateTime<Utc>,
) -> Result<Media> {
    let at = now.naive_utc();
    let mut media = Media { ids: Vec::new(), changed: false };
    for attachment in &note.attachments {
        let file = parts::remote_file(attachment, rejects_media);
        let known = before.iter().find(|known| known.remote_url == file.remote_url);
        if let Some(known) = known {
            media.changed |= known.description != file.description;
            db::media_attachments::update_remote(conn, known.id, &file, at).await?;
            media.ids.push(known.id);
        } else {
            let id =
                db::media_attachments::insert_remote(conn, author.id, status.id, &file, at).await?;
            media.ids.push(id);
        }
    }
    let ids: Vec<i64> = media.ids.iter().map(|id| id.0).collect();
    let shown = match &status.ordered_media_attachment_ids {
        Some(ordered) => ordered.clone(),
        None => before.iter().map(|file| file.id.0).collect(),
    };
    media.changed |= shown != ids;
    Ok(media)
}

/// Who is no longer mentioned may still see the post, but is not shown.
async fn update_mentions(
    conn: &mut PgConnection,
    status: &Status,
    mentioned: &[(String, AccountId)],
    now: DateTime<Utc>,
) -> Result<()> {
    let at = now.naive_utc();
    let ids: Vec<AccountId> = mentioned.iter().map(|(_, id)| *id).collect();
    let before = db::mentions::of_status(conn, status.id).await?;
    let gone: Vec<AccountId> =
        before.iter().map(|(id, _)| *id).filter(|id| !ids.contains(id)).collect();
    db::mentions::set_silent(conn, status.id, &gone, true, at).await?;
    db::mentions::set_silent(conn, status.id, &ids, false, at).await?;
    let new: Vec<(AccountId, bool)> = ids.into_iter().map(|id| (id, false)).collect();
    db::mentions::insert_many(conn, status.id, &new, at).await?;
    Ok(())
}
