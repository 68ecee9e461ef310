//! The `Digest` and `Content-Digest` headers: what proves that a body is the signed one.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{Refused, structured};

/// The SHA-256 of these bytes, in base64 with padding.
#[must_use]
pub fn sha256_base64(body: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, body))
}

/// The value of the `Digest` header for this body. Computed once for all inboxes.
#[must_use]
pub fn header(body: &[u8]) -> String {
    format!("SHA-256={}", sha256_base64(body))
}

/// The value of the `Content-Digest` header (RFC 9530) for this body.
#[must_use]
pub fn content_digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", sha256_base64(body))
}

/// Checks the value of a `Digest` header against the body. Names of algorithms are told apart
/// without case, but a blank before a name counts, as on Mastodon.
pub(crate) fn check(value: &str, body: &[u8]) -> Result<(), Refused> {
    let entries: Vec<(String, &str)> = value
        .split(',')
        .map(|part| {
            let (name, given) = part.split_once('=').unwrap_or((part, ""));
            (name.to_ascii_lowercase(), given)
        })
        .collect();
    let Some((_, given)) = entries.iter().find(|(name, _)| name == "sha-256") else {
        return Err(unsupported("Digest", entries.iter().map(|(name, _)| name.as_str())));
    };
    let computed = sha256_base64(body);
    if *given == computed { Ok(()) } else { Err(wrong(given, &computed)) }
}

/// Checks the value of a `Content-Digest` header against the body.
pub(crate) fn check_content_digest(value: &str, body: &[u8]) -> Result<(), Refused> {
    let entries = structured::dictionary(value).map_err(|_| {
        Refused::malformed(format!(
            "Content-Digest could not be parsed. Given Content-Digest: {}",
            excerpt(value)
        ))
    })?;
    let Some((_, entry)) = entries.iter().find(|(name, _)| name == "sha-256") else {
        return Err(unsupported("Content-Digest", entries.iter().map(|(name, _)| name.as_str())));
    };
    let computed = digest(&SHA256, body);
    match entry.bytes() {
        Some(given) if given == computed.as_ref() => Ok(()),
        Some(given) => Err(wrong(&STANDARD.encode(given), &STANDARD.encode(computed))),
        None => Err(Refused::new("Invalid Digest value. It is not a byte sequence".to_owned())),
    }
}

fn unsupported<'a>(header: &str, offered: impl Iterator<Item = &'a str>) -> Refused {
    let offered = offered.collect::<Vec<_>>().join(", ");
    Refused::new(format!(
        "Mastodon only supports SHA-256 in {header} header. Offered algorithms: {}",
        excerpt(&offered)
    ))
}

fn wrong(given: &str, computed: &str) -> Refused {
    Refused::new(match STANDARD.decode(given) {
        Err(_) => format!(
            "Invalid Digest value. The provided Digest value is not a valid base64 string. \
             Given digest: {}",
            excerpt(given)
        ),
        Ok(bytes) if bytes.len() != 32 => format!(
            "Invalid Digest value. The provided Digest value is not a SHA-256 digest. \
             Given digest: {}",
            excerpt(given)
        ),
        Ok(_) => {
            format!("Invalid Digest value. Computed SHA-256 digest: {computed}; given: {given}")
        }
    })
}

/// The beginning of what was sent: enough to recognise it, too little to fill a log.
fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
