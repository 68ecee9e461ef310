//! How often someone may do something: fixed windows, as Mastodon counts them.

use std::net::IpAddr;

use chrono::TimeDelta;

use crate::App;

/// Counts one more of `name` by `who` in the window of `period` seconds that is now; the count.
pub async fn hit(app: &App, name: &str, who: &str, period: i64) -> i64 {
    let now = app.clock.now().timestamp();
    let window = now.div_euclid(period);
    let key = format!("cache:rack::attack:{window}:{name}:{who}");
    let rest = period - now.rem_euclid(period) + 1;
    app.transient.increment(&key, TimeDelta::seconds(rest)).await
}

/// How callers are told apart: an IPv6 address counts as its /64 network.
#[must_use]
pub fn by_network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let mut segments = ip.segments();
            segments[4..].fill(0);
            IpAddr::from(segments).to_string()
        }
    }
}
