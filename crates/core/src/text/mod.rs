//! What people write and what others' servers send, turned into HTML that is safe to show.

pub mod count;
pub mod embed;
pub mod emoji;
pub mod entities;
pub mod hashtag;
pub mod local;
pub mod markdown;
pub mod remote;
pub mod tokens;
