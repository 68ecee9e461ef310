//! The command line: one file a command.

use clap::{Parser, Subcommand};

mod serve;

/// A Mastodon-compatible server.
#[derive(Debug, Parser)]
#[command(name = "ferrodon", version, about)]
pub struct Cli {
    /// Allows settings that are meant for tests only.
    #[arg(long, global = true, hide = true)]
    i_know: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs every role in one process.
    Server,
    /// Answers apps, browsers and other servers.
    Web,
    /// Keeps the open connections of apps informed.
    Streaming,
    /// Does background work and deliveries.
    Worker(serve::WorkerOptions),
}

impl Cli {
    /// Does what the command line asks for.
    pub fn run(self) -> anyhow::Result<()> {
        let i_know = self.i_know;
        match self.command {
            Command::Server => serve::run(serve::Roles::all(), i_know),
            Command::Web => serve::run(serve::Roles::web(), i_know),
            Command::Streaming => serve::run(serve::Roles::streaming(), i_know),
            Command::Worker(options) => serve::run(serve::Roles::worker(options), i_know),
        }
    }
}
