//! The `ferrodon` command.

use clap::Parser;
use ferrodon_server::commands::{Cli, report};

fn main() -> std::process::ExitCode {
    match Cli::parse().run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            std::process::ExitCode::FAILURE
        }
    }
}
