//! Columns that Mastodon encrypts (Active Record encryption, not deterministic): a JSON envelope
//! of AES-256-GCM with a key derived from the settings.

use std::io::Read;
use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ferrodon_core::config::Encryption;
use serde::Deserialize;

const ITERATIONS: NonZeroU32 = NonZeroU32::new(65536).expect("not zero");
/// More than any column of ours holds, so that a small row cannot become a large one.
const MAX_PLAIN: u64 = 1 << 20;

/// Reads and writes encrypted columns.
pub struct ColumnCipher {
    current: LessSafeKey,
    /// Rows from before Rails derived keys with SHA-256.
    old: LessSafeKey,
}

impl std::fmt::Debug for ColumnCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ColumnCipher")
    }
}

/// Why a column could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("not an encrypted value")]
    Form,
    #[error(
        "encrypted with another key: check ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY and \
         ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT"
    )]
    Key,
}

#[derive(Deserialize)]
struct Envelope {
    p: String,
    h: Headers,
}

#[derive(Deserialize)]
struct Headers {
    iv: String,
    at: String,
    #[serde(default)]
    c: bool,
}

impl ColumnCipher {
    /// Derives the keys; costs about 50 ms, so it is done once and when first needed.
    #[must_use]
    pub fn new(settings: &Encryption) -> Self {
        let key = |algorithm| {
            let salt = settings.key_derivation_salt.0.as_bytes();
            let key: [u8; 32] = super::derive(algorithm, ITERATIONS, salt, &settings.primary_key.0);
            LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes are a key"))
        };
        Self { current: key(pbkdf2::PBKDF2_HMAC_SHA256), old: key(pbkdf2::PBKDF2_HMAC_SHA1) }
    }

    /// The plain value of a stored one.
    pub fn decrypt(&self, stored: &str) -> Result<Vec<u8>, Unreadable> {
        let envelope: Envelope = serde_json::from_str(stored).map_err(|_| Unreadable::Form)?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| Unreadable::Form);
        let nonce: [u8; 12] = bytes(&envelope.h.iv)?.try_into().map_err(|_| Unreadable::Form)?;
        let mut sealed = bytes(&envelope.p)?;
        sealed.extend(bytes(&envelope.h.at)?);
        let open = |key: &LessSafeKey| {
            let mut sealed = sealed.clone();
            let nonce = Nonce::assume_unique_for_key(nonce);
            let plain = key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
            Some(plain.to_vec())
        };
        let plain = open(&self.current).or_else(|| open(&self.old)).ok_or(Unreadable::Key)?;
        if !envelope.h.c {
            return Ok(plain);
        }
        let mut inflated = Vec::new();
        let mut reader = flate2::read::ZlibDecoder::new(&*plain).take(MAX_PLAIN);
        reader.read_to_end(&mut inflated).map_err(|_| Unreadable::Form)?;
        Ok(inflated)
    }

    /// The stored form of a plain value.
    #[must_use]
    pub fn encrypt(&self, plain: &str) -> String {
        let iv: [u8; 12] = rand::random();
        let mut sealed = plain.as_bytes().to_vec();
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self
            .current
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut sealed)
            .expect("a column is far below the limit of the cipher");
        serde_json::json!({
            "p": STANDARD.encode(&sealed),
            "h": { "iv": STANDARD.encode(iv), "at": STANDARD.encode(tag.as_ref()) },
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrodon_core::config::Secret;

    #[test]
    fn columns_of_mastodon_are_read() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/secrets.json")).unwrap();
        let vector = &vectors["active_record_encryption"];
        let text = |key: &str| vector[key].as_str().unwrap();
        let secret = |key: &str| Secret(text(key).to_owned());
        let cipher = ColumnCipher::new(&Encryption {
            primary_key: secret("primary_key"),
            deterministic_key: Secret::default(),
            key_derivation_salt: secret("key_derivation_salt"),
        });
        assert_eq!(cipher.decrypt(text("stored")).unwrap(), text("plain").as_bytes());
        let compressed = cipher.decrypt(text("plain_141_times_A_compressed")).unwrap();
        assert_eq!(compressed, "A".repeat(141).as_bytes());
        let binary = cipher.decrypt(text("binary_encoded_stored")).unwrap();
        assert_eq!(binary, text("binary_encoded_plain").as_bytes());
        assert_eq!(cipher.decrypt(&cipher.encrypt("naïve")).unwrap(), "naïve".as_bytes());
        assert!(matches!(cipher.decrypt("plain"), Err(Unreadable::Form)));
    }
}
