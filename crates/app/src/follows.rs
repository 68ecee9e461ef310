//! Following, asking to follow, and the end of both.

use ferrodon_core::{AccountId, Job, NotificationKind};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::follows::Wishes;
use uuid::Uuid;

use crate::federation::render::activity::{Answer, answer_follow, follow, undo_follow};
use crate::federation::uris;
use crate::limits::{self, Family};
use crate::{App, Error, Result, activity, statuses};

/// How many accounts one may follow who has no more followers than that.
const MAX_FOLLOWS: i64 = 7500;

/// What of [`Wishes`] was said; the rest stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub show_reblogs: Option<bool>,
    pub notify: Option<bool>,
    /// An empty list is all languages.
    pub languages: Option<Vec<String>>,
}

impl Asked {
    fn over(&self, before: Wishes) -> Wishes {
        Wishes {
            show_reblogs: self.show_reblogs.unwrap_or(before.show_reblogs),
            notify: self.notify.unwrap_or(before.notify),
            languages: match &self.languages {
                Some(languages) if languages.is_empty() => None,
                Some(languages) => Some(languages.clone()),
                None => before.languages,
            },
        }
    }
}

/// Follows an account, or asks to where its owner decides; changes what is wanted of it where it
/// is followed already. Returns whether the answer is still awaited and may be a no.
pub async fn add(
    app: &App,
    account_id: AccountId,
    target_id: AccountId,
    asked: &Asked,
) -> Result<()> {
    if account_id == target_id {
        return Err(Error::Forbidden("Following your own account is not allowed"));
    }
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let (account, target) = both(&mut conn, account_id, target_id).await?;
    if target.suspended_at.is_some() || target.id.0 < 0 {
        return Err(Error::NotFound);
    }
    if target.moved_to_account_id.is_some()
        || !db::blocks::between(&mut conn, account_id, &[target_id]).await?.is_empty()
    {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    if let Some(present) = db::follows::find(&mut conn, account_id, target_id).await? {
        let before = Wishes {
            show_reblogs: present.show_reblogs,
            notify: present.notify,
            languages: present.languages,
        };
        let wishes = asked.over(before);
        db::follows::set_wishes(&mut conn, present.id, &wishes, now.naive_utc()).await?;
        return Ok(());
    }
    if let Some(present) = db::follow_requests::find(&mut conn, account_id, target_id).await? {
        let before = Wishes {
            show_reblogs: present.show_reblogs,
            notify: present.notify,
            languages: present.languages,
        };
        let wishes = asked.over(before);
        db::follow_requests::set_wishes(&mut conn, present.id, &wishes, now.naive_utc()).await?;
        return Ok(());
    }
    check_limit(&mut conn, account_id).await?;
    drop(conn);
    limits::count(app, account_id, Family::Follows).await?;

    let wishes = asked.over(Wishes::default());
    let uri = app.config.url(&format!("/{}", Uuid::new_v4()));
    let mut tx = app.db.begin().await?;
    if target.locked || account.silenced_at.is_some() || !target.is_local() {
        let made = db::follow_requests::insert(
            &mut tx,
            account_id,
            target_id,
            &wishes,
            Some(&uri),
            now.naive_utc(),
        )
        .await?;
        if let Some(id) = made {
            statuses::notify(&mut tx, &target, NotificationKind::FollowRequest, id, now).await?;
            let target_uri = uris::actor(&app.config, &target);
            let activity = follow(&app.config, &account, &target_uri, &uri);
            statuses::tell(&mut tx, &account, &target, activity, now).await?;
        }
    } else {
        let made = db::follows::insert(
            &mut tx,
            account_id,
            target_id,
            &wishes,
            Some(&uri),
            now.naive_utc(),
        )
        .await?;
        if let Some(id) = made {
            followed(&mut tx, &account, &target, id, now).await?;
        }
    }
    tx.commit().await?;
    activity::record_interaction(app).await;
    Ok(())
}

/// Ends a follow or takes a request back; without either nothing happens.
pub async fn remove(app: &App, account_id: AccountId, target_id: AccountId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let (account, target) = both(&mut tx, account_id, target_id).await?;
    let gone = end_follow(app, &mut tx, &account, &target).await?;
    let gone = match gone {
        Some(gone) => Some(gone),
        None => end_request(app, &mut tx, &account, &target).await?,
    };
    if let Some((id, uri)) = gone {
        let target_uri = uris::actor(&app.config, &target);
        let undo = undo_follow(&app.config, &account, &target_uri, id, uri.as_deref());
        statuses::tell(&mut tx, &account, &target, undo, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Lets someone follow who asked to.
pub async fn authorize(app: &App, target_id: AccountId, follower_id: AccountId) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let request = db::follow_requests::find(&mut tx, follower_id, target_id).await?;
    let request = request.ok_or(Error::NotFound)?;
    let (follower, target) = both(&mut tx, follower_id, target_id).await?;
    let follow_id = db::follow_requests::accept(&mut tx, &request, now.naive_utc()).await?;
    let about = NotificationKind::FollowRequest.activity_type();
    db::notifications::delete_about(&mut tx, about, &[request.id]).await?;
    if let Some(id) = follow_id {
        followed(&mut tx, &follower, &target, id, now).await?;
    }
    answer(app, &mut tx, Answer::Accept, &target, &follower, request.uri, Some(request.id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Does not let someone follow who asked to.
pub async fn reject(app: &App, target_id: AccountId, follower_id: AccountId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let (follower, target) = both(&mut tx, follower_id, target_id).await?;
    let gone = end_request(app, &mut tx, &follower, &target).await?;
    let (id, uri) = gone.ok_or(Error::NotFound)?;
    answer(app, &mut tx, Answer::Reject, &target, &follower, uri, Some(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends that someone follows one.
pub async fn remove_follower(
    app: &App,
    target_id: AccountId,
    follower_id: AccountId,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let (follower, target) = both(&mut tx, follower_id, target_id).await?;
    if let Some((id, uri)) = end_follow(app, &mut tx, &follower, &target).await? {
        answer(app, &mut tx, Answer::Reject, &target, &follower, uri, Some(id)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What follows from a new follow: counters, a notification, statuses in the home feed.
pub(crate) async fn followed(
    conn: &mut PgConnection,
    follower: &Account,
    target: &Account,
    follow_id: i64,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let naive = now.naive_utc();
    db::account_stats::count_follow(conn, follower.id, target.id, 1, naive).await?;
    statuses::notify(conn, target, NotificationKind::Follow, follow_id, now).await?;
    if follower.is_local() {
        let job = Job::MergeFeed { from_account_id: target.id, into_account_id: follower.id };
        db::jobs::enqueue(conn, &job, now).await?;
    }
    Ok(())
}

/// Ends a follow with all that came of it; its id and address if there was one.
pub(crate) async fn end_follow(
    app: &App,
    conn: &mut PgConnection,
    follower: &Account,
    target: &Account,
) -> Result<Option<(i64, Option<String>)>> {
    let now = app.clock.now();
    let Some(gone) = db::follows::delete(conn, follower.id, target.id).await? else {
        return Ok(None);
    };
    db::account_stats::count_follow(conn, follower.id, target.id, -1, now.naive_utc()).await?;
    let about = NotificationKind::Follow.activity_type();
    db::notifications::delete_about(conn, about, &[gone.id]).await?;
    if follower.is_local() {
        let job = Job::UnmergeFeed { from_account_id: target.id, into_account_id: follower.id };
        db::jobs::enqueue(conn, &job, now).await?;
    }
    Ok(Some((gone.id, gone.uri)))
}

/// Takes a request away; its id and address if there was one.
pub(crate) async fn end_request(
    _app: &App,
    conn: &mut PgConnection,
    follower: &Account,
    target: &Account,
) -> Result<Option<(i64, Option<String>)>> {
    let Some(gone) = db::follow_requests::delete(conn, follower.id, target.id).await? else {
        return Ok(None);
    };
    let about = NotificationKind::FollowRequest.activity_type();
    db::notifications::delete_about(conn, about, &[gone.id]).await?;
    Ok(Some((gone.id, gone.uri)))
}

/// Tells a remote follower yes or no.
async fn answer(
    app: &App,
    conn: &mut PgConnection,
    answer: Answer,
    target: &Account,
    follower: &Account,
    uri: Option<String>,
    id: Option<i64>,
) -> Result<()> {
    if follower.is_local() {
        return Ok(());
    }
    let follower_uri = uris::actor(&app.config, follower);
    let activity = answer_follow(&app.config, answer, target, &follower_uri, uri.as_deref(), id);
    statuses::tell(conn, target, follower, activity, app.clock.now()).await
}

async fn both(
    conn: &mut PgConnection,
    first: AccountId,
    second: AccountId,
) -> Result<(Account, Account)> {
    let first = db::accounts::find(conn, first).await?.ok_or(Error::NotFound)?;
    let second = db::accounts::find(conn, second).await?.ok_or(Error::NotFound)?;
    Ok((first, second))
}

/// Nobody follows very many accounts who is followed by few.
async fn check_limit(conn: &mut PgConnection, account_id: AccountId) -> Result<()> {
    let (following, followers) = db::follows::counts(conn, account_id).await?;
    let limit = MAX_FOLLOWS.max(followers.saturating_mul(11) / 10);
    if following >= limit {
        let text = format!("You cannot follow more than {limit} people");
        return Err(Error::Invalid(text));
    }
    Ok(())
}
