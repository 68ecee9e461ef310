//! Structured logs on standard error. Never a token, a secret, an address or a body in them.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at `level` (`RAILS_LOG_LEVEL`: `debug`, `info`, `warn`, `error`, `fatal`), as
/// lines for people or as JSON.
pub fn start(level: &str, json: bool) {
    let level = match level.to_ascii_lowercase().as_str() {
        "debug" => "debug",
        "warn" => "warn",
        "error" | "fatal" | "unknown" => "error",
        _ => "info",
    };
    // Statements and connections are of interest only when someone asks for them.
    let filter = EnvFilter::new(format!("{level},sqlx=warn,hyper=warn,rustls=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let done = if json {
        let layer = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
        registry.with(layer).try_init()
    } else {
        let layer = tracing_subscriber::fmt::layer()
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr);
        registry.with(layer).try_init()
    };
    if done.is_err() {
        tracing::debug!("logging was started before");
    }
    std::panic::set_hook(Box::new(|panic| {
        // What a message was made of may be anyone's words, so only fixed ones are told.
        let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or_default();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(
            panic.place = place,
            panic.words = words,
            thread = thread.name().unwrap_or_default(),
            "panicked: this is a mistake in Ferrodon, please report it"
        );
    }));
}
