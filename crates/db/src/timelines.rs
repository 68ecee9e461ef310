//! Pages of `statuses`: what an account posted, the public timelines, a hashtag's.

use ferrodon_core::{AccountId, Page, StatusId, TagId};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page;
use crate::statuses::Status;

/// The columns of [`Status`] after `select`.
const COLUMNS: &str = "select statuses.id, statuses.account_id, statuses.application_id,
    statuses.conversation_id, statuses.created_at, statuses.deleted_at, statuses.edited_at,
    statuses.fetched_replies_at, statuses.in_reply_to_account_id, statuses.in_reply_to_id,
    statuses.language, statuses.local, statuses.ordered_media_attachment_ids, statuses.poll_id,
    statuses.quote_approval_policy, statuses.reblog_of_id, statuses.reply, statuses.sensitive,
    statuses.spoiler_text, statuses.text, statuses.trendable, statuses.updated_at, statuses.uri,
    statuses.url, statuses.visibility ";

/// Which statuses of an account are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfAccount {
    pub only_media: bool,
    pub exclude_replies: bool,
    pub exclude_reblogs: bool,
    pub exclude_direct: bool,
    /// The pinned ones, in the order of their pins.
    pub pinned: bool,
    pub tag: Option<TagId>,
}

/// A page of what `account_id` posted, as far as `viewer` may see it. That the account is not
/// suspended and does not block the viewer is for the caller to check.
pub async fn of_account(
    conn: &mut PgConnection,
    account_id: AccountId,
    viewer: Option<AccountId>,
    wanted: &OfAccount,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Status>> {
    let mut sql = QueryBuilder::<Postgres>::new(COLUMNS);
    sql.push("from statuses ");
    if wanted.pinned {
        sql.push(
            "join status_pins on status_pins.status_id = statuses.id and status_pins.account_id = ",
        );
        sql.push_bind(account_id);
    }
    sql.push(" where statuses.deleted_at is null and statuses.account_id = ").push_bind(account_id);
    match viewer {
        None => {
            sql.push(" and statuses.visibility in (0, 1)");
        }
        Some(viewer) if viewer == account_id => {}
        Some(viewer) => {
            sql.push(" and ferrodon.visible_to(statuses, ").push_bind(viewer).push(")");
            push_reblog_not_excluded(&mut sql, viewer);
        }
    }
    if wanted.only_media {
        push_with_media(&mut sql);
    }
    if wanted.exclude_replies {
        sql.push(
            " and (not statuses.reply or statuses.in_reply_to_account_id = statuses.account_id)",
        );
    }
    if wanted.exclude_reblogs {
        sql.push(" and statuses.reblog_of_id is null");
    }
    if wanted.exclude_direct {
        sql.push(" and statuses.visibility <> 3");
    }
    if let Some(tag) = wanted.tag {
        push_tagged(&mut sql, &[tag]);
    }
    if wanted.pinned {
        page::bounds(&mut sql, "statuses.id", page);
        let by_age = if page.min_id.is_some() { "asc" } else { "desc" };
        sql.push(" order by status_pins.created_at desc, statuses.id ").push(by_age);
        sql.push(" limit ").push_bind(limit);
    } else {
        page::apply(&mut sql, "statuses.id", page, limit);
    }
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(if wanted.pinned { rows } else { page::newest_first(page, rows) })
}

/// Where statuses of a public or hashtag timeline may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Any,
    Local,
    Remote,
}

/// Which public statuses are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Public {
    pub origin: Origin,
    pub only_media: bool,
    /// Only these languages, when there are any.
    pub languages: Vec<String>,
}

/// A page of the public timeline: no reblogs, no replies but to oneself, no limited authors.
pub async fn public(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    wanted: &Public,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Status>> {
    let mut sql = public_statuses(viewer, wanted);
    sql.push(" and (not statuses.reply or statuses.in_reply_to_account_id = statuses.account_id)");
    push_in_languages(&mut sql, wanted);
    page::apply(&mut sql, "statuses.id", page, limit);
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(page::newest_first(page, rows))
}

/// The hashtags of a hashtag timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// A status has one of these,
    pub any: Vec<TagId>,
    /// and all of these,
    pub all: Vec<TagId>,
    /// and none of these.
    pub none: Vec<TagId>,
}

/// A page of public statuses with hashtags; replies are among them.
pub async fn tagged(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    tags: &Tags,
    wanted: &Public,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Status>> {
    let mut sql = public_statuses(viewer, wanted);
    push_tagged(&mut sql, &tags.any);
    for tag in &tags.all {
        push_tagged(&mut sql, &[*tag]);
    }
    if !tags.none.is_empty() {
        let none: Vec<i64> = tags.none.iter().map(|tag| tag.0).collect();
        sql.push(" and not exists (select from statuses_tags where status_id = statuses.id");
        sql.push(" and tag_id = any(").push_bind(none).push("))");
    }
    page::apply(&mut sql, "statuses.id", page, limit);
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(page::newest_first(page, rows))
}

/// A page of public statuses with this preview card, by authors who want to be found.
pub async fn linking(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    card_id: i64,
    wanted: &Public,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Status>> {
    let mut sql = public_statuses(viewer, wanted);
    sql.push(" and author.discoverable and exists (select from preview_cards_statuses");
    sql.push(" where status_id = statuses.id and preview_card_id = ").push_bind(card_id).push(")");
    push_in_languages(&mut sql, wanted);
    page::apply(&mut sql, "statuses.id", page, limit);
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(page::newest_first(page, rows))
}

/// Which list of one's own statuses of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Favourites,
    Bookmarks,
}

/// A page of what `account_id` has favourited or bookmarked: the ids of those rows, which page
/// the list, and of the statuses.
pub async fn kept(
    conn: &mut PgConnection,
    account_id: AccountId,
    kept: Kept,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, StatusId)>> {
    let table = match kept {
        Kept::Favourites => "favourites",
        Kept::Bookmarks => "bookmarks",
    };
    let mut sql = QueryBuilder::<Postgres>::new("select kept.id, kept.status_id from ");
    sql.push(table).push(" kept join statuses on statuses.id = kept.status_id");
    sql.push(" where statuses.deleted_at is null and kept.account_id = ").push_bind(account_id);
    page::apply(&mut sql, "kept.id", page, limit);
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(page::newest_first(page, rows))
}

/// Who did something with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doers {
    FavouritedBy,
    RebloggedBy,
}

/// A page of the accounts that favourited or publicly reblogged a status: the ids of those rows,
/// which page the list, and of the accounts.
pub async fn doers(
    conn: &mut PgConnection,
    status_id: StatusId,
    doers: Doers,
    viewer: Option<AccountId>,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, AccountId)>> {
    let mut sql = QueryBuilder::<Postgres>::new("select done.id, accounts.id from ");
    sql.push(match doers {
        Doers::FavouritedBy => {
            "favourites done join accounts on accounts.id = done.account_id
             where done.status_id = "
        }
        Doers::RebloggedBy => {
            "statuses done join accounts on accounts.id = done.account_id
             where done.deleted_at is null and done.visibility in (0, 1)
               and done.reblog_of_id = "
        }
    });
    sql.push_bind(status_id).push(" and accounts.suspended_at is null");
    if let Some(viewer) = viewer {
        page::push_not_excluded(&mut sql, "accounts.id", viewer);
    }
    page::apply(&mut sql, "done.id", page, limit);
    sql.build_query_as().fetch_all(conn).await
}

/// A page of the accepted quotes of a status, the newest quoting status first: the ids of the
/// quotes, which page the list, and of the quoting statuses.
pub async fn quoting(
    conn: &mut PgConnection,
    status_id: StatusId,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, StatusId)>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select quotes.id, quotes.status_id from quotes
         join statuses on statuses.id = quotes.status_id
         where statuses.deleted_at is null and quotes.state = 1 and quotes.quoted_status_id = ",
    );
    sql.push_bind(status_id);
    page::bounds(&mut sql, "quotes.id", page);
    sql.push(" order by statuses.id desc limit ").push_bind(limit);
    sql.build_query_as().fetch_all(conn).await
}

/// `select` of public statuses that are no reblogs, by authors in good standing whom `viewer`
/// wants to see. The conditions repeat those of the partial indexes.
fn public_statuses(viewer: Option<AccountId>, wanted: &Public) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(COLUMNS);
    sql.push(
        "from statuses join accounts author on author.id = statuses.account_id
         where statuses.deleted_at is null and statuses.visibility = 0
           and statuses.reblog_of_id is null
           and author.suspended_at is null and author.silenced_at is null",
    );
    match wanted.origin {
        Origin::Any => {}
        Origin::Local => {
            sql.push(" and (statuses.local or statuses.uri is null)");
        }
        Origin::Remote => {
            sql.push(" and statuses.local = false and statuses.uri is not null");
        }
    }
    if wanted.only_media {
        push_with_media(&mut sql);
    }
    if let Some(viewer) = viewer {
        page::push_not_excluded(&mut sql, "statuses.account_id", viewer);
        if wanted.origin != Origin::Local {
            page::push_not_domain_blocked(&mut sql, "author.domain", viewer);
        }
    }
    sql
}

fn push_in_languages(sql: &mut QueryBuilder<Postgres>, wanted: &Public) {
    if !wanted.languages.is_empty() {
        sql.push(" and statuses.language = any(").push_bind(wanted.languages.clone()).push(")");
    }
}

fn push_with_media(sql: &mut QueryBuilder<Postgres>) {
    sql.push(" and exists (select from media_attachments where status_id = statuses.id)");
}

/// Statuses that have one of these hashtags.
fn push_tagged(sql: &mut QueryBuilder<Postgres>, tags: &[TagId]) {
    let tags: Vec<i64> = tags.iter().map(|tag| tag.0).collect();
    sql.push(" and exists (select from statuses_tags where status_id = statuses.id");
    sql.push(" and tag_id = any(").push_bind(tags).push("))");
}

/// Leaves out reblogs of people whom `viewer` does not want to see or who block `viewer`.
fn push_reblog_not_excluded(sql: &mut QueryBuilder<Postgres>, viewer: AccountId) {
    sql.push(
        " and (statuses.reblog_of_id is null or exists (
             select from statuses original
             join accounts author on author.id = original.account_id
             where original.id = statuses.reblog_of_id",
    );
    page::push_not_excluded(sql, "original.account_id", viewer);
    page::push_not_domain_blocked(sql, "author.domain", viewer);
    sql.push("))");
}
