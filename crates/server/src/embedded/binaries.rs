//! Finds the PostgreSQL that is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

/// The oldest that Mastodon's schema works with.
const OLDEST: u32 = 14;

/// One installed PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) major: u32,
    pub(super) folder: PathBuf,
}

/// Every PostgreSQL of this machine that has what a server needs, the newest first.
pub(super) fn installed() -> Vec<Binaries> {
    let mut found: Vec<_> = folders().into_iter().filter_map(|folder| look(&folder)).collect();
    // Stable, so that of one version the one found first, in PATH, comes first.
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    found
}

/// The one to make a new cluster with.
pub(super) fn newest(installed: Vec<Binaries>) -> anyhow::Result<Binaries> {
    match installed.into_iter().next() {
        Some(newest) if newest.major >= OLDEST => Ok(newest),
        Some(old) => bail!(
            "the PostgreSQL installed here is version {}, but {OLDEST} or newer is needed",
            old.major
        ),
        None => bail!(NOT_FOUND),
    }
}

/// The one that a cluster of this version (the text of its `PG_VERSION`) was made with.
pub(super) fn of_major(
    installed: Vec<Binaries>,
    major: &str,
    data: &Path,
) -> anyhow::Result<Binaries> {
    let Some(newest) = installed.first().cloned() else { bail!(NOT_FOUND) };
    match installed.into_iter().find(|binaries| binaries.major.to_string() == major) {
        Some(binaries) => Ok(binaries),
        None => bail!(
            "the database in {0} was made by PostgreSQL {major}, but only version {1} is \
             installed. Install version {major} again (postgresql-{major}) and start once more; or \
             move the data: with version {major} installed beside it, run {2}/pg_upgrade as the \
             owner of {0}, into a folder made by initdb --encoding=UTF8 --locale=C \
             --username=ferrodon, and put that in its place",
            data.display(),
            newest.major,
            newest.folder.display()
        ),
    }
}

const NOT_FOUND: &str = "no PostgreSQL is installed. Either install one (Debian and Ubuntu: apt \
    install postgresql; Fedora: dnf install postgresql-server; Alpine: apk add postgresql; macOS: \
    brew install postgresql), which Ferrodon then starts by itself, or set DATABASE_URL to one \
    that runs elsewhere";

/// Where PostgreSQL may be, by the habits of distributions.
#[expect(clippy::disallowed_methods, reason = "PATH is the system's, no setting of ours")]
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()));
    }
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr/libexec", "postgresql"),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
    ] {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let versions =
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        folders.extend(versions.flat_map(|entry| [entry.path().join("bin"), entry.path()]));
    }
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    folders
}

fn look(folder: &Path) -> Option<Binaries> {
    let complete = ["postgres", "initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
    if !folder.is_absolute() || !complete {
        return None;
    }
    let said = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let major = major(&String::from_utf8_lossy(&said.stdout))?;
    Some(Binaries { major, folder: folder.to_owned() })
}

/// Reads `postgres (PostgreSQL) 15.20 (Debian 15.20-0)` or `postgres (PostgreSQL) 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split(' ').nth(2)?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_to_do() {
        let installed = |major| vec![Binaries { major, folder: "/bin".into() }];
        let data = Path::new("/data/postgres");
        assert_eq!(of_major(installed(15), "15", data).unwrap().major, 15);
        let moved = of_major(installed(17), "15", data).unwrap_err().to_string();
        assert!(moved.contains("/data/postgres was made by PostgreSQL 15"), "{moved}");
        assert!(moved.contains("pg_upgrade"), "{moved}");
        let old = newest(installed(13)).unwrap_err().to_string();
        assert!(old.contains("version 13, but 14 or newer"), "{old}");
        for none in [newest(Vec::new()), of_major(Vec::new(), "15", data)] {
            assert!(none.unwrap_err().to_string().contains("apt install postgresql"));
        }
    }
}
