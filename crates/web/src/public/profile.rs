//! `/@name`: who someone is and what they posted.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum_extra::extract::Query;
use ferrodon_app::entities::{Account, Status};
use ferrodon_app::{App, Error, address};
use ferrodon_core::Page as Paging;
use ferrodon_db as db;
use ferrodon_db::timelines::OfAccount;

use super::emoji;
use super::post::{Post, name_of};
use crate::error::{Result, WebError};
use crate::frame::Frame;

/// Posts on one page.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "public/profile.html")]
struct Page<'a> {
    frame: &'a Frame,
    name: String,
    name_html: String,
    handle: String,
    description: String,
    noindex: bool,
    actor: String,
    url: String,
    avatar: &'a str,
    avatar_description: &'a str,
    bio: String,
    fields: Vec<Field>,
    me_links: Vec<String>,
    /// Posts, following, followers.
    counts: (i64, i64, i64),
    joined: String,
    /// Where it moved to: handle and address.
    moved: Option<(String, String)>,
    list: Vec<Post>,
    more: Option<String>,
}

struct Field {
    name: String,
    html: String,
    verified: bool,
}

/// The page of a local account; of a remote one, the way to it.
pub(crate) async fn page(
    State(app): State<App>,
    frame: Frame,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let (username, domain) = split(&app, &name);
    let mut conn = app.db.acquire().await?;
    let found = db::accounts::by_handle(&mut conn, username, domain).await?;
    let account = found.filter(|account| account.id.0 > 0).ok_or(Error::NotFound)?;
    if account.suspended_at.is_some() {
        return Err(WebError::status(StatusCode::FORBIDDEN));
    }
    if !account.is_local() {
        return super::elsewhere::page(&frame, &address::account_url(&app.config, &account));
    }
    let user = db::users::standing(&mut conn, account.id).await?.ok_or(Error::NotFound)?;
    if !user.confirmed || !user.approved {
        return Err(Error::NotFound.into());
    }
    let viewer = frame.signed_in.as_ref().map(|session| session.account_id);
    let wanted = OfAccount { exclude_replies: true, ..OfAccount::default() };
    let id = account.id;
    let actor = address::account_uri(&app.config, &account);
    let rows = db::timelines::of_account(&mut conn, id, viewer, &wanted, &paging, SHOWN).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == SHOWN);
    let last = rows.last().map(|row| row.id);
    let statuses = Status::render(&app, &mut conn, viewer, rows).await?;
    let account = Account::render_one(&app, &mut conn, viewer, account).await?;

    let plain = ferrodon_core::text::remote::to_plain;
    let bio = plain(&account.note).split_whitespace().collect::<Vec<_>>().join(" ");
    let url = account.url.clone();
    let name = name_of(&account.display_name, &account.username);
    let page = Page {
        handle: format!("{}@{}", account.username, app.config.local_domain),
        description: format!(
            "{} {} · {} {} · {} {} · {bio}",
            short(account.statuses_count),
            frame.texts.posts,
            short(account.following_count),
            frame.texts.following,
            short(account.followers_count),
            frame.texts.followers,
        ),
        noindex: account.noindex.flatten().unwrap_or(false),
        actor,
        avatar: &account.avatar,
        avatar_description: &account.avatar_description,
        bio: emoji::in_html(&account.note, &account.emojis),
        name_html: emoji::in_text(&name, &account.emojis),
        me_links: account.fields.iter().filter_map(|field| verifiable(&field.value)).collect(),
        fields: account
            .fields
            .iter()
            .map(|field| Field {
                name: field.name.clone(),
                html: emoji::in_html(&field.value, &account.emojis),
                verified: field.verified_at.is_some(),
            })
            .collect(),
        counts: (account.statuses_count, account.following_count, account.followers_count),
        moved: account.moved.clone().flatten().map(|to| (to.acct, to.url)),
        joined: account.created_at.0.format("%Y-%m-%d").to_string(),
        list: statuses.iter().map(|status| Post::of(frame.texts, status)).collect(),
        more: last.filter(|_| full).map(|id| format!("{url}?max_id={id}")),
        url,
        frame: &frame,
        name,
    };
    Ok(frame.show(StatusCode::OK, &page))
}

/// A number with at most three digits.
fn short(number: i64) -> String {
    let (unit, letter) = match number {
        1_000_000_000.. => (1_000_000_000, 'B'),
        1_000_000..=999_999_999 => (1_000_000, 'M'),
        1_000..=999_999 => (1_000, 'K'),
        _ => return number.to_string(),
    };
    let (whole, tenth) = (number / unit, number % unit * 10 / unit);
    if whole >= 100 || tenth == 0 {
        return format!("{whole}{letter}");
    }
    format!("{whole}.{tenth}{letter}")
}

/// `name` or `name@domain`; our own domain is no domain.
pub(crate) fn split<'a>(app: &App, name: &'a str) -> (&'a str, Option<&'a str>) {
    match name.split_once('@') {
        Some((name, domain)) if app.config.is_local_host(&domain.to_lowercase()) => (name, None),
        Some((name, domain)) => (name, Some(domain)),
        None => (name, None),
    }
}

/// The address in a field that is nothing but a link of `https`.
fn verifiable(html: &str) -> Option<String> {
    let plain = ferrodon_core::text::remote::to_plain(html);
    let url = url::Url::parse(plain.trim()).ok()?;
    let simple = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    simple.then(|| plain.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_short() {
        let shown = [0, 999, 1_000, 1_250, 12_345, 123_999, 2_000_000].map(short);
        assert_eq!(shown, ["0", "999", "1K", "1.2K", "12.3K", "123K", "2M"]);
    }
}
