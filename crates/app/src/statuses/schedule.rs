//! Posts that come out later.

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::user_settings::UserSettings;
use ferrodon_core::{AccountId, Job, MediaId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::scheduled_statuses::ScheduledStatus;
use serde_json::{Value, json};

use super::{Draft, Poll, PostError, Sensitive, check, post, quotes};
use crate::{App, Error, Result};

/// How far ahead a post must be.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
const MAX_WAITING: i64 = 300;
const MAX_A_DAY: i64 = 25;

/// Keeps a draft until its time.
pub async fn schedule(
    app: &App,
    author: AccountId,
    draft: &Draft,
    at: DateTime<Utc>,
) -> Result<ScheduledStatus> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let writer = db::users::writer(&mut tx, author).await?.ok_or(Error::NotFound)?;
    let settings = UserSettings::parse(writer.settings.as_deref());
    super::parent_of(&mut tx, author, draft.in_reply_to_id).await?;
    quotes::find(&mut tx, author, draft.quoted_status_id).await?;
    let spoiler_text = draft.spoiler_text.as_deref().unwrap_or_default();
    let has_more = !draft.media_ids.is_empty() || draft.quoted_status_id.is_some();
    let poll = draft.poll.as_ref().map_or(Ok(()), check::poll);
    let text = if draft.text.trim().is_empty() { spoiler_text } else { &draft.text };
    if check::text(text.trim(), "", has_more).and(poll).is_err() {
        return Err(Error::Unprocessable("Record invalid".to_owned()));
    }
    check::media_count(&draft.media_ids)?;
    let media = check::media(&mut tx, author, &draft.media_ids).await?;
    check_time(&mut tx, author, at, now, None).await?;
    let params = params(draft, &settings)?;
    let id =
        db::scheduled_statuses::insert(&mut tx, author, &params, at.naive_utc(), &media).await?;
    let job = Job::PublishScheduled { scheduled_status_id: id };
    db::jobs::enqueue_at(&mut tx, &job, at, now).await?;
    let row = db::scheduled_statuses::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(row)
}

/// Changes when a post of one's own comes out.
pub async fn reschedule(
    app: &App,
    author: AccountId,
    id: i64,
    at: DateTime<Utc>,
) -> Result<ScheduledStatus> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let row = own(&mut tx, author, id).await?;
    check_time(&mut tx, author, at, now, Some(id)).await?;
    db::scheduled_statuses::set_time(&mut tx, id, at.naive_utc()).await?;
    let job = Job::PublishScheduled { scheduled_status_id: id };
    db::jobs::enqueue_at(&mut tx, &job, at, now).await?;
    tx.commit().await?;
    Ok(ScheduledStatus { scheduled_at: Some(at.naive_utc()), ..row })
}

/// Does not let a post of one's own come out.
pub async fn unschedule(app: &App, author: AccountId, id: i64) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    own(&mut conn, author, id).await?;
    db::scheduled_statuses::delete(&mut conn, id).await?;
    Ok(())
}

/// A post of one's own that waits.
pub async fn own(conn: &mut PgConnection, author: AccountId, id: i64) -> Result<ScheduledStatus> {
    let row = db::scheduled_statuses::find(conn, id).await?;
    row.filter(|row| row.account_id == author).ok_or(Error::NotFound)
}

/// Does the job: posts what waited, unless its time was moved or it is gone.
pub async fn publish(app: &App, id: i64) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(row) = db::scheduled_statuses::find(&mut conn, id).await? else { return Ok(()) };
    if row.scheduled_at.is_none_or(|at| at > app.clock.now().naive_utc()) {
        return Ok(());
    }
    db::scheduled_statuses::release_media(&mut conn, id).await?;
    drop(conn);
    let mut draft = draft(row.params.as_ref().unwrap_or(&Value::Null));
    draft.idempotency_key = Some(format!("scheduled-{id}"));
    match post(app, row.account_id, draft).await {
        Ok(_) => {}
        Err(PostError::Other(error)) if error.is_temporary() => return Err(error),
        // What it answered or showed is gone, or may not be posted any more.
        Err(error) => tracing::info!(scheduled.id = id, %error, "a scheduled post was refused"),
    }
    let mut conn = app.db.acquire().await?;
    db::scheduled_statuses::delete(&mut conn, id).await?;
    Ok(())
}

async fn check_time(
    conn: &mut PgConnection,
    author: AccountId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    apart_from: Option<i64>,
) -> Result<()> {
    let mut problems = Vec::new();
    if at <= now + AHEAD {
        problems.push("Scheduled at The scheduled date must be in the future".to_owned());
    }
    let (total, that_day) =
        db::scheduled_statuses::counts(conn, author, at.naive_utc(), apart_from).await?;
    if total >= MAX_WAITING {
        problems.push(format!("You have exceeded the limit of {MAX_WAITING} scheduled posts"));
    }
    if that_day >= MAX_A_DAY {
        let text = format!("You have exceeded the limit of {MAX_A_DAY} scheduled posts for today");
        problems.push(text);
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems.join(", "))) }
}

/// A draft as `scheduled_statuses.params` keeps it.
fn params(draft: &Draft, settings: &UserSettings) -> Result<Value> {
    let visibility = draft.visibility.unwrap_or_default();
    let word = draft.quote_approval_policy.as_deref().unwrap_or(settings.default_quote_policy());
    let poll = draft.poll.as_ref().map(|poll| {
        json!({
            "options": poll.options,
            "expires_in": poll.expires_in,
            "multiple": poll.multiple,
            "hide_totals": poll.hide_totals,
        })
    });
    Ok(json!({
        "text": draft.text,
        "media_ids": (!draft.media_ids.is_empty()).then_some(&draft.media_ids),
        "sensitive": match draft.sensitive {
            Sensitive::Default => Value::Null,
            Sensitive::Yes => true.into(),
            Sensitive::No => false.into(),
            Sensitive::Never => "false".into(),
        },
        "spoiler_text": draft.spoiler_text,
        "visibility": draft.visibility.map(|visibility| visibility.as_str()),
        "language": draft.language,
        "poll": poll,
        "allowed_mentions": draft.allowed_mentions,
        "quote_approval_policy": quotes::policy(word, visibility)?,
        "in_reply_to_id": draft.in_reply_to_id.map(|id| id.0),
        "quoted_status_id": draft.quoted_status_id.map(|id| id.0),
        "application_id": draft.application_id.map(|id| id.0),
        "scheduled_at": null,
        "idempotency": null,
        "with_rate_limit": false,
    }))
}

/// Reads what [`params`] wrote, or Mastodon did.
fn draft(params: &Value) -> Draft {
    let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let id = |name: &str| params.get(name).and_then(number);
    let ids = |name: &str| -> Option<Vec<i64>> {
        Some(params.get(name)?.as_array()?.iter().filter_map(number).collect())
    };
    let flag = |value: Option<&Value>| match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => !matches!(text.as_str(), "" | "false" | "0" | "f" | "off"),
        _ => false,
    };
    let poll = params.get("poll").filter(|poll| poll.is_object()).map(|poll| Poll {
        options: poll["options"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|option| option.as_str().map(str::to_owned))
            .collect(),
        expires_in: number(&poll["expires_in"]).unwrap_or(0),
        multiple: flag(poll.get("multiple")),
        hide_totals: flag(poll.get("hide_totals")),
    });
    Draft {
        text: text("text").unwrap_or_default(),
        spoiler_text: text("spoiler_text"),
        visibility: text("visibility").and_then(|word| word.parse().ok()),
        language: text("language"),
        sensitive: match params.get("sensitive") {
            Some(Value::Bool(true)) => Sensitive::Yes,
            Some(Value::Bool(false)) => Sensitive::No,
            Some(Value::String(word)) if word == "false" => Sensitive::Never,
            Some(Value::String(word)) if !word.is_empty() => Sensitive::Yes,
            _ => Sensitive::Default,
        },
        in_reply_to_id: id("in_reply_to_id").map(ferrodon_core::StatusId),
        media_ids: ids("media_ids").unwrap_or_default().into_iter().map(MediaId).collect(),
        poll,
        quoted_status_id: id("quoted_status_id").map(ferrodon_core::StatusId),
        quote_approval_policy: id("quote_approval_policy").map(|bits| policy_word(bits).to_owned()),
        allowed_mentions: ids("allowed_mentions")
            .map(|ids| ids.into_iter().map(AccountId).collect()),
        idempotency_key: None,
        application_id: id("application_id").map(ferrodon_core::ApplicationId),
    }
}

/// Who may quote, as a word: what is stored for local posts.
#[must_use]
pub fn policy_word(bits: i64) -> &'static str {
    match bits >> 16 {
        2 => "public",
        4 => "followers",
        _ => "nobody",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_survives_waiting() {
        let draft = Draft {
            text: "later".into(),
            visibility: Some(ferrodon_core::Visibility::Unlisted),
            sensitive: Sensitive::Never,
            media_ids: vec![MediaId(7)],
            in_reply_to_id: Some(ferrodon_core::StatusId(5)),
            poll: Some(Poll {
                options: vec!["a".into(), "b".into()],
                expires_in: 300,
                multiple: true,
                hide_totals: false,
            }),
            quote_approval_policy: Some("followers".into()),
            ..Draft::default()
        };
        let kept = params(&draft, &UserSettings::default()).unwrap();
        assert_eq!(kept["in_reply_to_id"], 5);
        assert_eq!(kept["quote_approval_policy"], 262_144);
        assert_eq!(format!("{:?}", super::draft(&kept)), format!("{draft:?}"));
    }
}
