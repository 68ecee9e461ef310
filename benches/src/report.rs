//! What was measured, as a table for people and as JSON for machines.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

/// One measure. `limit` is what the machine allows at best, measured in the same run, and `ratio`
/// is `value` over `limit`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measure {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) limit: Option<f64>,
    pub(crate) ratio: Option<f64>,
}

impl Measure {
    /// A measure against a limit.
    pub(crate) fn against(
        id: &str,
        what: impl Into<String>,
        value: f64,
        unit: &'static str,
        limit: f64,
    ) -> Self {
        let ratio = (limit > 0.0).then(|| value / limit);
        Self { id: id.into(), what: what.into(), value, unit, limit: Some(limit), ratio }
    }

    /// A measure that stands by itself.
    pub(crate) fn alone(id: &str, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { id: id.into(), what: what.into(), value, unit, limit: None, ratio: None }
    }
}

/// Prints the table, and writes the JSON if there is a place for it.
pub(crate) fn show(measures: &[Measure], json: Option<&Path>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<5} {:<58} {:>12} {:<16} {:>12} {:>7}",
        "id", "what", "value", "unit", "limit", "ratio"
    )?;
    for m in measures {
        let limit = m.limit.map(number).unwrap_or_default();
        let ratio = m.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let (id, what, value, unit) = (&m.id, &m.what, number(m.value), m.unit);
        writeln!(out, "{id:<5} {what:<58} {value:>12} {unit:<16} {limit:>12} {ratio:>7}")?;
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_string_pretty(measures)? + "\n")?;
    }
    Ok(())
}

fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
