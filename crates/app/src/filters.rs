//! What a person does not want to see: making and changing filters.

use chrono::{NaiveDateTime, TimeDelta};
use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::custom_filters::{self as rows, Filter, FilteredStatus, Keyword, Values};

use crate::{App, Error, Result};

const CONTEXTS: [&str; 5] = ["home", "notifications", "public", "thread", "account"];
const MOST_TITLE: usize = 256;
const MOST_KEYWORD: usize = 512;
/// Longer than anyone waits; what is further away has no end.
const MOST_SECONDS: i64 = 100 * 365 * 24 * 3600;

/// What to make of a filter; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub context: Option<Vec<String>>,
    /// `warn`, `hide` or `blur`.
    pub action: Option<String>,
    /// Seconds from now, or no end.
    pub expires_in: Option<Option<i64>>,
    pub keywords: Vec<KeywordChange>,
}

/// What to make of a word; one without an id is new.
#[derive(Clone, Debug, Default)]
pub struct KeywordChange {
    pub id: Option<i64>,
    pub keyword: Option<String>,
    pub whole_word: Option<bool>,
    pub destroy: bool,
}

/// Makes a filter with its words.
pub async fn create(app: &App, account: AccountId, change: Change) -> Result<Filter> {
    let now = app.clock.now().naive_utc();
    let none = Values { phrase: String::new(), context: Vec::new(), expires_at: None, action: 0 };
    let values = applied(none, &change, now)?;
    let mut tx = app.db.begin().await?;
    let filter = rows::insert(&mut tx, account, &values, now).await?;
    change_keywords(&mut tx, &filter, &change.keywords, now).await?;
    tx.commit().await?;
    changed(app, account).await;
    Ok(filter)
}

/// Changes a filter and its words.
pub async fn update(app: &App, account: AccountId, id: i64, change: Change) -> Result<Filter> {
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    let old = rows::find(&mut tx, account, id).await?.ok_or(Error::NotFound)?;
    let values = applied(values_of(old), &change, now)?;
    let filter = rows::update(&mut tx, id, &values, now).await?;
    change_keywords(&mut tx, &filter, &change.keywords, now).await?;
    tx.commit().await?;
    changed(app, account).await;
    Ok(filter)
}

/// Removes a filter.
pub async fn delete(app: &App, account: AccountId, id: i64) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    rows::find(&mut conn, account, id).await?.ok_or(Error::NotFound)?;
    rows::delete(&mut conn, id).await?;
    drop(conn);
    changed(app, account).await;
    Ok(())
}

/// Adds a word to a filter.
pub async fn add_keyword(
    app: &App,
    account: AccountId,
    filter_id: i64,
    keyword: &str,
    whole_word: bool,
) -> Result<Keyword> {
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    rows::find(&mut conn, account, filter_id).await?.ok_or(Error::NotFound)?;
    check_keyword(keyword, "Keyword")?;
    let added = rows::insert_keyword(&mut conn, filter_id, keyword, whole_word, now).await?;
    drop(conn);
    changed(app, account).await;
    Ok(added)
}

/// Changes a word.
pub async fn update_keyword(
    app: &App,
    account: AccountId,
    id: i64,
    keyword: Option<&str>,
    whole_word: Option<bool>,
) -> Result<Keyword> {
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let old = rows::keyword(&mut conn, account, id).await?.ok_or(Error::NotFound)?;
    let keyword = keyword.unwrap_or(&old.keyword);
    check_keyword(keyword, "Keyword")?;
    let whole_word = whole_word.unwrap_or(old.whole_word);
    let updated = rows::update_keyword(&mut conn, id, keyword, whole_word, now).await?;
    drop(conn);
    changed(app, account).await;
    Ok(updated)
}

/// Removes a word.
pub async fn delete_keyword(app: &App, account: AccountId, id: i64) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    rows::keyword(&mut conn, account, id).await?.ok_or(Error::NotFound)?;
    rows::delete_keyword(&mut conn, id).await?;
    drop(conn);
    changed(app, account).await;
    Ok(())
}

/// Adds a status to a filter.
pub async fn add_status(
    app: &App,
    account: AccountId,
    filter_id: i64,
    status_id: StatusId,
) -> Result<FilteredStatus> {
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    rows::find(&mut conn, account, filter_id).await?.ok_or(Error::NotFound)?;
    let visible = db::statuses::find_visible(&mut conn, status_id, Some(account)).await?;
    if visible.is_none() {
        return Err(Error::Invalid("Status is invalid".to_owned()));
    }
    let added = rows::insert_status(&mut conn, filter_id, status_id, now).await?;
    let added = added.ok_or_else(|| Error::Invalid("Status has already been taken".to_owned()))?;
    drop(conn);
    changed(app, account).await;
    Ok(added)
}

/// Removes a status rule.
pub async fn delete_status(app: &App, account: AccountId, id: i64) -> Result<FilteredStatus> {
    let mut conn = app.db.acquire().await?;
    let rule = rows::status(&mut conn, account, id).await?.ok_or(Error::NotFound)?;
    rows::delete_status(&mut conn, id).await?;
    drop(conn);
    changed(app, account).await;
    Ok(rule)
}

/// Makes a filter of one word, as older apps know them.
pub async fn create_v1(
    app: &App,
    account: AccountId,
    mut change: Change,
    whole_word: bool,
) -> Result<(Filter, Keyword)> {
    let phrase = change.title.clone().unwrap_or_default();
    let word = KeywordChange {
        keyword: Some(phrase),
        whole_word: Some(whole_word),
        ..KeywordChange::default()
    };
    change.keywords = vec![word];
    let filter = create(app, account, change).await?;
    let mut conn = app.db.acquire().await?;
    let words = rows::keywords(&mut conn, &[filter.id]).await?;
    let word = words.into_iter().next().ok_or(Error::NotFound)?;
    Ok((filter, word))
}

/// Changes a word and its filter as if they were one. A filter that has more words may not
/// change by this.
pub async fn update_v1(
    app: &App,
    account: AccountId,
    keyword_id: i64,
    change: Change,
    whole_word: Option<bool>,
) -> Result<(Filter, Keyword)> {
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    let word = rows::keyword(&mut tx, account, keyword_id).await?.ok_or(Error::NotFound)?;
    let filter = rows::find(&mut tx, account, word.custom_filter_id).await?;
    let filter = filter.ok_or(Error::NotFound)?;
    let old = values_of(filter);
    let values = applied(old.clone(), &change, now)?;
    let words = rows::keywords(&mut tx, &[word.custom_filter_id]).await?;
    if values != old && words.len() > 1 {
        let text = "This filter has several words; it can only be changed by a newer app";
        return Err(Error::Unprocessable(text.to_owned()));
    }
    let phrase = change.title.as_deref().unwrap_or(&word.keyword);
    check_keyword(phrase, "Keyword")?;
    let whole_word = whole_word.unwrap_or(word.whole_word);
    let filter = rows::update(&mut tx, word.custom_filter_id, &values, now).await?;
    let word = rows::update_keyword(&mut tx, word.id, phrase, whole_word, now).await?;
    tx.commit().await?;
    changed(app, account).await;
    Ok((filter, word))
}

fn values_of(filter: Filter) -> Values {
    Values {
        phrase: filter.phrase,
        context: filter.context,
        expires_at: filter.expires_at,
        action: filter.action,
    }
}

fn applied(mut values: Values, change: &Change, now: NaiveDateTime) -> Result<Values> {
    if let Some(title) = &change.title {
        values.phrase.clone_from(title);
    }
    if let Some(context) = &change.context {
        values.context = context.iter().map(|one| one.trim().to_owned()).collect();
        values.context.retain(|one| !one.is_empty());
    }
    if let Some(action) = &change.action {
        values.action = match &**action {
            "warn" => 0,
            "hide" => 1,
            "blur" => 2,
            other => {
                let text = format!("'{other}' is not one of warn, hide and blur");
                return Err(Error::Unprocessable(text));
            }
        };
    }
    if let Some(expires_in) = change.expires_in {
        values.expires_at = expires_in
            .filter(|seconds| *seconds <= MOST_SECONDS)
            .map(|seconds| now + TimeDelta::seconds(seconds.max(-MOST_SECONDS)));
    }
    let mut wrong = Vec::new();
    if values.phrase.trim().is_empty() {
        wrong.push("Title can't be blank".to_owned());
    }
    if values.phrase.chars().count() > MOST_TITLE {
        wrong.push(format!("Title is too long (maximum is {MOST_TITLE} characters)"));
    }
    if values.context.is_empty() {
        wrong.push("Context can't be blank".to_owned());
    }
    let known = |one: &String| CONTEXTS.contains(&one.as_str());
    if values.context.is_empty() || !values.context.iter().all(known) {
        wrong.push("Context None or invalid context supplied".to_owned());
    }
    if wrong.is_empty() { Ok(values) } else { Err(Error::Invalid(wrong.join(", "))) }
}

fn check_keyword(keyword: &str, name: &str) -> Result<()> {
    if keyword.trim().is_empty() {
        return Err(Error::Invalid(format!("{name} can't be blank")));
    }
    if keyword.chars().count() > MOST_KEYWORD {
        let text = format!("{name} is too long (maximum is {MOST_KEYWORD} characters)");
        return Err(Error::Invalid(text));
    }
    Ok(())
}

async fn change_keywords(
    conn: &mut PgConnection,
    filter: &Filter,
    changes: &[KeywordChange],
    now: NaiveDateTime,
) -> Result<()> {
    let old = match changes.iter().any(|change| change.id.is_some()) {
        true => rows::keywords(conn, &[filter.id]).await?,
        false => Vec::new(),
    };
    for change in changes {
        let Some(id) = change.id else {
            if change.destroy {
                continue;
            }
            let keyword = change.keyword.as_deref().unwrap_or_default();
            check_keyword(keyword, "Keywords keyword")?;
            let whole_word = change.whole_word.unwrap_or(true);
            rows::insert_keyword(conn, filter.id, keyword, whole_word, now).await?;
            continue;
        };
        let word = old.iter().find(|word| word.id == id).ok_or(Error::NotFound)?;
        if change.destroy {
            rows::delete_keyword(conn, id).await?;
            continue;
        }
        let keyword = change.keyword.as_deref().unwrap_or(&word.keyword);
        check_keyword(keyword, "Keywords keyword")?;
        let whole_word = change.whole_word.unwrap_or(word.whole_word);
        rows::update_keyword(conn, id, keyword, whole_word, now).await?;
    }
    Ok(())
}

/// Tells those who stream for this account, and whoever remembers its filters.
async fn changed(app: &App, account: AccountId) {
    app.transient.remove(&format!("cache:filters:v3:{account}")).await;
    let channels = [format!("timeline:{account}"), format!("timeline:system:{account}")];
    app.broadcast.publish(&channels, r#"{"event":"filters_changed"}"#.to_owned()).await;
}
