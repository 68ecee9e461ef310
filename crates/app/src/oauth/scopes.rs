//! The scopes there are, and lists of them.

use std::collections::HashSet;

/// What an app gets that asks for nothing.
pub const DEFAULT: &str = "read";

/// Every scope, in the order of the metadata document.
pub const ALL: [&str; 47] = [
    "read",
    "profile",
    "write",
    "write:accounts",
    "write:blocks",
    "write:bookmarks",
    "write:collections",
    "write:conversations",
    "write:favourites",
    "write:filters",
    "write:follows",
    "write:lists",
    "write:media",
    "write:mutes",
    "write:notifications",
    "write:reports",
    "write:statuses",
    "read:accounts",
    "read:blocks",
    "read:bookmarks",
    "read:collections",
    "read:favourites",
    "read:filters",
    "read:follows",
    "read:lists",
    "read:mutes",
    "read:notifications",
    "read:search",
    "read:statuses",
    "follow",
    "push",
    "admin:read",
    "admin:read:accounts",
    "admin:read:reports",
    "admin:read:domain_allows",
    "admin:read:domain_blocks",
    "admin:read:ip_blocks",
    "admin:read:email_domain_blocks",
    "admin:read:canonical_email_blocks",
    "admin:write",
    "admin:write:accounts",
    "admin:write:reports",
    "admin:write:domain_allows",
    "admin:write:domain_blocks",
    "admin:write:ip_blocks",
    "admin:write:email_domain_blocks",
    "admin:write:canonical_email_blocks",
];

/// The scopes of a list separated by spaces, each once, in their order.
#[must_use]
pub fn parse(list: &str) -> Vec<&str> {
    let mut seen = HashSet::new();
    list.split_whitespace().filter(|scope| seen.insert(*scope)).collect()
}

/// Whether each of `wanted` stands in `granted`, word for word.
#[must_use]
pub fn within(wanted: &str, granted: &str) -> bool {
    let granted: HashSet<&str> = granted.split_whitespace().collect();
    wanted.split_whitespace().all(|scope| granted.contains(scope))
}

/// Whether two lists hold the same scopes.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    within(a, b) && within(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_compared_word_for_word() {
        assert!(within("read", "read write"));
        assert!(!within("read:accounts", "read"));
        assert!(same("write read", "read write read"));
        assert_eq!(parse(" read  write read"), ["read", "write"]);
    }
}
