//! What the machine allows at best: bare signatures on one core.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use ferrodon_activitypub::keys::{self, SigningKey};

use crate::process::{self, Running};

/// About what the signing string of a delivery is.
const MESSAGE: [u8; 320] = [b'x'; 320];

/// RSA-2048 signatures by aws-lc-rs in one second of this core, while the other core is busy for
/// `busy` of the time.
pub(crate) fn signatures(key: &SigningKey, busy: f64, time: Duration) -> anyhow::Result<f64> {
    let _busy: Option<Running> = match busy {
        busy if busy > 0.01 => Some(process::spawn_on(1, &["busy", &busy.to_string()])?),
        _ => None,
    };
    let pid = std::process::id();
    let (started, before) = (Instant::now(), process::cpu_seconds(pid));
    let mut count = 0_u32;
    while started.elapsed() < time {
        for _ in 0..32 {
            key.sign(&MESSAGE).context("signing")?;
        }
        count += 32;
    }
    // `/proc` counts in hundredths of a second, too coarse for short runs; the core is ours.
    let used = (process::cpu_seconds(pid) - before).max(time.as_secs_f64() * 0.9);
    Ok(f64::from(count) / used.min(started.elapsed().as_secs_f64()))
}

/// A new key.
pub(crate) fn new_key() -> anyhow::Result<SigningKey> {
    let pem = keys::generate().context("making a key")?;
    SigningKey::from_pem(&pem.private).context("reading a key")
}

/// Uses a core for this fraction of the time, until it is ended.
pub(crate) fn be_busy(fraction: f64) -> ! {
    let period = Duration::from_millis(10);
    loop {
        let started = Instant::now();
        while started.elapsed() < period.mul_f64(fraction.clamp(0.0, 1.0)) {
            std::hint::spin_loop();
        }
        std::thread::sleep(period.saturating_sub(started.elapsed()));
    }
}
