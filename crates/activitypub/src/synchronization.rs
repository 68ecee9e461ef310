//! Comparing lists of followers between servers (FEP-8fcf): the header that says what the sender
//! has on file about us, and the digest both sides compute.

use aws_lc_rs::digest::{SHA256, digest as sha256};

use crate::signature::cavage;

/// The content of a `Collection-Synchronization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The followers of the sender.
    pub collection_id: String,
    /// Where those among them that are ours can be read.
    pub url: String,
    /// [`digest`] of the latter.
    pub digest: Option<String>,
}

impl Header {
    /// None if it is not complete or cannot be read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parameters = cavage::parameters(text).ok()?;
        Some(Self {
            collection_id: parameters.remove("collectionId")?,
            url: parameters.remove("url")?,
            digest: parameters.remove("digest"),
        })
    }

    /// As it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        let digest = self.digest.as_deref().unwrap_or_default();
        let Self { collection_id, url, .. } = self;
        format!("collectionId=\"{collection_id}\", digest=\"{digest}\", url=\"{url}\"")
    }
}

/// The same for the same ids in any order: their hashes, one laid over the other, in hex.
#[must_use]
pub fn digest<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut sum = [0_u8; 32];
    for id in ids {
        for (byte, other) in sum.iter_mut().zip(sha256(&SHA256, id.as_bytes()).as_ref()) {
            *byte ^= other;
        }
    }
    hex::encode(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_it_is_written() {
        let header = Header {
            collection_id: "https://a.example/users/a/followers".to_owned(),
            url: "https://a.example/users/a/followers_synchronization".to_owned(),
            digest: Some("00".repeat(32)),
        };
        assert_eq!(Header::parse(&header.to_text()), Some(header));
        for broken in ["", "collectionId=\"x\"", "collectionId=\"x\", url=\"y", "x"] {
            assert_eq!(Header::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn order_does_not_matter_and_nobody_is_zero() {
        let ids = ["https://a.example/1", "https://a.example/2"];
        assert_eq!(digest(ids), digest([ids[1], ids[0]]));
        let recorded_from_mastodon =
            "589883290ef30cc9ecf831e4aca8962e3e89ba5e860c7abd250a354afe1011f1";
        assert_eq!(digest(["https://peer.test/users/rita"]), recorded_from_mastodon);
        assert_eq!(digest([]), "0".repeat(64));
        assert_eq!(digest([ids[0], ids[0]]), "0".repeat(64));
    }
}
