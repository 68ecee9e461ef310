//! The JSON that clients see, one file an entity of the Mastodon API. Those that streams carry
//! too stand in [`ferrodon_app::entities`].

pub(crate) use ferrodon_app::entities::*;

mod people;

pub(crate) use people::{FamiliarFollowers, FeaturedTag, List};
