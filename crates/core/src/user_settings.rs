//! `users.settings`: what a person chose, a flat JSON object of which only chosen keys are kept.

use serde_json::{Map, Value};

/// The chosen settings; the accessors know the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserSettings(pub Map<String, Value>);

impl UserSettings {
    /// Reads the stored text; nothing, or what is no JSON object, is no choice.
    #[must_use]
    pub fn parse(stored: Option<&str>) -> Self {
        stored.and_then(|text| serde_json::from_str(text).ok()).map(Self).unwrap_or_default()
    }

    /// A chosen switch.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key).and_then(Value::as_bool)
    }

    /// A chosen word; an empty one is none.
    #[must_use]
    pub fn word(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).filter(|word| !word.is_empty())
    }

    /// Whether search engines shall stay away; none leaves it to the server's setting.
    #[must_use]
    pub fn noindex(&self) -> Option<bool> {
        self.flag("noindex")
    }

    /// Whether statuses show the app they were posted with.
    #[must_use]
    pub fn show_application(&self) -> bool {
        self.flag("show_application").unwrap_or(true)
    }

    /// The visibility of new statuses: `public`, `unlisted` or `private`.
    #[must_use]
    pub fn default_privacy(&self, locked: bool) -> &str {
        self.word("default_privacy").unwrap_or(if locked { "private" } else { "public" })
    }

    /// Whether media of new statuses start hidden.
    #[must_use]
    pub fn default_sensitive(&self) -> bool {
        self.flag("default_sensitive").unwrap_or(false)
    }

    /// The language of new statuses.
    #[must_use]
    pub fn default_language(&self) -> Option<&str> {
        self.word("default_language")
    }

    /// Who may quote new statuses: `public`, `followers` or `nobody`.
    #[must_use]
    pub fn default_quote_policy(&self) -> &str {
        self.word("default_quote_policy").unwrap_or("public")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_chosen_has_a_default() {
        let none = UserSettings::parse(None);
        assert_eq!(none.default_privacy(true), "private");
        let some = UserSettings::parse(Some(r#"{"default_privacy":"unlisted","noindex":true}"#));
        assert_eq!((some.default_privacy(true), some.noindex()), ("unlisted", Some(true)));
        assert_eq!(UserSettings::parse(Some("[]")), none);
    }
}
