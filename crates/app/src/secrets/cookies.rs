//! Signed cookies in the form of Rails: `base64(envelope)--hex(hmac)`.

use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use ferrodon_core::config::Secret;
use serde::{Deserialize, Serialize};

const ITERATIONS: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

/// Signs and reads cookies with a key derived from `SECRET_KEY_BASE`.
#[derive(Clone)]
pub struct CookieSigner {
    key: hmac::Key,
}

impl std::fmt::Debug for CookieSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieSigner")
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    _rails: Inner,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    message: String,
    exp: Option<String>,
    pur: Option<String>,
}

impl CookieSigner {
    /// Derives the key; costs a millisecond, so it is done once.
    #[must_use]
    pub fn new(secret_key_base: &Secret) -> Self {
        let key: [u8; 64] = super::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            b"signed cookie",
            &secret_key_base.0,
        );
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key) }
    }

    /// The value of cookie `name` that holds `value` until `expires`. Not yet percent-encoded.
    #[must_use]
    pub fn sign(&self, name: &str, value: &str, expires: DateTime<Utc>) -> String {
        let message = STANDARD.encode(serde_json::Value::from(value).to_string());
        let exp = Some(expires.to_rfc3339_opts(SecondsFormat::Millis, true));
        let envelope =
            Envelope { _rails: Inner { message, exp, pur: Some(format!("cookie.{name}")) } };
        let envelope = serde_json::to_string(&envelope).expect("strings always serialise");
        let text = STANDARD.encode(envelope);
        let tag = hmac::sign(&self.key, text.as_bytes());
        format!("{text}--{}", hex::encode(tag.as_ref()))
    }

    /// What cookie `name` holds, if we signed it for this name and it has not expired.
    #[must_use]
    pub fn read(&self, name: &str, cookie: &str, now: DateTime<Utc>) -> Option<String> {
        let (text, tag) = cookie.rsplit_once("--")?;
        hmac::verify(&self.key, text.as_bytes(), &hex::decode(tag).ok()?).ok()?;
        let envelope: Envelope = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
        let inner = envelope._rails;
        if inner.pur.as_deref() != Some(format!("cookie.{name}").as_str()) {
            return None;
        }
        if let Some(exp) = inner.exp {
            let exp = DateTime::parse_from_rfc3339(&exp).ok()?;
            if exp <= now {
                return None;
            }
        }
        serde_json::from_slice(&STANDARD.decode(inner.message).ok()?).ok()
    }

    /// A tag over `parts` for a purpose of our own, such as a form's token. Hex digits.
    #[must_use]
    pub fn tag(&self, parts: &[&str]) -> String {
        // Lengths in front keep ("ab", "c") and ("a", "bc") apart.
        let mut text = String::from("ferrodon");
        for part in parts {
            text.push_str(&format!(":{}:{part}", part.len()));
        }
        hex::encode(hmac::sign(&self.key, text.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../fixtures/secrets.json")).unwrap()
    }

    fn signer() -> CookieSigner {
        CookieSigner::new(&Secret(vectors()["secret_key_base"].as_str().unwrap().into()))
    }

    #[test]
    fn a_cookie_of_mastodon_is_read_and_made_alike() {
        let vector = &vectors()["signed_cookie"];
        let text = |key: &str| vector[key].as_str().unwrap().to_owned();
        let cookie = text("cookie_value_before_url_escape");
        let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(signer().read("_session_id", &cookie, now), Some(text("plain_value")));
        let expires = "2099-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(signer().sign("_session_id", &text("plain_value"), expires), cookie);
    }

    #[test]
    fn other_names_old_cookies_and_changed_ones_are_refused() {
        let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let cookie = signer().sign("a", "x", now + chrono::TimeDelta::hours(1));
        assert_eq!(signer().read("a", &cookie, now).as_deref(), Some("x"));
        assert_eq!(signer().read("b", &cookie, now), None);
        assert_eq!(signer().read("a", &cookie, now + chrono::TimeDelta::hours(2)), None);
        assert_eq!(signer().read("a", &format!("A{cookie}"), now), None);
        assert_eq!(signer().read("a", "nonsense--", now), None);
    }
}
