//! `/api/v2/notifications`: those that are alike as one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use ferrodon_app::entities::{Account, Extra, Related, Status, Time, group_key, shows_status};
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, NotificationId, Page, StatusId};
use ferrodon_db::PgConnection;
use ferrodon_db::notification_lists::{self as lists, Group};
use ferrodon_db::notifications::Notification as Row;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Filter, Reader, Writer, clear, last_read};
use crate::error::{ApiError, Result};
use crate::links::{Style, paged};
use crate::params::{Params, Path};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v2/notifications", get(list))
        .route("/api/v2/notifications/unread_count", get(unread_count))
        .route("/api/v2/notifications/clear", post(clear))
        .route("/api/v2/notifications/{group_key}", get(show))
        .route("/api/v2/notifications/{group_key}/dismiss", post(dismiss))
        .route("/api/v2/notifications/{group_key}/accounts", get(accounts))
}

/// The kinds that are grouped unless the app says which it wants.
const GROUPED: [&str; 4] = ["favourite", "reblog", "follow", "admin.sign_up"];

#[derive(Debug, Serialize)]
struct Results {
    #[serde(serialize_with = "shared_list")]
    accounts: Vec<Arc<Account>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_accounts: Option<Vec<PartialAccount>>,
    #[serde(serialize_with = "shared_list")]
    statuses: Vec<Arc<Status>>,
    notification_groups: Vec<NotificationGroup>,
}

fn shared_list<T: Serialize, S: Serializer>(list: &[Arc<T>], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(list.iter().map(|item| &**item))
}

/// An account as an avatar needs it.
#[derive(Debug, Serialize)]
struct PartialAccount {
    id: AccountId,
    acct: String,
    locked: bool,
    bot: bool,
    url: String,
    avatar: String,
    avatar_static: String,
    avatar_description: String,
}

impl PartialAccount {
    fn of(account: &Account) -> Self {
        Self {
            id: account.id,
            acct: account.acct.clone(),
            locked: account.locked,
            bot: account.bot,
            url: account.url.clone(),
            avatar: account.avatar.clone(),
            avatar_static: account.avatar_static.clone(),
            avatar_description: account.avatar_description.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
struct NotificationGroup {
    group_key: String,
    notifications_count: i64,
    #[serde(rename = "type")]
    kind: String,
    most_recent_notification_id: i64,
    #[serde(flatten)]
    page: Option<PagePart>,
    sample_account_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_id: Option<Option<StatusId>>,
    #[serde(flatten)]
    extra: Extra,
}

/// The part of a group that lies within the page.
#[derive(Debug, Serialize)]
struct PagePart {
    page_min_id: String,
    page_max_id: String,
    latest_page_notification_at: Time,
}

/// A notification that stands for its group, and the group's key.
struct Head {
    row: Row,
    key: String,
    is_group: bool,
}

impl Filter {
    fn grouped(&self) -> Vec<String> {
        let chosen = |kind: &&str| match &self.grouped_types {
            None => true,
            Some(kinds) => kinds.iter().any(|one| one == kind),
        };
        GROUPED.into_iter().filter(chosen).map(str::to_owned).collect()
    }

    /// Whether all accounts are to be whole, or only the newest of each group.
    fn expands(&self) -> Result<bool> {
        match self.expand_accounts.as_deref() {
            None | Some("" | "full") => Ok(true),
            Some("partial_avatars") => Ok(false),
            Some(other) => Err(ApiError::from(Error::BadRequest(format!(
                "Invalid value for 'expand_accounts': '{other}', \
                 allowed values are 'full' and 'partial_avatars'"
            )))),
        }
    }
}

/// A page of groups.
async fn list(
    State(app): State<App>,
    viewer: Reader,
    uri: Uri,
    Params(filter): Params<Filter>,
) -> Result<impl IntoResponse> {
    let whole = filter.expands()?;
    let limit = filter.page.limit(40, 80);
    let wanted = filter.wanted(viewer.account_id, None);
    let grouped = filter.grouped();
    let mut conn = app.db.acquire().await?;
    let ids = lists::group_heads(&mut conn, &wanted, &grouped, &filter.page, limit).await?;
    let mut rows = lists::by_ids(&mut conn, viewer.account_id, &ids).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    let heads: Vec<Head> = rows
        .into_iter()
        .map(|row| {
            let is_group = row.group_key.is_some() && grouped.contains(&row.kind);
            let key = if is_group { group_key(&row) } else { format!("ungrouped-{}", row.id) };
            Head { row, key, is_group }
        })
        .collect();
    let range = bounds(&filter.page, &ids, limit);
    let supported = filter.supported_types.as_deref();
    let results = results(&app, &mut conn, &viewer, &heads, range, whole, supported).await?;
    let kept = ["types[]", "exclude_types[]", "grouped_types[]", "include_filtered"];
    Ok((paged(&app, &uri, &kept, Style::Timeline, &ids, limit), Json(results)))
}

/// The range of ids that a page covers: from its oldest head to its newest, and to the end of
/// all where it is the last one in its direction.
fn bounds(page: &Page, ids: &[i64], limit: i64) -> Option<(i64, i64)> {
    let (newest, oldest) = (*ids.first()?, *ids.last()?);
    let incomplete = i64::try_from(ids.len()).is_ok_and(|count| count < limit);
    Some(match (incomplete, page.min_id.is_some()) {
        (false, _) => (oldest, newest),
        (true, true) => (oldest, page.max_id.map_or(i64::MAX, |max| max.saturating_sub(1))),
        (true, false) => (page.since_id.map_or(0, |since| since.saturating_add(1)), newest),
    })
}

async fn results(
    app: &App,
    conn: &mut PgConnection,
    viewer: &Reader,
    heads: &[Head],
    range: Option<(i64, i64)>,
    whole: bool,
    supported: Option<&[String]>,
) -> Result<Results> {
    let keys: Vec<String> =
        heads.iter().filter(|head| head.is_group).map(|head| head.key.clone()).collect();
    let (low, high) = range.unwrap_or((0, i64::MAX));
    let groups = match &*keys {
        [] => Vec::new(),
        keys => lists::groups(conn, viewer.account_id, keys, low, high).await?,
    };
    let groups: HashMap<&str, &Group> =
        groups.iter().map(|group| (group.key.as_str(), group)).collect();
    let more: Vec<AccountId> = groups
        .values()
        .flat_map(|group| group.sample_account_ids.iter().map(|id| AccountId(*id)))
        .collect();
    let rows: Vec<Row> = heads.iter().map(|head| head.row.clone()).collect();
    let related = Related::read(app, conn, viewer.account_id, &rows, &more).await?;

    let mut shown = Vec::new();
    let (mut full, mut partial) = (Ordered::default(), Ordered::default());
    let mut statuses = Ordered::default();
    for head in heads {
        let group = groups.get(head.key.as_str());
        let samples = group.map_or_else(
            || vec![head.row.from_account_id],
            |group| group.sample_account_ids.iter().map(|id| AccountId(*id)).collect(),
        );
        for (place, id) in samples.iter().enumerate() {
            if whole || place == 0 { full.add(*id) } else { partial.add(*id) }
        }
        if let Some(id) = head.row.status_id {
            statuses.add(id);
        }
        shown.push(render(head, group.copied(), &samples, range.is_some(), &related, supported));
    }
    let accounts = |ids: &[AccountId]| -> Vec<Arc<Account>> {
        ids.iter().filter_map(|id| related.accounts.get(id)).cloned().collect()
    };
    let rest: Vec<AccountId> =
        partial.list.into_iter().filter(|id| !full.seen.contains(id)).collect();
    Ok(Results {
        accounts: accounts(&full.list),
        partial_accounts: (!whole)
            .then(|| accounts(&rest).iter().map(|one| PartialAccount::of(one)).collect()),
        statuses: statuses.list.iter().filter_map(|id| related.statuses.get(id)).cloned().collect(),
        notification_groups: shown,
    })
}

fn render(
    head: &Head,
    group: Option<&Group>,
    samples: &[AccountId],
    with_page: bool,
    related: &Related,
    supported: Option<&[String]>,
) -> NotificationGroup {
    let row = &head.row;
    let id = row.id.0;
    let page = with_page.then(|| {
        let (low, high, at) = group.map_or((id, id, row.created_at), |group| {
            (group.page_min_id, group.page_max_id, group.page_newest_at)
        });
        PagePart {
            page_min_id: low.to_string(),
            page_max_id: high.to_string(),
            latest_page_notification_at: Time(at),
        }
    });
    let status = row.status_id.filter(|id| related.statuses.contains_key(id));
    NotificationGroup {
        group_key: head.key.clone(),
        notifications_count: group.map_or(1, |group| group.count),
        kind: row.kind.clone(),
        most_recent_notification_id: group.map_or(id, |group| group.newest_id),
        page,
        sample_account_ids: samples.iter().map(AccountId::to_string).collect(),
        status_id: shows_status(&row.kind).then_some(status),
        extra: related.extra(row, supported),
    }
}

/// Ids, each once, in the order in which they came.
struct Ordered<T> {
    list: Vec<T>,
    seen: HashSet<T>,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self { list: Vec::new(), seen: HashSet::new() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Ordered<T> {
    fn add(&mut self, id: T) {
        if self.seen.insert(id) {
            self.list.push(id);
        }
    }
}

/// One group.
async fn show(
    State(app): State<App>,
    viewer: Reader,
    Path(key): Path<String>,
    Params(filter): Params<Filter>,
) -> Result<Json<Results>> {
    let mut conn = app.db.acquire().await?;
    let account = viewer.account_id;
    let row = match alone(&key) {
        Some(id) => lists::find(&mut conn, account, id).await?,
        None => lists::newest_of_group(&mut conn, account, &key).await?,
    };
    let row = row.ok_or(Error::NotFound)?;
    let is_group = alone(&key).is_none();
    let head = Head { row, key, is_group };
    let supported = filter.supported_types.as_deref();
    Ok(Json(results(&app, &mut conn, &viewer, &[head], None, true, supported).await?))
}

/// The notification whose key says that it stands alone.
fn alone(key: &str) -> Option<NotificationId> {
    key.strip_prefix("ungrouped-")?.parse().ok()
}

/// How many groups came since the marker was moved.
async fn unread_count(
    State(app): State<App>,
    viewer: Reader,
    Params(filter): Params<Filter>,
) -> Result<Json<Value>> {
    let limit = filter.page.limit(100, 1000);
    let wanted = filter.wanted(viewer.account_id, None);
    let mut conn = app.db.acquire().await?;
    let read = last_read(&mut conn, &viewer).await?;
    let page = Page { since_id: Some(read), ..Page::default() };
    let heads = lists::group_heads(&mut conn, &wanted, &filter.grouped(), &page, limit).await?;
    Ok(Json(json!({ "count": heads.len() })))
}

/// Forgets a group.
async fn dismiss(
    State(app): State<App>,
    viewer: Writer,
    Path(key): Path<String>,
) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    match alone(&key) {
        Some(id) => {
            lists::dismiss(&mut conn, viewer.account_id, id).await?;
        }
        None => lists::dismiss_group(&mut conn, viewer.account_id, &key).await?,
    }
    Ok(Json(json!({})))
}

/// Who did what a group tells of.
async fn accounts(
    State(app): State<App>,
    viewer: Reader,
    uri: Uri,
    Path(key): Path<String>,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(40, 80);
    let mut conn = app.db.acquire().await?;
    let rows = lists::of_group(&mut conn, viewer.account_id, &key, &page, limit).await?;
    let from: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
    let shown = Account::render_ids(&app, &mut conn, Some(viewer.account_id), &from).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    Ok((paged(&app, &uri, &[], Style::Items, &ids, limit), Json(shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_page_reaches_to_the_end() {
        let page = Page::default();
        assert_eq!(bounds(&page, &[9, 5], 2), Some((5, 9)));
        assert_eq!(bounds(&page, &[9, 5], 3), Some((0, 9)));
        let up = Page { min_id: Some(4), max_id: Some(20), ..page };
        assert_eq!(bounds(&up, &[9, 5], 3), Some((5, 19)));
        assert_eq!(bounds(&page, &[], 3), None);
    }
}
