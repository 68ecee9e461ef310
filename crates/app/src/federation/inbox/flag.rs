//! `Flag`: a report from another server's people or moderators.

use ferrodon_activitypub::value::{self, cut};
use ferrodon_core::{AccountId, Job, NotificationKind};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::Inbound;
use crate::Result;
use crate::federation::{domains, local};

const COMMENT: usize = 5000;

pub(super) async fn receive(inbound: &Inbound<'_>, flag: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(domain) = &sender.domain else { return Ok(()) };
    let mut conn = app.db.acquire().await?;
    if domains::policy(app, &mut conn, domain).await?.rejects_reports {
        return Ok(());
    }
    let (mut accounts, mut statuses): (Vec<Account>, Vec<Status>) = (Vec::new(), Vec::new());
    for uri in value::many(&flag["object"]).iter().filter_map(value::id) {
        if let Some(account) = local::known_account(app, &mut conn, uri).await? {
            if !accounts.iter().any(|other| other.id == account.id) {
                accounts.push(account);
            }
        } else if let Some(status) = local::known_status(app, &mut conn, uri).await? {
            statuses.push(status);
        }
    }

    let uri = value::id(flag).filter(|uri| inbound.is_senders(uri));
    let comment = cut(flag["content"].as_str().unwrap_or_default(), COMMENT);
    let now = app.clock.now();
    let mut tx = conn.begin().await?;
    for target in accounts.iter().filter(|target| target.suspended_at.is_none()) {
        let about: Vec<&Status> =
            statuses.iter().filter(|status| status.account_id == target.id).collect();
        if !target.is_local() && !answers_us(&mut tx, &about).await? {
            continue;
        }
        let mut attached = Vec::new();
        for status in about {
            if may_attach(&mut tx, status, domain).await? {
                attached.push(status.id.0);
            }
        }
        report(&mut tx, sender.id, target.id, &attached, &comment, uri, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn report(
    conn: &mut PgConnection,
    reporter: AccountId,
    target: AccountId,
    statuses: &[i64],
    comment: &str,
    uri: Option<&str>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let at = now.naive_utc();
    // Moderators who have not looked at the last report yet are not told of one more.
    let is_open = db::reports::has_open(conn, target).await?;
    let id = db::reports::insert_remote(conn, reporter, target, statuses, comment, uri, at).await?;
    let Some(id) = id.filter(|_| !is_open) else { return Ok(()) };
    for moderator in db::reports::moderators(conn).await? {
        let about = NotificationKind::AdminReport;
        let job = Job::Notify { account_id: moderator, about, activity_id: id };
        db::jobs::enqueue(conn, &job, now).await?;
    }
    Ok(())
}

/// Whether one of these answers somebody here.
async fn answers_us(conn: &mut PgConnection, statuses: &[&Status]) -> Result<bool> {
    let answered: Vec<AccountId> =
        statuses.iter().filter_map(|status| status.in_reply_to_account_id).collect();
    Ok(db::accounts::by_ids(conn, &answered).await?.iter().any(Account::is_local))
}

/// Whether people on the reporter's server could see this post.
async fn may_attach(conn: &mut PgConnection, status: &Status, domain: &str) -> Result<bool> {
    if status.visibility.is_distributable() {
        return Ok(true);
    }
    let followers = status.visibility == ferrodon_core::Visibility::Private;
    Ok(db::reports::is_seen_at(conn, status.id, status.account_id, followers, domain).await?)
}
