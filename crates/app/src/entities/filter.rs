//! `Filter` inside `FilterResult`, and the matching of a person's filters against statuses.

use std::sync::Arc;

use ferrodon_core::StatusId;
use ferrodon_db::custom_filters::ActiveFilter;
use regex::{Regex, RegexBuilder};
use serde::Serialize;

use super::{Time, id_text, shared};

/// A filter without its rules.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub title: String,
    pub context: Vec<String>,
    pub expires_at: Option<Time>,
    pub filter_action: &'static str,
}

/// Why a status is filtered.
#[derive(Clone, Debug, Serialize)]
pub struct FilterResult {
    #[serde(serialize_with = "shared")]
    pub filter: Arc<Filter>,
    pub keyword_matches: Option<Vec<String>>,
    pub status_matches: Option<Vec<StatusId>>,
}

/// The word for a stored action.
#[must_use]
pub fn action_word(action: i32) -> &'static str {
    match action {
        1 => "hide",
        2 => "blur",
        _ => "warn",
    }
}

/// A person's filters, ready to be matched.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<Rules>);

#[derive(Debug)]
struct Rules {
    filter: Arc<Filter>,
    words: Option<Regex>,
    status_ids: Vec<i64>,
}

impl Filters {
    pub(super) fn new(rows: Vec<ActiveFilter>) -> Self {
        Self(rows.into_iter().map(Rules::new).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What matches a status; `ids` are its own and, for a reblog, the original's. `text` is
    /// asked for only if there are words to look for.
    pub(super) fn apply(&self, ids: &[StatusId], text: impl Fn() -> String) -> Vec<FilterResult> {
        let mut found = Vec::new();
        let mut searched = None;
        for rules in &self.0 {
            let word = rules.words.as_ref().and_then(|words| {
                let text = searched.get_or_insert_with(&text);
                words.find(text).map(|word| word.as_str().to_owned())
            });
            let statuses = (!rules.status_ids.is_empty()).then(|| {
                let listed = ids.iter().copied().filter(|id| rules.status_ids.contains(&id.0));
                listed.collect::<Vec<_>>()
            });
            if word.is_none() && statuses.as_ref().is_none_or(Vec::is_empty) {
                continue;
            }
            found.push(FilterResult {
                filter: rules.filter.clone(),
                keyword_matches: word.map(|word| vec![word]),
                status_matches: statuses,
            });
        }
        found
    }
}

impl Rules {
    fn new(row: ActiveFilter) -> Self {
        let words = row.keywords.iter().zip(&row.whole_words);
        let words: Vec<String> = words.map(|(word, &whole)| pattern(word, whole)).collect();
        let pattern = (!words.is_empty()).then(|| words.join("|"));
        Self {
            // A pattern made of escaped words fails only by its size; such a filter rests.
            words: pattern.and_then(|pattern| {
                RegexBuilder::new(&pattern).case_insensitive(true).build().ok()
            }),
            status_ids: row.status_ids,
            filter: Arc::new(Filter {
                id: row.id,
                title: row.phrase,
                context: row.context,
                expires_at: row.expires_at.map(Time),
                filter_action: action_word(row.action),
            }),
        }
    }
}

/// A whole word ends where a word ends, if it begins or ends with what words are made of.
fn pattern(word: &str, whole: bool) -> String {
    let is_word = |c: Option<char>| whole && c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let before = if is_word(word.chars().next()) { r"\b" } else { "" };
    let after = if is_word(word.chars().next_back()) { r"\b" } else { "" };
    format!("{before}{}{after}", regex::escape(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(words: &[(&str, bool)], status_ids: Vec<i64>) -> Filters {
        Filters::new(vec![ActiveFilter {
            id: 1,
            phrase: "x".into(),
            context: vec!["home".into()],
            expires_at: None,
            action: 1,
            keywords: words.iter().map(|(word, _)| (*word).to_owned()).collect(),
            whole_words: words.iter().map(|(_, whole)| *whole).collect(),
            status_ids,
        }])
    }

    fn matched(filters: &Filters, text: &str) -> Option<String> {
        let found = filters.apply(&[StatusId(7)], || text.to_owned());
        found.first().and_then(|result| result.keyword_matches.clone()?.pop())
    }

    #[test]
    fn whole_words_stand_apart_and_parts_do_not() {
        let whole = filter(&[("cat", true), ("c++", true)], Vec::new());
        assert_eq!(matched(&whole, "a Cat sat"), Some("Cat".into()));
        assert_eq!(matched(&whole, "concatenate"), None);
        assert_eq!(matched(&whole, "say c++!"), Some("c++".into()));
        let part = filter(&[("cat", false)], Vec::new());
        assert_eq!(matched(&part, "concatenate"), Some("cat".into()));
    }

    #[test]
    fn listed_statuses_match_by_id() {
        let filters = filter(&[("cat", true)], vec![7, 8]);
        let found = filters.apply(&[StatusId(7)], || "dog".to_owned());
        assert_eq!(found[0].status_matches, Some(vec![StatusId(7)]));
        assert!(found[0].keyword_matches.is_none());
        assert!(filters.apply(&[StatusId(9)], || "dog".to_owned()).is_empty());
    }
}
