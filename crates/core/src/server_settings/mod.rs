//! What admins set while the server runs: rows of table `settings`, or their defaults.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::Value;

pub mod yaml;

/// Every setting that was changed. What has no row has its default; a row without a value is
/// nothing, not the default.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    changed: HashMap<String, (Value, NaiveDateTime)>,
}

/// Whether new people may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registrations {
    Open,
    /// After a moderator looked at them.
    Approved,
    None,
}

impl ServerSettings {
    /// Reads rows of `var`, `value` (YAML) and `updated_at`.
    pub fn read(rows: impl IntoIterator<Item = (String, Option<String>, NaiveDateTime)>) -> Self {
        let changed = rows.into_iter().map(|(var, value, updated_at)| {
            let value = value.as_deref().map_or(Value::Null, yaml::read);
            (var, (value, updated_at))
        });
        Self { changed: changed.collect() }
    }

    /// When `var` was last changed.
    #[must_use]
    pub fn updated_at(&self, var: &str) -> Option<NaiveDateTime> {
        self.changed.get(var).map(|(_, updated_at)| *updated_at)
    }

    fn flag(&self, var: &str, default: bool) -> bool {
        match self.changed.get(var).map(|(value, _)| value) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(word)) => !matches!(&**word, "" | "0" | "false" | "f" | "off"),
            Some(Value::Number(number)) => number.as_i64() != Some(0),
            Some(_) => false,
        }
    }

    fn text<'a>(&'a self, var: &str, default: &'a str) -> &'a str {
        match self.changed.get(var) {
            None => default,
            Some((value, _)) => value.as_str().unwrap_or_default(),
        }
    }

    fn number(&self, var: &str) -> Option<i64> {
        match self.changed.get(var).map(|(value, _)| value)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// `site_title`
    #[must_use]
    pub fn title(&self) -> &str {
        self.text("site_title", "Mastodon")
    }

    /// `site_short_description`
    #[must_use]
    pub fn short_description(&self) -> &str {
        self.text("site_short_description", "")
    }

    /// `site_description`, from before there were two.
    #[must_use]
    pub fn description(&self) -> &str {
        self.text("site_description", "")
    }

    /// `site_extended_description`: Markdown.
    #[must_use]
    pub fn extended_description(&self) -> &str {
        self.text("site_extended_description", "")
    }

    /// `site_terms`: the privacy policy; none for the built-in one.
    #[must_use]
    pub fn privacy_policy(&self) -> Option<&str> {
        Some(self.text("site_terms", "")).filter(|text| !text.trim().is_empty())
    }

    /// `site_contact_username`: an account name, perhaps with `@` and a domain.
    #[must_use]
    pub fn contact_username(&self) -> &str {
        self.text("site_contact_username", "").trim().trim_start_matches('@')
    }

    /// `site_contact_email`
    #[must_use]
    pub fn contact_email(&self) -> &str {
        self.text("site_contact_email", "")
    }

    /// `registrations_mode`
    #[must_use]
    pub fn registrations(&self) -> Registrations {
        match self.text("registrations_mode", "none") {
            "open" => Registrations::Open,
            "approved" => Registrations::Approved,
            _ => Registrations::None,
        }
    }

    /// `closed_registrations_message`: Markdown.
    #[must_use]
    pub fn closed_registrations_message(&self) -> &str {
        self.text("closed_registrations_message", "")
    }

    /// `require_invite_text`
    #[must_use]
    pub fn require_invite_text(&self) -> bool {
        self.flag("require_invite_text", false)
    }

    /// `min_age`
    #[must_use]
    pub fn min_age(&self) -> Option<i64> {
        self.number("min_age")
    }

    /// `bootstrap_timeline_accounts`: names of accounts that newcomers are shown.
    #[must_use]
    pub fn bootstrap_timeline_accounts(&self) -> &str {
        self.text("bootstrap_timeline_accounts", "")
    }

    /// `profile_directory`
    #[must_use]
    pub fn profile_directory(&self) -> bool {
        self.flag("profile_directory", true)
    }

    /// `local_live_feed_access` and its kin: `public`, `authenticated` or `disabled`.
    #[must_use]
    pub fn feed_access(&self, feed: Feed) -> &str {
        let word = self.text(feed.var(), "public");
        if matches!(word, "public" | "authenticated" | "disabled") { word } else { "public" }
    }

    /// `landing_page`: `trends`, `overview`, `local_feed` or `about`.
    #[must_use]
    pub fn landing_page(&self) -> &str {
        self.text("landing_page", "trends")
    }

    /// `trends`
    #[must_use]
    pub fn trends(&self) -> bool {
        self.flag("trends", true)
    }

    /// `trendable_by_default`
    #[must_use]
    pub fn trendable_by_default(&self) -> bool {
        self.flag("trendable_by_default", false)
    }

    /// `custom_css`
    #[must_use]
    pub fn custom_css(&self) -> &str {
        self.text("custom_css", "")
    }

    /// `thumbnail_description`
    #[must_use]
    pub fn thumbnail_description(&self) -> &str {
        self.text("thumbnail_description", "")
    }

    /// `noindex`: whether search engines stay away unless a person says otherwise.
    #[must_use]
    pub fn noindex(&self) -> bool {
        self.flag("noindex", false)
    }

    /// `allow_referrer_origin`
    #[must_use]
    pub fn allow_referrer_origin(&self) -> bool {
        self.flag("allow_referrer_origin", false)
    }

    /// `activity_api_enabled`
    #[must_use]
    pub fn activity_api_enabled(&self) -> bool {
        self.flag("activity_api_enabled", true)
    }

    /// `peers_api_enabled`
    #[must_use]
    pub fn peers_api_enabled(&self) -> bool {
        self.flag("peers_api_enabled", true)
    }

    /// `show_domain_blocks`: `disabled`, `users` or `all`.
    #[must_use]
    pub fn show_domain_blocks(&self) -> &str {
        self.text("show_domain_blocks", "disabled")
    }

    /// `show_domain_blocks_rationale`: `disabled`, `users` or `all`.
    #[must_use]
    pub fn show_domain_blocks_rationale(&self) -> &str {
        self.text("show_domain_blocks_rationale", "disabled")
    }

    /// `media_cache_retention_period`, in days; only a positive one counts.
    #[must_use]
    pub fn media_cache_retention_period(&self) -> Option<i64> {
        self.number("media_cache_retention_period").filter(|days| *days > 0)
    }

    /// `content_cache_retention_period`, in days; only a positive one counts.
    #[must_use]
    pub fn content_cache_retention_period(&self) -> Option<i64> {
        self.number("content_cache_retention_period").filter(|days| *days > 0)
    }

    /// `backups_retention_period`, in days; only a positive one counts.
    #[must_use]
    pub fn backups_retention_period(&self) -> Option<i64> {
        let changed = self.changed.contains_key("backups_retention_period");
        let days = if changed { self.number("backups_retention_period") } else { Some(7) };
        days.filter(|days| *days > 0)
    }

    /// `status_page_url`
    #[must_use]
    pub fn status_page_url(&self) -> Option<&str> {
        Some(self.text("status_page_url", "")).filter(|url| !url.is_empty())
    }

    /// `authorized_fetch`; `AUTHORIZED_FETCH` of the environment comes first.
    #[must_use]
    pub fn authorized_fetch(&self) -> bool {
        self.flag("authorized_fetch", false)
    }

    /// `email_subscriptions`
    #[must_use]
    pub fn email_subscriptions(&self) -> bool {
        self.flag("email_subscriptions", false)
    }

    /// `wrapstodon`: whether the annual report is offered.
    #[must_use]
    pub fn wrapstodon(&self) -> bool {
        self.flag("wrapstodon", true)
    }

    /// `show_staff_badge`
    #[must_use]
    pub fn show_staff_badge(&self) -> bool {
        self.flag("show_staff_badge", true)
    }
}

/// Timelines of public posts, by where posts are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    LocalLive,
    RemoteLive,
    LocalTopic,
    RemoteTopic,
}

impl Feed {
    fn var(self) -> &'static str {
        match self {
            Self::LocalLive => "local_live_feed_access",
            Self::RemoteLive => "remote_live_feed_access",
            Self::LocalTopic => "local_topic_feed_access",
            Self::RemoteTopic => "remote_topic_feed_access",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_value_is_nothing_and_no_row_is_the_default() {
        let at = NaiveDateTime::default();
        let row = |var: &str, value: Option<&str>| {
            (var.to_owned(), value.map(|value| value.to_owned()), at)
        };
        let settings = ServerSettings::read([
            row("site_title", None),
            row("trends", Some("--- false\n")),
            row("registrations_mode", Some("--- open\n")),
            row("backups_retention_period", Some("--- ''\n")),
        ]);
        assert_eq!(settings.title(), "");
        assert!(!settings.trends());
        assert_eq!(settings.registrations(), Registrations::Open);
        assert_eq!(settings.backups_retention_period(), None);
        assert_eq!(ServerSettings::default().backups_retention_period(), Some(7));
        assert_eq!(ServerSettings::default().title(), "Mastodon");
    }
}
