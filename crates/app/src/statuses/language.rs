//! The language of a post: what was said, or else what the author mostly writes in.

use ferrodon_core::languages::known;

/// The code as it is stored, if posts may be in that language: the code itself, or the language
/// it begins with.
#[must_use]
pub fn known_language(code: &str) -> Option<String> {
    known(code).map(str::to_owned)
}

/// The first of these that is a language.
pub(super) fn of_post(
    given: Option<&str>,
    setting: Option<&str>,
    locale: Option<&str>,
    default_locale: &str,
) -> String {
    [given, setting, locale, Some(default_locale)]
        .into_iter()
        .flatten()
        .find_map(known_language)
        .unwrap_or_else(|| "en".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_are_passed_over() {
        assert_eq!(of_post(Some("de"), Some("fr"), None, "en"), "de");
        assert_eq!(of_post(Some("de-AT"), None, None, "en"), "de");
        assert_eq!(of_post(Some("zh-TW"), None, None, "en"), "zh-TW");
        assert_eq!(of_post(Some("xx"), None, Some("pt-BR"), "en"), "pt");
        assert_eq!(of_post(None, None, None, "??"), "en");
    }
}
