//! `/about`: who runs this server, what its rules are, and how to connect an app.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ferrodon_app::{App, address, instance, settings};
use ferrodon_core::text::markdown;
use ferrodon_db as db;
use serde_json::Value;

use crate::error::Result;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "public/about.html")]
struct Page<'a> {
    frame: &'a Frame,
    description: &'a str,
    contact: Option<Contact>,
    email: &'a str,
    /// What the administrators wrote, as safe HTML.
    more: String,
    rules: Vec<Rule>,
}

struct Contact {
    acct: String,
    url: String,
}

struct Rule {
    text: String,
    hint: String,
}

/// The page.
pub(crate) async fn page(State(app): State<App>, frame: Frame) -> Result<Response> {
    let settings = settings::current(&app).await?;
    let contact = instance::contact(&app).await?;
    let mut conn = app.db.acquire().await?;
    let rules = db::rules::all(&mut conn).await?;
    drop(conn);
    let page = Page {
        frame: &frame,
        description: settings.short_description(),
        contact: contact.map(|account| Contact {
            acct: account.acct(),
            url: address::account_url(&app.config, &account),
        }),
        email: settings.contact_email(),
        more: below_title(&markdown::to_html(settings.extended_description())),
        rules: rules
            .into_iter()
            .map(|rule| {
                let original = Rule { text: rule.text, hint: rule.hint };
                in_language(original, &rule.translations.0, frame.texts.lang)
            })
            .collect(),
    };
    Ok(frame.show(StatusCode::OK, &page))
}

/// The rule in the visitor's language, where somebody translated it.
fn in_language(rule: Rule, translations: &Value, lang: &str) -> Rule {
    let base = lang.split('-').next().unwrap_or(lang);
    let found = [lang, base].into_iter().find_map(|lang| translations.get(lang));
    let word = |key: &str| found.and_then(|found| found[key].as_str()).map(str::to_owned);
    Rule { text: word("text").unwrap_or(rule.text), hint: word("hint").unwrap_or(rule.hint) }
}

/// Headings one level lower, since the page has its own title; the lowest two become one.
fn below_title(html: &str) -> String {
    (1..=5).rev().fold(html.to_owned(), |html, level| {
        let below = level + 1;
        html.replace(&format!("<h{level}>"), &format!("<h{below}>"))
            .replace(&format!("</h{level}>"), &format!("</h{below}>"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_administrators_come_below_the_title() {
        let html = below_title("<h1>a</h1><h2>b</h2><h5>c</h5><h6>d</h6>");
        assert_eq!(html, "<h2>a</h2><h3>b</h3><h6>c</h6><h6>d</h6>");
    }

    #[test]
    fn rules_are_shown_in_the_visitors_language() {
        let rule = || Rule { text: "Be kind".into(), hint: "really".into() };
        let translations = serde_json::json!({ "de": { "text": "Sei nett", "hint": "" } });
        assert_eq!(in_language(rule(), &translations, "de").text, "Sei nett");
        assert_eq!(in_language(rule(), &translations, "zh-CN").hint, "really");
    }
}
