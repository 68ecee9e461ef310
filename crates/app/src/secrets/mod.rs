//! Secrets in the forms Mastodon gives them, so that cookies and columns stay valid when one
//! server takes over from the other.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

pub mod columns;
pub mod cookies;
pub mod totp;

/// PBKDF2 of `secret`, as long as `N`.
fn derive<const N: usize>(
    algorithm: pbkdf2::Algorithm,
    iterations: NonZeroU32,
    salt: &[u8],
    secret: &str,
) -> [u8; N] {
    let mut key = [0; N];
    pbkdf2::derive(algorithm, iterations, salt, secret.as_bytes(), &mut key);
    key
}

/// 32 random bytes in the alphabet of addresses: tokens, codes, client ids and secrets.
#[must_use]
pub fn token() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// 20 characters for links in mails, without those that are easily mistaken for each other.
#[must_use]
pub fn friendly_token() -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::URL_SAFE.encode(rand::random::<[u8; 15]>());
    let clear = |c| match c {
        'l' => 's',
        'I' => 'x',
        'O' => 'y',
        '0' => 'z',
        other => other,
    };
    text.chars().map(clear).collect()
}

/// 16 random bytes as hex digits: session ids.
#[must_use]
pub fn hex_token() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}
