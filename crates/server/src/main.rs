//! The `ferrodon` command.

use clap::Parser;
use ferrodon_server::commands::Cli;

fn main() -> std::process::ExitCode {
    match Cli::parse().run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrodon: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
