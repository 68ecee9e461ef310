//! As whom PostgreSQL runs, since it refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// The user of the server's processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// Whoever we are.
    Ourselves,
    /// We are root, and it is an unprivileged user.
    Other { uid: u32, gid: u32 },
    /// We are root, and so is the owner of the files. In a user namespace of its own the server
    /// cannot tell, and has none of root's powers.
    Namespace,
}

impl User {
    /// Who may run on data that is there.
    pub(super) fn owner_of(data: &Path) -> anyhow::Result<Self> {
        let owner = fs::metadata(data)?;
        if !is_root() {
            return Ok(Self::Ourselves);
        }
        match owner.uid() {
            0 => Self::namespace(),
            uid => Ok(Self::Other { uid, gid: owner.gid() }),
        }
    }

    /// Who shall own new data in this folder of ours: as root, the user `postgres` or `nobody`, if
    /// they can get there.
    pub(super) fn for_new_data_in(folder: &Path) -> anyhow::Result<Self> {
        if !is_root() {
            return Ok(Self::Ourselves);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let known = ["postgres", "nobody"].into_iter().filter_map(|name| find(&passwd, name));
        for (uid, gid) in known {
            // All ways above must be open already; the folder itself is ours to open, for passing
            // through only. What else is in it has permissions of its own.
            if folder.ancestors().skip(1).all(|above| can_enter(above, uid, gid)) {
                let mode = fs::metadata(folder)?.permissions().mode();
                fs::set_permissions(folder, fs::Permissions::from_mode(mode | 0o011))?;
                return Ok(Self::Other { uid, gid });
            }
        }
        Self::namespace().with_context(|| {
            format!(
                "PostgreSQL cannot run as root, and {} is closed to other users. Set \
                 FERRODON_DATA_DIR to a folder that they can reach, such as /var/lib/ferrodon, or \
                 start Ferrodon as another user",
                folder.display()
            )
        })
    }

    fn namespace() -> anyhow::Result<Self> {
        let said = Command::new("unshare").args(["--user", "--", "true"]).output();
        match said {
            Ok(said) if said.status.success() => Ok(Self::Namespace),
            Ok(said) => bail!("{}", String::from_utf8_lossy(&said.stderr).trim()),
            Err(error) => bail!("unshare: {error}"),
        }
    }

    /// A command that will run as this user.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Ourselves => Command::new(program),
            Self::Other { uid, gid } => {
                let mut command = Command::new(program);
                command.uid(*uid).gid(*gid);
                command
            }
            Self::Namespace => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--"]).arg(program);
                command
            }
        };
        // Our own working directory may be closed to that user. Messages are read by us.
        command.current_dir("/").env("LC_ALL", "C");
        for inherited in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS"] {
            command.env_remove(inherited);
        }
        command
    }

    /// Who must own the server's files, unless whoever makes them does.
    pub(super) fn ids(&self) -> Option<(u32, u32)> {
        match self {
            Self::Other { uid, gid } => Some((*uid, *gid)),
            Self::Ourselves | Self::Namespace => None,
        }
    }
}

/// Files under /proc/self belong to the user that the process runs as; elsewhere, nobody runs us
/// as root.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The user and group ids of `name` in the text of `/etc/passwd`.
fn find(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
    match (user.get(2)?.parse().ok()?, user.get(3)?.parse().ok()?) {
        (0, _) => None,
        ids => Some(ids),
    }
}

fn can_enter(folder: &Path, uid: u32, gid: u32) -> bool {
    fs::metadata(folder).is_ok_and(|folder| {
        let bit = match () {
            () if folder.uid() == uid => 0o100,
            () if folder.gid() == gid => 0o010,
            () => 0o001,
        };
        folder.mode() & bit != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_and_root_is_nobody() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:105:112::/var:/bin/bash\n\
                      nobody:x:0:0::/:\n";
        assert_eq!(find(passwd, "postgres"), Some((105, 112)));
        assert_eq!(find(passwd, "nobody"), None);
        assert_eq!(find(passwd, "post"), None);
    }
}
