//! `Tag`.

use std::collections::HashMap;

use chrono::{Days, NaiveTime};
use ferrodon_core::{AccountId, TagId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::tags::{Tag as Row, Ties};
use serde::Serialize;

use crate::{App, Result, activity};

/// A hashtag with its recent use.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    /// Empty for one that was never used.
    pub id: String,
    pub name: String,
    pub url: String,
    /// The last seven days, today first.
    pub history: Vec<TagHistory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featuring: Option<bool>,
}

/// A day of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagHistory {
    pub day: String,
    pub accounts: String,
    pub uses: String,
}

impl Tag {
    /// Renders a list, in its order.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: Vec<Row>,
    ) -> Result<Vec<Self>> {
        let ids: Vec<TagId> = rows.iter().map(|row| row.id).collect();
        let ties: HashMap<TagId, Ties> = match viewer {
            Some(viewer) if !ids.is_empty() => db::tags::ties(conn, viewer, &ids)
                .await?
                .into_iter()
                .map(|ties| (ties.tag_id, ties))
                .collect(),
            _ => HashMap::new(),
        };
        let mut tags = Vec::new();
        for row in rows {
            let ties = ties.get(&row.id);
            tags.push(Self {
                id: row.id.to_string(),
                url: url(app, &row.name),
                name: row.display_name.filter(|name| !name.is_empty()).unwrap_or(row.name),
                history: history(app, conn, row.id).await?,
                following: viewer.map(|_| ties.is_some_and(|ties| ties.following)),
                featuring: viewer.map(|_| ties.is_some_and(|ties| ties.featuring)),
            });
        }
        Ok(tags)
    }

    /// A hashtag that nobody used yet.
    #[must_use]
    pub fn unused(app: &App, viewer: Option<AccountId>, name: &str, display_name: &str) -> Self {
        let days = days(app).into_iter().map(|day| TagHistory::of(day, 0, 0));
        Self {
            id: String::new(),
            name: display_name.to_owned(),
            url: url(app, name),
            history: days.collect(),
            following: viewer.map(|_| false),
            featuring: viewer.map(|_| false),
        }
    }
}

impl TagHistory {
    fn of(day: i64, accounts: i64, uses: i64) -> Self {
        Self { day: day.to_string(), accounts: accounts.to_string(), uses: uses.to_string() }
    }
}

fn url(app: &App, name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    app.config.url(&format!("/tags/{name}"))
}

/// The first seconds of the last seven days, today's first.
fn days(app: &App) -> Vec<i64> {
    let today = app.clock.now().date_naive();
    let day = |ago| today.checked_sub_days(Days::new(ago)).unwrap_or(today);
    (0..7).map(|ago| day(ago).and_time(NaiveTime::MIN).and_utc().timestamp()).collect()
}

async fn history(app: &App, conn: &mut PgConnection, id: TagId) -> Result<Vec<TagHistory>> {
    let days = days(app);
    if let Some(counts) = activity::uses(app, &format!("tags:{id}"), &days).await {
        let days = days.iter().zip(counts);
        return Ok(days
            .map(|(day, (accounts, uses))| TagHistory::of(*day, accounts, uses))
            .collect());
    }
    let since = days.last().and_then(|day| chrono::DateTime::from_timestamp(*day, 0));
    let used = db::tags::history(conn, id, since.unwrap_or_default().naive_utc()).await?;
    let day_of = |day: i64| {
        let found =
            used.iter().find(|use_| use_.day.and_time(NaiveTime::MIN).and_utc().timestamp() == day);
        found.map_or(TagHistory::of(day, 0, 0), |found| {
            TagHistory::of(day, found.accounts, found.uses)
        })
    };
    Ok(days.into_iter().map(day_of).collect())
}
