//! RSA keys: read from PEM once, then used many times. All arithmetic is aws-lc's; the `rsa`
//! crate only reads public keys, and no private key reaches it.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine as _};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;

/// Below this, signatures can be forged.
const MIN_BITS: usize = 2048;
/// Beyond this, a check costs a peer nothing and us much.
const MAX_BITS: usize = 4096;
/// An RSA key of [`MAX_BITS`] takes 3.3 kB.
const MAX_PEM: usize = 16 * 1024;

/// Why a key cannot be used. Never holds any of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no PEM block of a kind we know.
    #[error("not a PEM block with an RSA key")]
    NotPem,
    /// The block does not hold what its label says.
    #[error("not an RSA key")]
    NotRsa,
    /// Too short to be safe or too long to be checked in reasonable time.
    #[error("an RSA key of {0} bits; {MIN_BITS} to {MAX_BITS} are accepted")]
    Size(usize),
    /// The cryptographic library refused to work.
    #[error("the cryptographic library failed")]
    Library,
}

/// A private key, parsed. Parsing costs nearly half as much as signing, so keep it.
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads PKCS#1 (`RSA PRIVATE KEY`, as Mastodon stores it) or PKCS#8 (`PRIVATE KEY`).
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, der) = decode_pem(pem)?;
        let key = match label {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
            _ => return Err(KeyError::NotPem),
        };
        key.map(Self).map_err(|_| KeyError::NotRsa)
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyError::Library)?;
        Ok(signature)
    }

    /// [`SigningKey::sign`], in base64 with padding.
    pub fn sign_base64(&self, message: &[u8]) -> Result<String, KeyError> {
        Ok(STANDARD.encode(self.sign(message)?))
    }

    /// The other half.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        let der = self.0.public_key().as_der().map_err(|_| KeyError::Library)?;
        PublicKey::from_spki(der.as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// A public key, parsed.
#[derive(Clone)]
pub struct PublicKey(ParsedPublicKey);

impl PublicKey {
    /// Reads SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`), with any line width.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, der) = decode_pem(pem)?;
        match label {
            "PUBLIC KEY" => Self::from_spki(&der),
            "RSA PUBLIC KEY" => {
                let key = rsa::RsaPublicKey::from_pkcs1_der(&der).map_err(|_| KeyError::NotRsa)?;
                Self::checked(&key, &der)
            }
            _ => Err(KeyError::NotPem),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let key = rsa::RsaPublicKey::from_public_key_der(der).map_err(|_| KeyError::NotRsa)?;
        Self::checked(&key, der)
    }

    fn checked(key: &rsa::RsaPublicKey, der: &[u8]) -> Result<Self, KeyError> {
        let bits = key.n().bits();
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(KeyError::Size(bits));
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
        parsed.map(Self).map_err(|_| KeyError::NotRsa)
    }

    /// Whether `signature` (RSASSA-PKCS1-v1_5, SHA-256) was made over `message` by this key's
    /// other half.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

/// A new pair as it stands in `accounts`: PKCS#1 and SPKI, both as PEM.
pub struct KeyPem {
    /// For `accounts.private_key`.
    pub private: String,
    /// For `accounts.public_key`.
    pub public: String,
}

impl fmt::Debug for KeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPem")
    }
}

/// Makes a pair of 2048 bits for a new local account. Takes about 60 ms of a core, so call it
/// where blocking is allowed.
pub fn generate() -> Result<KeyPem, KeyError> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Library)?;
    let pkcs8 = key.as_der().map_err(|_| KeyError::Library)?;
    let pkcs1 = inner_key(pkcs8.as_ref()).ok_or(KeyError::Library)?;
    let spki = key.public_key().as_der().map_err(|_| KeyError::Library)?;
    Ok(KeyPem {
        private: encode_pem("RSA PRIVATE KEY", pkcs1),
        public: encode_pem("PUBLIC KEY", spki.as_ref()),
    })
}

/// The RSAPrivateKey inside a PKCS#8 structure: version, algorithm, octet string.
fn inner_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let (0x30, content, _) = der_element(pkcs8)? else { return None };
    let (0x02, _, rest) = der_element(content)? else { return None };
    let (0x30, _, rest) = der_element(rest)? else { return None };
    let (0x04, key, _) = der_element(rest)? else { return None };
    Some(key)
}

/// The tag and content of the first DER element, and what follows it.
fn der_element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (bytes, rest) = (count <= 3).then(|| rest.split_at_checked(count))??;
        (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The label and bytes of the first PEM block. Lines may have any width, because other software
/// writes them so.
fn decode_pem(pem: &str) -> Result<(&str, Vec<u8>), KeyError> {
    if pem.len() > MAX_PEM {
        return Err(KeyError::NotPem);
    }
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or(KeyError::NotPem)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::NotPem)?;
    let (body, rest) = rest.split_once("-----END ").ok_or(KeyError::NotPem)?;
    if !rest.starts_with(label) {
        return Err(KeyError::NotPem);
    }
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = LENIENT.decode(body).map_err(|_| KeyError::NotPem)?;
    Ok((label, der))
}

fn encode_pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = next;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// Base64 with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 as Mastodon does for signatures: foreign characters are skipped.
pub(crate) fn lenient_base64(text: &str) -> Vec<u8> {
    let kept: String = text
        .chars()
        .take_while(|c| *c != '=')
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    LENIENT.decode(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_pair_fits_and_has_the_stored_forms() {
        let pem = generate().unwrap();
        assert!(pem.private.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        assert!(pem.public.starts_with("-----BEGIN PUBLIC KEY-----\nMII"));
        assert!(pem.public.ends_with("\n-----END PUBLIC KEY-----\n"));
        let signature = SigningKey::from_pem(&pem.private).unwrap().sign(b"hello").unwrap();
        let public = PublicKey::from_pem(&pem.public).unwrap();
        assert!(public.verifies(b"hello", &signature));
        assert!(!public.verifies(b"hullo", &signature));
        let derived = SigningKey::from_pem(&pem.private).unwrap().public_key().unwrap();
        assert!(derived.verifies(b"hello", &signature));
    }

    #[test]
    fn the_rsa_crate_agrees_on_signatures() {
        use rsa::signature::Verifier;
        let pem = generate().unwrap();
        let signature = SigningKey::from_pem(&pem.private).unwrap().sign(b"hello").unwrap();
        let key = rsa::RsaPublicKey::from_public_key_pem(&pem.public).unwrap();
        let key = rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(key);
        let signature = rsa::pkcs1v15::Signature::try_from(signature.as_slice()).unwrap();
        key.verify(b"hello", &signature).unwrap();
    }

    #[test]
    fn any_line_width_and_surrounding_text_is_read() {
        let pem = generate().unwrap().public;
        let one_line = pem.replace('\n', "").replace("KEY-----M", "KEY-----\nM");
        PublicKey::from_pem(&one_line).unwrap();
        PublicKey::from_pem(&format!("  \r\n{}", pem.replace('\n', "\r\n"))).unwrap();
    }

    #[test]
    fn unusable_keys_are_told_apart_and_never_shown() {
        assert_eq!(PublicKey::from_pem("").unwrap_err(), KeyError::NotPem);
        let junk = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
        assert_eq!(PublicKey::from_pem(junk).unwrap_err(), KeyError::NotRsa);
        let small = "-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMLxLAxqlQ0lyN+yRfXN2WVvsz2cR9NZ
GlEzDdOJWVTbJSDiTfBuaUWtv7Tq+l94LJrVk2EVZyZ9fSQoXxDRq1kCAwEAAQ==
-----END PUBLIC KEY-----";
        assert_eq!(PublicKey::from_pem(small).unwrap_err(), KeyError::Size(512));
        let pem = generate().unwrap();
        assert_eq!(format!("{pem:?}"), "KeyPem");
        let key = SigningKey::from_pem(&pem.private).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey");
    }
}
