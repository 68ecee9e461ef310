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
    Push = "push";
    Read = "read";
    ReadAccounts = "read" | "read:accounts";
    ReadBlocks = "follow" | "read" | "read:blocks";
    ReadBookmarks = "read" | "read:bookmarks";
    ReadCollections = "read" | "read:collections";
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
    WriteBlocks = "follow" | "write" | "write:blocks";
    WriteBookmarks = "write" | "write:bookmarks";
    WriteCollections = "write" | "write:collections";
    WriteConversations = "write" | "write:conversations";
    WriteFavourites = "write" | "write:favourites";
    WriteFilters = "write" | "write:filters";
    WriteFollows = "follow" | "write" | "write:follows";
    WriteLists = "write" | "write:lists";
    WriteMedia = "write" | "write:media";
    WriteMutes = "follow" | "write" | "write:mutes";
    WriteNotifications = "write" | "write:notifications";
    WriteReports = "write" | "write:reports";
    WriteStatuses = "write" | "write:statuses";
    AdminRead = "admin:read";
    AdminReadAccounts = "admin:read" | "admin:read:accounts";
    AdminReadCanonicalEmailBlocks = "admin:read" | "admin:read:canonical_email_blocks";
    AdminReadDomainAllows = "admin:read" | "admin:read:domain_allows";
    AdminReadDomainBlocks = "admin:read" | "admin:read:domain_blocks";
    AdminReadEmailDomainBlocks = "admin:read" | "admin:read:email_domain_blocks";
    AdminReadIpBlocks = "admin:read" | "admin:read:ip_blocks";
    AdminReadReports = "admin:read" | "admin:read:reports";
    AdminWrite = "admin:write";
    AdminWriteAccounts = "admin:write" | "admin:write:accounts";
    AdminWriteCanonicalEmailBlocks = "admin:write" | "admin:write:canonical_email_blocks";
    AdminWriteDomainAllows = "admin:write" | "admin:write:domain_allows";
    AdminWriteDomainBlocks = "admin:write" | "admin:write:domain_blocks";
    AdminWriteEmailDomainBlocks = "admin:write" | "admin:write:email_domain_blocks";
    AdminWriteIpBlocks = "admin:write" | "admin:write:ip_blocks";
    AdminWriteReports = "admin:write" | "admin:write:reports";
}
