//! One-time codes of the second factor (RFC 6238): SHA-1, 6 digits, 30 seconds.

use aws_lc_rs::{constant_time, hmac};
use chrono::{DateTime, Utc};

const STEP: i64 = 30;

/// The time step whose code `code` is, if that is now or a step beside it and later than
/// `consumed`, the last one that was used.
#[must_use]
pub fn check(secret: &str, code: &str, now: DateTime<Utc>, consumed: Option<i32>) -> Option<i64> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &decode_base32(secret)?);
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.timestamp() / STEP;
    (current - 1..=current + 1)
        .filter(|step| consumed.is_none_or(|consumed| *step > i64::from(consumed)))
        .find(|step| {
            let ours = code_at(&key, *step);
            constant_time::verify_slices_are_equal(ours.as_bytes(), code.as_bytes()).is_ok()
        })
}

fn code_at(key: &hmac::Key, step: i64) -> String {
    let tag = hmac::sign(key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or(0) & 0x0f);
    let mut four = [0; 4];
    four.copy_from_slice(&tag[offset..offset + 4]);
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// RFC 4648 base 32, read leniently: any case, padding and left-over bits ignored.
fn decode_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0u32, 0);
    for c in text.trim_end_matches('=').chars().filter(|c| !c.is_whitespace()) {
        let value = match c.to_ascii_uppercase() {
            c @ 'A'..='Z' => u32::from(c) - u32::from('A'),
            c @ '2'..='7' => u32::from(c) - u32::from('2') + 26,
            _ => return None,
        };
        buffer = (buffer << 5 | value) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B: "12345678901234567890".
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_of_the_rfc_are_accepted_once() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        // The last six of the eight digits in the table of the RFC.
        assert_eq!(check(SECRET, "287082", at(59), None), Some(1));
        assert_eq!(check(SECRET, "081804", at(1_111_111_109), None), Some(37_037_036));
        assert_eq!(check(SECRET, "081 804", at(1_111_111_109), None), Some(37_037_036));
        assert_eq!(check(SECRET, "287082", at(59), Some(1)), None);
        assert_eq!(check(SECRET, "287082", at(59 + 90), None), None);
        assert_eq!(check(SECRET, "", at(59), None), None);
        assert_eq!(check("!", "287082", at(59), None), None);
    }
}
