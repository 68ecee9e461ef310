//! What makes a draft impossible.

use ferrodon_core::text::count::{graphemes, visible_length};
use ferrodon_core::{AccountId, MediaId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;

use super::draft::Poll;
use crate::{Error, Result};

/// How many characters a post has, with its warning.
pub const MAX_CHARS: usize = 500;
const MAX_MEDIA: usize = 4;
const MIN_OPTIONS: usize = 2;
const MAX_OPTIONS: usize = 4;
const MAX_OPTION_CHARS: usize = 50;
/// Five minutes, in seconds.
const MIN_POLL: i64 = 300;
/// An average month, in seconds.
const MAX_POLL: i64 = 2_629_746;

/// Text there must be, unless there is something else to see; and not too much of it.
pub(super) fn text(text: &str, spoiler_text: &str, has_more: bool) -> Result<()> {
    let mut problems = Vec::new();
    if text.is_empty() && !has_more {
        problems.push("Text can't be blank".to_owned());
    }
    if graphemes(spoiler_text) + visible_length(text) > MAX_CHARS {
        problems.push(format!("Text character limit of {MAX_CHARS} exceeded"));
    }
    all(problems)
}

pub(super) fn poll(poll: &Poll) -> Result<()> {
    let mut problems = Vec::new();
    if poll.options.len() < MIN_OPTIONS {
        problems.push("Choices must have more than one item".to_owned());
    }
    if poll.options.len() > MAX_OPTIONS {
        problems.push(format!("Choices can't contain more than {MAX_OPTIONS} items"));
    }
    if poll.options.iter().any(|option| graphemes(option) > MAX_OPTION_CHARS) {
        problems.push(format!("Choices can't be longer than {MAX_OPTION_CHARS} characters each"));
    }
    let mut distinct: Vec<&String> = poll.options.iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < poll.options.len() {
        problems.push("Choices contain duplicate items".to_owned());
    }
    if poll.expires_in > MAX_POLL {
        problems.push("Deadline is too far into the future".to_owned());
    } else if poll.expires_in < MIN_POLL {
        problems.push("Deadline is too soon".to_owned());
    }
    all(problems)
}

pub(super) fn media_count(ids: &[MediaId]) -> Result<()> {
    if ids.len() > MAX_MEDIA {
        let text = format!("Cannot attach more than {MAX_MEDIA} files");
        return Err(Error::Unprocessable(text));
    }
    Ok(())
}

/// The uploads of a draft in their order, held until the transaction ends.
pub(super) async fn media(
    conn: &mut PgConnection,
    author: AccountId,
    ids: &[MediaId],
) -> Result<Vec<MediaId>> {
    media_for(conn, author, None, ids).await
}

/// The same for a status that exists and may have some of them already.
pub(super) async fn media_for(
    conn: &mut PgConnection,
    author: AccountId,
    status_id: Option<StatusId>,
    ids: &[MediaId],
) -> Result<Vec<MediaId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = match status_id {
        None => db::media_attachments::hold_unattached(conn, author, ids).await?,
        Some(id) => db::media_attachments::hold_for_status(conn, author, id, ids).await?,
    };
    let missing: Vec<String> = ids
        .iter()
        .filter(|id| found.iter().all(|media| media.id != **id))
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        let text =
            format!("Media {} not found or already attached to another post", missing.join(", "));
        return Err(Error::Unprocessable(text));
    }
    const VIDEO: i32 = 2;
    const AUDIO: i32 = 4;
    if found.len() > 1 && found.iter().any(|media| matches!(media.kind, VIDEO | AUDIO)) {
        let text = "Cannot attach a video to a post that already contains images";
        return Err(Error::Unprocessable(text.to_owned()));
    }
    if found.iter().any(|media| !matches!(media.processing, None | Some(2))) {
        let text = "Cannot attach files that have not finished processing. Try again in a moment!";
        return Err(Error::Unprocessable(text.to_owned()));
    }
    let mut ordered = Vec::with_capacity(found.len());
    for id in ids {
        if !ordered.contains(id) {
            ordered.push(*id);
        }
    }
    Ok(ordered)
}

/// Hashtags that moderators do not allow.
pub(super) async fn tags(conn: &mut PgConnection, tags: &[(String, String)]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = tags.iter().map(|(name, _)| name.clone()).collect();
    let disallowed = db::tags::disallowed(conn, &names).await?;
    match disallowed.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::Invalid(format!("Text contained a disallowed hashtag: {one}"))),
        some => {
            let names = some.join(", ");
            Err(Error::Invalid(format!("Text contained the disallowed hashtags: {names}")))
        }
    }
}

fn all(problems: Vec<String>) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(result: Result<()>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_post_needs_text_and_not_too_much() {
        assert_eq!(said(text("", "", false)), "Validation failed: Text can't be blank");
        assert_eq!(said(text("", "", true)), "");
        assert_eq!(said(text(&"x".repeat(500), "", false)), "");
        let too_long = "Validation failed: Text character limit of 500 exceeded";
        assert_eq!(said(text(&"x".repeat(500), "y", false)), too_long);
        assert_eq!(said(text(&"é".repeat(501), "", false)), too_long);
    }

    #[test]
    fn a_poll_has_choices_and_an_end() {
        let with = |options: &[&str], expires_in| {
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            said(poll(&Poll { options, expires_in, ..Poll::default() }))
        };
        assert_eq!(with(&["a", "b"], 3600), "");
        let few = "Validation failed: Choices must have more than one item";
        assert_eq!(with(&["one"], 3600), few);
        let far = "Validation failed: Deadline is too far into the future";
        assert_eq!(with(&["a", "b"], 99_999_999_999), far);
        assert_eq!(with(&["a", "b"], 10), "Validation failed: Deadline is too soon");
        let same = "Validation failed: Choices contain duplicate items";
        assert_eq!(with(&["a", "a"], 3600), same);
    }
}
