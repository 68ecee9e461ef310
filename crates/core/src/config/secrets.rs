//! Secrets of a server that starts from nothing: made once, kept in `secrets.env` of its data folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use rand::Rng as _;
use rand::distr::Alphanumeric;

/// Reads `file`, adds those of `missing` that it lacks, and returns all it holds.
pub(super) fn read_or_make(
    file: &Path,
    missing: &[&'static str],
) -> io::Result<BTreeMap<String, String>> {
    let mut kept = read(file)?;
    if missing.iter().all(|name| kept.contains_key(*name)) {
        return Ok(kept);
    }
    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    for name in missing {
        if !kept.contains_key(*name) {
            make(name, &mut kept)?;
        }
    }
    let mut text = String::from(
        "# Made by Ferrodon at its first start. Keep a copy: without these the sessions, the\n\
         # two-factor secrets and the push subscriptions in the database are lost.\n",
    );
    for (name, value) in &kept {
        writeln!(text, "{name}={value}").map_err(io::Error::other)?;
    }
    // Written whole under another name first, so that a crash cannot leave half of it. Two starts at
    // once: the second finds what the first one made.
    let draft = file.with_extension(format!("env.{}", std::process::id()));
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    let first = !file.exists();
    let placed =
        if first { std::fs::hard_link(&draft, file) } else { std::fs::rename(&draft, file) };
    if first {
        std::fs::remove_file(&draft)?;
    }
    match placed {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(error) => Err(error),
        Ok(()) => Ok(kept),
    }
}

fn read(file: &Path) -> io::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(super::dotenv::parse(&text, |_| None)
            .map_err(|bad| io::Error::other(format!("line {}: {}", bad.line, bad.expected)))?
            .into_iter()
            .map(|entry| (entry.name, entry.value))
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Makes one secret; a key pair is made whole.
fn make(name: &str, into: &mut BTreeMap<String, String>) -> io::Result<()> {
    match name {
        "VAPID_PRIVATE_KEY" | "VAPID_PUBLIC_KEY" => {
            let failed = |_| io::Error::other("could not make a P-256 key");
            let key = PrivateKey::generate(&ECDH_P256).map_err(failed)?;
            let private: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(failed)?;
            let public = key.compute_public_key().map_err(failed)?;
            into.insert("VAPID_PRIVATE_KEY".into(), URL_SAFE.encode(private.as_ref()));
            into.insert("VAPID_PUBLIC_KEY".into(), URL_SAFE.encode(public.as_ref()));
        }
        "SECRET_KEY_BASE" | "OTP_SECRET" => {
            let bytes: [u8; 64] = rand::rng().random();
            let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            into.insert(name.to_owned(), hex);
        }
        _ => {
            let text = rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect();
            into.insert(name.to_owned(), text);
        }
    }
    Ok(())
}
