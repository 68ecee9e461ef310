//! Votes, and the end of polls.

use ferrodon_core::{AccountId, Job, NotificationKind, PollId};
use ferrodon_db as db;
use ferrodon_db::polls::Poll;

use crate::federation::{render, uris};
use crate::statuses::marks::visible;
use crate::{App, Error, Result, activity, statuses};

/// Votes for options of a poll.
pub async fn vote(
    app: &App,
    account_id: AccountId,
    poll_id: PollId,
    choices: &[i64],
) -> Result<Poll> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    db::polls::hold(&mut tx, poll_id).await?;
    let poll = find(&mut tx, account_id, poll_id).await?;
    if !db::blocks::between(&mut tx, account_id, &[poll.account_id]).await?.is_empty() {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    let chosen = check(&poll, account_id, choices, now.naive_utc())?;
    let votes = db::polls::vote(&mut tx, &poll, account_id, &chosen, now.naive_utc()).await?;
    let author = db::accounts::find(&mut tx, poll.account_id).await?.ok_or(Error::NotFound)?;
    if author.is_local() {
        if !poll.hide_totals {
            let at = now + chrono::TimeDelta::minutes(3);
            let job = Job::DistributePoll { status_id: poll.status_id };
            let key = format!("poll update {}", poll.status_id);
            db::jobs::enqueue_once(&mut tx, &job, &key, at, now).await?;
        }
    } else {
        let voter = db::accounts::find(&mut tx, account_id).await?.ok_or(Error::NotFound)?;
        let status = db::statuses::find(&mut tx, poll.status_id).await?.ok_or(Error::NotFound)?;
        let status_uri = uris::status(&app.config, &author, &status);
        let author_uri = uris::actor(&app.config, &author);
        for (vote_id, choice) in votes {
            let option = usize::try_from(choice).ok().and_then(|at| poll.options.get(at));
            let option = option.map_or("", String::as_str);
            let activity = render::activity::vote(
                &app.config,
                &voter,
                vote_id,
                option,
                &status_uri,
                &author_uri,
            );
            statuses::tell(&mut tx, &voter, &author, activity, now).await?;
        }
        if let Some(expires_at) = poll.expires_at {
            let job = Job::EndPoll { poll_id };
            let key = format!("poll end {poll_id}");
            let ends = expires_at.and_utc() + chrono::TimeDelta::minutes(5);
            db::jobs::enqueue_once(&mut tx, &job, &key, ends, now).await?;
        }
    }
    let voted = find(&mut tx, account_id, poll_id).await?;
    tx.commit().await?;
    activity::record_interaction(app).await;
    Ok(voted)
}

/// Does the job: tells the author and the voters here that a poll has ended, and other servers
/// how it ended.
pub async fn end(app: &App, poll_id: PollId) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(poll) = db::polls::by_ids(&mut tx, &[poll_id], None).await?.into_iter().next() else {
        return Ok(());
    };
    match poll.expires_at {
        Some(expires_at) if expires_at <= now.naive_utc() => {}
        // The end was moved.
        Some(expires_at) => {
            let key = format!("poll end {poll_id}");
            let later = expires_at.and_utc() + chrono::TimeDelta::minutes(5);
            db::jobs::enqueue_once(&mut tx, &Job::EndPoll { poll_id }, &key, later, now).await?;
            tx.commit().await?;
            return Ok(());
        }
        None => return Ok(()),
    }
    let mut people = db::polls::local_voters(&mut tx, poll_id).await?;
    let author = db::accounts::find(&mut tx, poll.account_id).await?;
    let is_local = author.is_some_and(|author| author.is_local());
    if is_local && !people.contains(&poll.account_id) {
        people.push(poll.account_id);
    }
    let mut jobs: Vec<Job> = people
        .into_iter()
        .map(|account_id| Job::Notify {
            account_id,
            about: NotificationKind::Poll,
            activity_id: poll_id.0,
        })
        .collect();
    if is_local {
        jobs.push(Job::DistributePoll { status_id: poll.status_id });
    }
    db::jobs::enqueue_all(&mut tx, &jobs, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A poll that `viewer` may see.
async fn find(conn: &mut db::PgConnection, viewer: AccountId, id: PollId) -> Result<Poll> {
    let found = db::polls::by_ids(conn, &[id], Some(viewer)).await?;
    let poll = found.into_iter().next().ok_or(Error::NotFound)?;
    visible(conn, viewer, poll.status_id).await?;
    Ok(poll)
}

/// The options that may be voted for now, each once.
fn check(
    poll: &Poll,
    account_id: AccountId,
    choices: &[i64],
    now: chrono::NaiveDateTime,
) -> Result<Vec<i32>> {
    let invalid = |text: &str| Err(Error::Invalid(text.to_owned()));
    let mut chosen: Vec<i32> = Vec::new();
    for choice in choices {
        let known = usize::try_from(*choice).is_ok_and(|at| at < poll.options.len());
        let choice = i32::try_from(*choice).ok().filter(|_| known);
        match choice {
            None => return invalid("The chosen vote option does not exist"),
            Some(choice) if !chosen.contains(&choice) => chosen.push(choice),
            Some(_) => {}
        }
    }
    if chosen.is_empty() {
        return invalid("The chosen vote option does not exist");
    }
    if poll.expires_at.is_some_and(|at| at <= now) {
        return invalid("The poll has already ended");
    }
    if poll.account_id == account_id {
        return invalid("You cannot vote in your own polls");
    }
    let again = chosen.iter().any(|choice| poll.own_votes.contains(choice));
    let second = !poll.multiple && (!poll.own_votes.is_empty() || chosen.len() > 1);
    if again || second {
        return invalid("You have already voted on this poll");
    }
    Ok(chosen)
}
