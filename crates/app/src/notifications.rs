//! Telling people what others did: who wants to hear of what, and how it is grouped.

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::{AccountId, Job, NotificationId, NotificationKind, StatusId};
use ferrodon_db as db;
use ferrodon_db::notifications::{Facts, New, Source};

use crate::{App, Result, broadcast, entities, timelines};

/// How long after its first member a group takes in more, in hours.
const GROUP_SPAN: i64 = 12;

/// What becomes of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is shown.
    Show,
    /// It is kept back until the recipient lets the sender through.
    Filter,
    /// It is not made.
    Drop,
}

/// Does the job: tells `recipient` of a row, if they want to hear of it. Doing it twice is
/// harmless.
pub async fn create(
    app: &App,
    recipient: AccountId,
    about: NotificationKind,
    activity_id: i64,
) -> Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let Some(source) = db::notifications::source(&mut conn, about, activity_id).await? else {
        return Ok(());
    };
    let from = source.from_account_id;
    let facts =
        db::notifications::facts(&mut conn, recipient, from, source.status_id, now.naive_utc())
            .await?;
    drop(conn);
    let Some(facts) = facts else { return Ok(()) };
    let filtered = match judge(about, recipient == from, &facts) {
        Verdict::Drop => return Ok(()),
        verdict => verdict == Verdict::Filter,
    };
    let group_key = if filtered { None } else { group_key(app, recipient, about, &source).await };
    store(app, recipient, about, activity_id, &source, filtered, group_key, now).await
}

#[expect(clippy::too_many_arguments, reason = "what was decided about one notification")]
async fn store(
    app: &App,
    recipient: AccountId,
    about: NotificationKind,
    activity_id: i64,
    source: &Source,
    filtered: bool,
    group_key: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let from = source.from_account_id;
    let mut tx = app.db.begin().await?;
    let new = New {
        account_id: recipient,
        from_account_id: from,
        about,
        activity_id,
        filtered,
        group_key: group_key.as_deref(),
    };
    let Some(id) = db::notifications::insert(&mut tx, &new, now.naive_utc()).await? else {
        return Ok(());
    };
    let may_request = matches!(about, NotificationKind::Mention | NotificationKind::Quote);
    if filtered {
        if may_request {
            let last = source.status_id;
            db::notifications::update_request(&mut tx, recipient, from, last, now.naive_utc())
                .await?;
        }
    } else {
        if about == NotificationKind::Mention
            && let Some(status_id) = source.status_id
            && is_direct(&mut tx, status_id).await?
        {
            timelines::add_to_conversations(&mut tx, recipient, status_id, from != recipient)
                .await?;
        }
        let job = Job::PushNotification { notification_id: id };
        db::jobs::enqueue(&mut tx, &job, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Does the job: sends a notification to those who listen for the person it is for.
pub async fn push(app: &App, id: NotificationId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(row) = db::notifications::find(&mut conn, id).await? else { return Ok(()) };
    let channel = format!("timeline:{}:notifications", row.account_id);
    let heard = app.broadcast.with_listeners(vec![channel]).await;
    if heard.is_empty() || row.filtered {
        return Ok(());
    }
    let viewer = row.account_id;
    let rendered = entities::Notification::render(app, &mut conn, viewer, &[row], None).await?;
    drop(conn);
    if let Some(notification) = rendered.first() {
        let message = broadcast::message("notification", Some(notification));
        app.broadcast.publish(&heard, message.map_err(anyhow::Error::from)?).await;
    }
    Ok(())
}

async fn is_direct(conn: &mut db::PgConnection, id: StatusId) -> Result<bool> {
    let status = db::statuses::find(conn, id).await?;
    Ok(status.is_some_and(|status| status.visibility == ferrodon_core::Visibility::Direct))
}

/// What the recipient wants: first what is never wanted, then their policies.
fn judge(about: NotificationKind, from_oneself: bool, facts: &Facts) -> Verdict {
    const FILTER: i32 = 1;
    const DROP: i32 = 2;
    let is_mention = about == NotificationKind::Mention;
    if facts.unavailable || from_oneself && !about.may_be_from_oneself() {
        return Verdict::Drop;
    }
    if !(is_mention && facts.from_staff)
        && (facts.domain_blocked && !facts.following
            || facts.blocked
            || facts.muted
            || facts.conversation_muted
            || is_mention && facts.involves_unwanted)
    {
        return Verdict::Drop;
    }
    if !about.is_filterable() || facts.permitted {
        return Verdict::Show;
    }
    let stranger = !facts.following;
    let policies = [
        (facts.for_limited_accounts, facts.sender_limited && stranger),
        (facts.for_not_following, stranger),
        (facts.for_not_followers, !facts.settled_follower),
        (facts.for_new_accounts, facts.sender_new && stranger),
        (facts.for_bots, facts.sender_bot && stranger),
        (facts.for_private_mentions, is_mention && facts.unasked_direct && stranger),
    ];
    let staff = is_mention && facts.from_staff;
    let strictest =
        policies.iter().filter(|(_, applies)| *applies).map(|(policy, _)| *policy).max();
    match strictest {
        Some(DROP) if !staff => Verdict::Drop,
        Some(DROP | FILTER) => Verdict::Filter,
        _ => Verdict::Show,
    }
}

/// The group a notification joins: the one of its kind (and status) begun less than half a day
/// ago, or a new one.
async fn group_key(
    app: &App,
    recipient: AccountId,
    about: NotificationKind,
    source: &Source,
) -> Option<String> {
    if !about.is_groupable() {
        return None;
    }
    let prefix = match (about, source.status_id) {
        (NotificationKind::Favourite | NotificationKind::Reblog, Some(status_id)) => {
            format!("{}-{status_id}", about.as_str())
        }
        _ => about.as_str().to_owned(),
    };
    let key = format!("notif-group/{recipient}/{prefix}");
    let hour = source.created_at.and_utc().timestamp().div_euclid(3600);
    let earlier: Option<i64> = app.transient.get(&key).await.and_then(|hour| hour.parse().ok());
    let hour = bucket(hour, earlier);
    app.transient.set(&key, &hour.to_string(), TimeDelta::hours(GROUP_SPAN)).await;
    Some(format!("{prefix}-{hour}"))
}

fn bucket(hour: i64, earlier: Option<i64>) -> i64 {
    match earlier {
        Some(earlier) if hour < earlier + GROUP_SPAN => earlier,
        _ => hour,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NotificationKind::{Favourite, Follow, Mention, Poll, Status};

    fn stranger() -> Facts {
        // The policies of someone who never changed them.
        Facts { for_private_mentions: 1, for_limited_accounts: 1, ..Facts::default() }
    }

    #[test]
    fn what_is_never_wanted_is_not_made() {
        assert_eq!(judge(Favourite, false, &stranger()), Verdict::Show);
        assert_eq!(judge(Favourite, true, &stranger()), Verdict::Drop);
        assert_eq!(judge(Poll, true, &stranger()), Verdict::Show);
        for facts in [
            Facts { unavailable: true, ..stranger() },
            Facts { blocked: true, ..stranger() },
            Facts { muted: true, ..stranger() },
            Facts { conversation_muted: true, ..stranger() },
            Facts { domain_blocked: true, ..stranger() },
            Facts { involves_unwanted: true, ..stranger() },
        ] {
            assert_eq!(judge(Mention, false, &facts), Verdict::Drop, "{facts:?}");
        }
        let involves = Facts { involves_unwanted: true, ..stranger() };
        assert_eq!(judge(Favourite, false, &involves), Verdict::Show);
        let followed = Facts { domain_blocked: true, following: true, ..stranger() };
        assert_eq!(judge(Mention, false, &followed), Verdict::Show);
        let staff = Facts { blocked: true, from_staff: true, ..stranger() };
        assert_eq!(judge(Mention, false, &staff), Verdict::Show);
        assert_eq!(judge(Favourite, false, &staff), Verdict::Drop);
    }

    #[test]
    fn policies_keep_strangers_back() {
        let direct = Facts { unasked_direct: true, ..stranger() };
        assert_eq!(judge(Mention, false, &direct), Verdict::Filter);
        let known = Facts { following: true, ..direct };
        assert_eq!(judge(Mention, false, &known), Verdict::Show);
        let permitted = Facts { permitted: true, ..direct };
        assert_eq!(judge(Mention, false, &permitted), Verdict::Show);
        let limited = Facts { sender_limited: true, ..stranger() };
        assert_eq!(judge(Follow, false, &limited), Verdict::Filter);
        assert_eq!(judge(Status, false, &limited), Verdict::Show);
        let strict = Facts { for_not_followers: 2, for_new_accounts: 1, ..stranger() };
        assert_eq!(judge(Favourite, false, &strict), Verdict::Drop);
        let follower = Facts { settled_follower: true, sender_new: true, ..strict };
        assert_eq!(judge(Favourite, false, &follower), Verdict::Filter);
    }

    #[test]
    fn a_group_takes_in_what_happens_within_half_a_day() {
        assert_eq!(bucket(100, None), 100);
        assert_eq!(bucket(111, Some(100)), 100);
        assert_eq!(bucket(112, Some(100)), 112);
    }
}
