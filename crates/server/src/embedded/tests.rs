//! Needs an installed PostgreSQL. Run as root, these also show how that is got around.

use std::process::Command;

use super::*;

/// A folder that is gone after the test, open to others or not.
fn folder(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    folder
}

/// A running database that is stopped even if the test fails.
struct Running(Option<Embedded>);

impl Running {
    fn start(data_dir: &Path) -> Self {
        Self(Some(Embedded::start(data_dir).unwrap()))
    }

    fn stop(mut self) {
        self.0.take().unwrap().stop().unwrap();
    }
}

impl std::ops::Deref for Running {
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            running.stop().unwrap();
        }
    }
}

/// Runs SQL and returns what psql prints.
fn sql(database: &Embedded, sql: &str) -> String {
    let done = Command::new("psql")
        .args(["--no-psqlrc", "-At", "--dbname"])
        .arg(database.url())
        .args(["--command", sql])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[test]
fn data_outlive_a_restart() {
    let folder = folder(0o755);
    let data_dir = folder.path().join("data");
    let database = Running::start(&data_dir);
    assert!(database.is_ours());
    let settings =
        "select concat_ws(' ', current_setting('fsync'), current_setting('listen_addresses'),
                    current_setting('server_encoding'), current_setting('timezone'), datcollate)
                    from pg_database where datname = current_database()";
    assert_eq!(sql(&database, settings), "on  UTF8 UTC C");
    sql(&database, "create table kept as select 42 as answer");
    let socket = database.socket_dir.metadata().unwrap();
    assert_eq!(socket.mode() & 0o777, 0o700, "others must not reach the socket");
    assert_eq!(database.cluster.data.metadata().unwrap().mode() & 0o777, 0o700);
    let cluster_owner = database.cluster.data.metadata().unwrap().uid();
    assert_ne!(cluster_owner, 0, "root gives the database to another user");
    database.stop();
    assert!(!data_dir.join("postgres/postmaster.pid").exists());

    let again = Running::start(&data_dir);
    assert_eq!(sql(&again, "select answer from kept"), "42");
    again.stop();
}

#[test]
fn a_running_database_is_used_and_stopped_by_its_owner_only() {
    let folder = folder(0o755);
    let data_dir = folder.path().join("data");
    let mut first = Running::start(&data_dir);
    let second = Running::start(&data_dir);
    assert!(!second.is_ours());
    let error = Embedded::start_alone(&data_dir).unwrap_err().to_string();
    assert!(error.contains("another process of Ferrodon runs on"), "{error}");
    assert_eq!(second.url(), first.url());
    second.stop();
    assert_eq!(sql(&first, "select 1"), "1");

    // As if the process had been killed: the lock is gone, the server runs on.
    let Embedded { lock, mut child, .. } = first.0.take().unwrap();
    drop(lock);
    let heir = Running::start(&data_dir);
    assert!(heir.is_ours());
    assert_eq!(sql(&heir, "select 1"), "1");
    // The server is a child of this very process, which has to take note of its end.
    let waiting = std::thread::spawn(move || child.as_mut().unwrap().wait().unwrap());
    heir.stop();
    assert!(waiting.join().unwrap().success());
}

#[test]
fn folders_with_long_names_or_closed_to_others_do_too() {
    let folder = folder(0o700);
    let data_dir = folder.path().join("long".repeat(30));
    let database = Running::start(&data_dir);
    assert_eq!(sql(&database, "select 1"), "1");
    let socket_dir = database.socket_dir.clone();
    assert!(!socket_dir.starts_with(folder.path()), "{}", socket_dir.display());
    database.stop();
    assert!(!socket_dir.exists());
}

#[test]
fn what_is_no_database_or_a_half_made_one() {
    let folder = folder(0o755);
    let data_dir = folder.path().join("data");
    fs::create_dir_all(data_dir.join("postgres")).unwrap();
    let error = Embedded::start(&data_dir).unwrap_err().to_string();
    assert!(error.contains("holds no database"), "{error}");

    fs::remove_dir(data_dir.join("postgres")).unwrap();
    fs::create_dir(data_dir.join("postgres.new")).unwrap();
    fs::write(data_dir.join("postgres.new/PG_VERSION"), "15").unwrap();
    let database = Running::start(&data_dir);
    assert_eq!(sql(&database, "select 1"), "1");
    database.stop();

    fs::write(data_dir.join("postgres/PG_VERSION"), "9.6").unwrap();
    let error = Embedded::start(&data_dir).unwrap_err().to_string();
    assert!(error.contains("made by PostgreSQL 9.6"), "{error}");
}
