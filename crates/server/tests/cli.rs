//! The binary, as an operator runs it who has nothing but an installed PostgreSQL.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs `ferrodon` in an empty environment, so that it makes a database of its own in `folder`.
#[expect(clippy::disallowed_methods, reason = "PostgreSQL is found through PATH")]
fn ferrodon(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferrodon"));
    command.env_clear().current_dir(folder).args(arguments);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("RAILS_ENV", "development").output().unwrap()
}

fn said(output: &[u8]) -> &str {
    std::str::from_utf8(output).unwrap()
}

#[test]
fn a_server_is_set_up_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ferrodon(folder.path(), arguments);

    let first = run(&["migrate"]);
    assert!(first.status.success(), "{}", said(&first.stderr));
    assert!(said(&first.stdout).starts_with("Created the schema of Mastodon 4.6"));
    let second = run(&["migrate"]);
    assert_eq!(said(&second.stdout), "Nothing to do: the database is up to date.\n");

    let alice = ["accounts", "create", "alice", "--email", "Alice@example.com"];
    let created = run(&[&alice[..], &["--confirmed", "--approve", "--role", "Owner"]].concat());
    assert!(created.status.success(), "{}", said(&created.stderr));
    // Scripts take the password from the last line.
    let lines: Vec<_> = said(&created.stdout).lines().collect();
    let [ok, password] = lines[..] else { panic!("{lines:?}") };
    assert_eq!(ok, "OK");
    let password = password.strip_prefix("New password: ").unwrap();
    assert!(password.len() == 32 && password.bytes().all(|b| b.is_ascii_hexdigit()), "{password}");

    let again = run(&alice);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        said(&again.stderr),
        "Failure/Error: account.username\n    taken\nFailure/Error: email\n    taken\n"
    );
    let in_use = run(&[&alice[..], &["--reattach"]].concat());
    assert!(in_use.status.success());
    assert!(said(&in_use.stdout).starts_with("The chosen username is currently in use\n"));
    let role = run(&["accounts", "create", "bob", "--email", "b@example.com", "--role", "King"]);
    assert_eq!(role.status.code(), Some(1));
    assert_eq!(said(&role.stderr), "Cannot find user role with that name\n");
    assert_eq!(said(&role.stdout), "");
}
