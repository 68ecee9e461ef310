//! Outgoing and incoming media: where files live and how they are named.
