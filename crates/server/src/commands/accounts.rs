//! `ferrodon accounts …`: what `tootctl accounts …` does, in its words.

use std::fmt;

use clap::{Args, Subcommand};
use ferrodon_app::accounts::{self, CreateError, NewLocal};
use ferrodon_app::{App, secrets};
use ferrodon_core::{Clock, Config};
use ferrodon_db as db;

use super::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// Makes an account and a login for it, and prints the password.
    Create(Create),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name: letters, digits and underscores.
    username: String,
    /// The e-mail address to sign in with.
    #[arg(long)]
    email: String,
    /// Takes the e-mail address as confirmed, and sends no mail.
    #[arg(long)]
    confirmed: bool,
    /// Gives the role of this name, such as Owner, Admin or Moderator.
    #[arg(long)]
    role: Option<String>,
    /// Takes an account of this name that has lost its login.
    #[arg(long)]
    reattach: bool,
    /// With --reattach: goes on even if the account has a login.
    #[arg(long)]
    force: bool,
    /// Approves the login at once where sign-ups are reviewed or closed.
    #[arg(long)]
    approve: bool,
}

pub(crate) fn run(config: Config, command: Accounts) -> anyhow::Result<()> {
    super::with_database(config, false, |config| async move {
        let app = super::connect(config, Clock::default()).await?;
        let done = match command {
            Accounts::Create(create) => create.run(&app).await,
        };
        app.db.close().await;
        done
    })
}

impl Create {
    async fn run(self, app: &App) -> anyhow::Result<()> {
        let role_id = match &self.role {
            Some(name) => {
                let mut conn = app.db.acquire().await?;
                let role = db::user_roles::id_by_name(&mut conn, name).await?;
                Some(role.ok_or(Failure("Cannot find user role with that name".into()))?)
            }
            None => None,
        };
        let password = secrets::hex_token();
        let new = NewLocal {
            username: self.username,
            email: self.email,
            password: password.clone(),
            role_id,
            confirmed: self.confirmed,
            approve: self.approve,
            reattach: self.reattach,
        };
        match accounts::create_local(app, new).await {
            Ok(_) => {
                println!("OK\nNew password: {password}");
                Ok(())
            }
            Err(CreateError::InUse) if self.force => Err(Failure(
                "That account has a login. Delete the account first, then create it again.".into(),
            )
            .into()),
            Err(CreateError::InUse) => {
                println!("The chosen username is currently in use");
                println!("Use --force to reattach it anyway and delete the other user");
                Ok(())
            }
            Err(CreateError::Invalid(problems)) => {
                Err(Failure(problems.iter().map(Listed).map(|l| l.to_string()).collect()).into())
            }
            Err(CreateError::Other(error)) => Err(error.into()),
        }
    }
}

/// A problem as `tootctl` lists it.
struct Listed<'a>(&'a accounts::Problem);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Failure/Error: {}", self.0.attribute)?;
        writeln!(f, "    {}", self.0.kind.name())
    }
}
