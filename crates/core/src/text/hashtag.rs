//! How a hashtag is stored: one name for all its spellings.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

/// The name a hashtag is stored and looked up by: full-width forms made narrow, lower case,
/// Latin letters without their marks, anything that cannot stand in a hashtag dropped.
#[must_use]
pub fn normalize(name: &str) -> String {
    let lower = name.trim().nfkc().collect::<String>().to_lowercase();
    let folded: String = lower.chars().map(fold).collect();
    display_name(&folded)
}

/// The spelling that is shown: as typed, without what cannot stand in a hashtag.
#[must_use]
pub fn display_name(name: &str) -> String {
    static INVALID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\p{Alphabetic}\p{Nd}\u{e47}-\u{e4e}_\u{b7}\u{30fb}\u{200c}]")
            .expect("a valid pattern")
    });
    INVALID.replace_all(name, "").into_owned()
}

/// Takes the marks off a Latin letter.
fn fold(c: char) -> char {
    match c {
        'ð' | 'đ' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ĸ' => 'k',
        'ł' | 'ŀ' => 'l',
        'ŉ' | 'ŋ' => 'n',
        'ø' => 'o',
        'ŧ' => 't',
        'ſ' => 's',
        '\u{c0}'..='\u{17f}' => match std::iter::once(c).nfd().next() {
            Some(base) if base.is_ascii_alphabetic() => base,
            _ => c,
        },
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_hashtag_have_one_name() {
        for (typed, name) in [
            ("Rust", "rust"),
            ("ＲＵＳＴ", "rust"),
            ("Café", "cafe"),
            ("ŁÓDŹ", "lodz"),
            ("Đà", "da"),
            ("Straße", "straße"),
            ("ÆØ", "æo"),
            ("日本語", "日本語"),
            ("ｶﾀｶﾅ", "カタカナ"),
            ("a·b", "a·b"),
            ("สวัสดี็", "สวัสดี็"),
            ("Ελλάδα", "ελλάδα"),
            ("a b!", "ab"),
            ("İ", "i"),
        ] {
            assert_eq!(normalize(typed), name, "{typed}");
        }
    }
}
