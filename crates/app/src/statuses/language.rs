//! The language of a post: what was said, or else what the author mostly writes in.

/// Codes of three letters or with a region; all codes of two letters are known but for a few.
const LONGER: [&str; 30] = [
    "ast", "chr", "ckb", "cnr", "csb", "gsw", "jbo", "kab", "ldn", "lfn", "lzz", "moh", "nan-TW",
    "nds", "ota", "pdc", "sco", "sma", "smj", "szl", "tok", "vai", "xal", "xmf", "zba", "zgh",
    "zh-CN", "zh-HK", "zh-TW", "zh-YUE",
];

/// ISO 639-1.
const SHORT: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co \
    cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi \
    ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw \
    ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc \
    oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sn so sq sr ss st su sv sw \
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// The code as it is stored, if posts may be in that language: the code itself, or the language
/// it begins with.
#[must_use]
pub fn known_language(code: &str) -> Option<String> {
    let known = |code: &str| LONGER.contains(&code) || SHORT.split(' ').any(|short| short == code);
    if known(code) {
        return Some(code.to_owned());
    }
    let base = code.split(['-', '_']).next()?;
    known(base).then(|| base.to_owned())
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
        assert_eq!(SHORT.split(' ').count(), 184);
        assert_eq!(of_post(Some("de"), Some("fr"), None, "en"), "de");
        assert_eq!(of_post(Some("de-AT"), None, None, "en"), "de");
        assert_eq!(of_post(Some("zh-TW"), None, None, "en"), "zh-TW");
        assert_eq!(of_post(Some("xx"), None, Some("pt-BR"), "en"), "pt");
        assert_eq!(of_post(None, None, None, "??"), "en");
    }
}
