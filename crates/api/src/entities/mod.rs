//! The JSON that clients see, one file an entity of the Mastodon API.
