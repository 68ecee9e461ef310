//! Measures of the hot paths, run by `./dev bench NAME`. What each measures and how stands in
//! `docs/benchmarks.md`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

mod delivery;
mod limit;
mod process;
mod report;
mod sink;
mod world;

const USAGE: &str = "bench NAME [--json FILE]

  signatures       bare RSA-2048 signatures on one core
  delivery         one post to many inboxes: D1, D2, D5
  delivery-quick   the same with fewer inboxes, to see that it works";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, json) = match words[..] {
        // Other roles of this program, started by itself.
        ["busy", fraction] => limit::be_busy(fraction.parse()?),
        ["sink"] => return tokio::runtime::Runtime::new()?.block_on(sink::run()),
        ["sender", order] => {
            return tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?
                .block_on(delivery::send(order));
        }
        [name] => (name, None),
        [name, "--json", file] => (name, Some(PathBuf::from(file))),
        _ => bail!("{USAGE}"),
    };
    let measures = match name {
        "signatures" => {
            let key = limit::new_key()?;
            let second = Duration::from_secs(1);
            let alone = limit::signatures(&key, 0.0, second)?;
            let beside = limit::signatures(&key, 0.9, second)?;
            let unit = "signatures/s";
            vec![
                report::Measure::alone("S1", "bare signatures, the other core idle", alone, unit),
                report::Measure::against(
                    "S2",
                    "the same, the other core busy",
                    beside,
                    unit,
                    alone,
                ),
            ]
        }
        "delivery" => delivery::measure(false)?,
        "delivery-quick" => delivery::measure(true)?,
        _ => bail!("there is no measure {name:?}\n\n{USAGE}"),
    };
    report::show(&measures, json.as_deref())
}
