//! Scopes as types, so that a handler's signature says what it needs.

/// What a token must hold: one of several scopes is enough.
pub(crate) trait Scope: Send + Sync + 'static {
    /// The alternatives, in the order clients are told. None: any token will do.
    const ALTERNATIVES: &'static [&'static str];

    /// Whether a token with these scopes may.
    fn is_held_by(granted: &str) -> bool {
        Self::ALTERNATIVES.is_empty()
            || granted.split_ascii_whitespace().any(|one| Self::ALTERNATIVES.contains(&one))
    }
}

macro_rules! scopes {
    ($($name:ident = $($scope:literal)|*;)+) => {$(
        pub(crate) struct $name;
        impl Scope for $name {
            const ALTERNATIVES: &'static [&'static str] = &[$($scope),*];
        }
    )+};
}

scopes! {
    Any = ;
    Profile = "profile";
    ProfileOrReadAccounts = "profile" | "read" | "read:accounts";
    ReadAccounts = "read" | "read:accounts";
    ReadBlocks = "follow" | "read" | "read:blocks";
    ReadBookmarks = "read" | "read:bookmarks";
    ReadFavourites = "read" | "read:favourites";
    ReadFilters = "read" | "read:filters";
    ReadFollows = "read" | "read:follows";
    ReadFollowsOrFollow = "follow" | "read" | "read:follows";
    ReadLists = "read" | "read:lists";
    ReadMutes = "follow" | "read" | "read:mutes";
    ReadNotifications = "read" | "read:notifications";
    ReadSearch = "read" | "read:search";
    ReadStatuses = "read" | "read:statuses";
    WriteAccounts = "write" | "write:accounts";
    WriteBookmarks = "write" | "write:bookmarks";
    WriteFavourites = "write" | "write:favourites";
    WriteFilters = "write" | "write:filters";
    WriteFollows = "follow" | "write" | "write:follows";
    WriteMutes = "follow" | "write" | "write:mutes";
    WriteNotifications = "write" | "write:notifications";
    WriteStatuses = "write" | "write:statuses";
}
