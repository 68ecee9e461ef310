//! Boosts: statuses that show another status.

use ferrodon_core::user_settings::UserSettings;
use ferrodon_core::{AccountId, Job, NotificationKind, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::statuses::Status;

use crate::favourites::refuse_blocked;
use crate::federation::uris;
use crate::limits::{self, Family};
use crate::statuses::marks::original;
use crate::{App, Error, Result, activity, statuses};

/// Boosts a status, of a boost what it boosts. Doing it again gives the boost there is.
pub async fn add(
    app: &App,
    account_id: AccountId,
    id: StatusId,
    visibility: Option<Visibility>,
) -> Result<Status> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let status = original(&mut conn, account_id, id).await?;
    let own = status.account_id == account_id;
    let refused = Error::Forbidden("This action is not allowed");
    match status.visibility {
        Visibility::Public | Visibility::Unlisted => {}
        Visibility::Private if own => {}
        _ => return Err(refused),
    }
    refuse_blocked(&mut conn, account_id, status.account_id).await?;
    if let Some(earlier) = db::statuses::reblog_by(&mut conn, account_id, status.id).await? {
        return Ok(earlier);
    }
    let account = db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?;
    let author = db::accounts::find(&mut conn, status.account_id).await?.ok_or(Error::NotFound)?;
    let visibility = match (status.visibility, visibility) {
        (Visibility::Private, _) => Visibility::Private,
        (_, Some(Visibility::Direct | Visibility::Limited)) => {
            return Err(Error::Invalid("Visibility is not included in the list".to_owned()));
        }
        (_, Some(visibility)) => visibility,
        (_, None) => {
            let writer = db::users::writer(&mut conn, account_id).await?;
            let settings = writer.and_then(|writer| writer.settings);
            let settings = UserSettings::parse(settings.as_deref());
            settings.default_privacy(account.locked).parse().unwrap_or_default()
        }
    };
    let visibility = if visibility == Visibility::Public && account.silenced_at.is_some() {
        Visibility::Unlisted
    } else {
        visibility
    };
    drop(conn);
    limits::count(app, account_id, Family::Statuses).await?;

    let mut tx = app.db.begin().await?;
    let lock = format!("reblog {account_id} {}", status.id);
    db::statuses::lock_uri(&mut tx, &lock).await?;
    if let Some(earlier) = db::statuses::reblog_by(&mut tx, account_id, status.id).await? {
        return Ok(earlier);
    }
    if !db::statuses::hold(&mut tx, status.id).await? {
        return Err(Error::Missing("Not Found"));
    }
    let id = db::statuses::next_id(&mut tx).await?;
    let naive = now.naive_utc();
    let conversation_id = db::conversations::insert(&mut tx, None, naive).await?;
    let reblog = Status {
        id,
        account_id,
        application_id: None,
        conversation_id: Some(conversation_id),
        created_at: naive,
        deleted_at: None,
        edited_at: None,
        fetched_replies_at: None,
        in_reply_to_account_id: None,
        in_reply_to_id: None,
        language: None,
        local: Some(true),
        ordered_media_attachment_ids: None,
        poll_id: None,
        quote_approval_policy: 0,
        reblog_of_id: Some(status.id),
        reply: false,
        sensitive: false,
        spoiler_text: String::new(),
        text: String::new(),
        trendable: None,
        updated_at: naive,
        uri: Some(uris::new_status(&app.config, &account, id, true)),
        url: None,
        visibility,
    };
    db::statuses::insert_local(&mut tx, &reblog).await?;
    db::conversations::set_parent(&mut tx, conversation_id, id, account_id, naive).await?;
    statuses::count(&mut tx, &reblog, 1, now).await?;
    db::jobs::enqueue(&mut tx, &Job::FanOutStatus { status_id: id }, now).await?;
    db::jobs::enqueue(&mut tx, &Job::DistributeStatus { status_id: id }, now).await?;
    if !own {
        statuses::notify(&mut tx, &author, NotificationKind::Reblog, id.0, now).await?;
    }
    tx.commit().await?;
    if !own {
        activity::record_interaction(app).await;
        activity::record_used_status(app, status.id).await;
    }
    Ok(reblog)
}

/// Takes a boost back, given what it boosts; the status that was boosted. It need not be visible
/// any more, and without a boost nothing happens.
pub async fn remove(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let mut conn = app.db.acquire().await?;
    let (status, reblog) = match db::statuses::reblog_by(&mut conn, account_id, id).await? {
        Some(reblog) => {
            let status = db::statuses::find(&mut conn, id).await?;
            (status.ok_or(Error::Missing("Not Found"))?, Some(reblog))
        }
        None => {
            let status = original(&mut conn, account_id, id).await?;
            let reblog = db::statuses::reblog_by(&mut conn, account_id, status.id).await?;
            (status, reblog)
        }
    };
    drop(conn);
    if let Some(reblog) = reblog {
        statuses::discard(app, &reblog).await?;
    }
    Ok(status)
}
