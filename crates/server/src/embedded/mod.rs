//! A PostgreSQL of our own, for who has none: started from installed binaries, reachable only
//! through a socket that nobody else can reach, stopped with us.
//!
//! Calls block, for half a second as a rule: make them before the runtime starts, or where
//! blocking is allowed.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use binaries::Binaries;
use user::User;

mod binaries;
mod user;

/// The role and the database that new clusters have.
const NAME: &str = "ferrodon";
/// Only a part of the socket's name, since nothing listens on the network.
const PORT: u16 = 5432;
/// Longer addresses of a socket are refused by the operating system (108 on Linux, 104 on macOS).
const LONGEST_SOCKET: usize = 100;
/// A start is quick, but one after a crash replays what was not yet written in place.
const START_LIMIT: Duration = Duration::from_secs(600);
/// How long a server waits for commands that run on its data.
const ALONE_LIMIT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 15 });
const STOP_LIMIT_SECONDS: &str = "120";
/// Beyond this, the server's log is begun anew; the old one is kept once.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// A PostgreSQL server that runs on our data.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    socket_dir: PathBuf,
    /// Missing when the server was left over from a process of ours that was killed.
    child: Option<Child>,
    /// Held while we are the one to stop the server; none when another process of ours is.
    lock: Option<File>,
}

impl Embedded {
    /// Starts the server on the data in `data_dir`, which is made when there is none.
    ///
    /// A server that already runs there is used: another process of ours started it and will stop
    /// it, or was killed, and then it is ours to stop.
    pub fn start(data_dir: &Path) -> anyhow::Result<Self> {
        let (data_dir, lock) = open(data_dir)?;
        let lock = lock.try_lock().is_ok().then_some(lock);
        Self::start_in(&data_dir, lock)
    }

    /// The same for a process that has to be the only one for long: waits for commands that are
    /// about to end, and refuses to start beside another server.
    pub fn start_alone(data_dir: &Path) -> anyhow::Result<Self> {
        let (data_dir, lock) = open(data_dir)?;
        let begun = Instant::now();
        while lock.try_lock().is_err() {
            ensure!(
                begun.elapsed() < ALONE_LIMIT,
                "another process of Ferrodon runs on {}. Stop it first, or set REDIS_URL: with a \
                 Redis, several processes can work together",
                data_dir.display()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        Self::start_in(&data_dir, Some(lock))
    }

    fn start_in(data_dir: &Path, lock: Option<File>) -> anyhow::Result<Self> {
        let cluster = Cluster::find(data_dir, lock.is_some())?;
        if cluster.is_running()? {
            let socket_dir = cluster.wait_until_ready(None)?;
            return Ok(Self { cluster, socket_dir, child: None, lock });
        }
        ensure!(
            lock.is_some(),
            "another process of Ferrodon has taken {}, but its database is not running",
            data_dir.display()
        );
        let mut child = cluster.spawn()?;
        let socket_dir = cluster.wait_until_ready(Some(&mut child))?;
        Ok(Self { cluster, socket_dir, child: Some(child), lock })
    }

    /// The address to connect to.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = url::Url::parse(&format!("postgres:///{NAME}")).expect("a valid address");
        url.query_pairs_mut()
            .append_pair("host", &self.socket_dir.to_string_lossy())
            .append_pair("port", &PORT.to_string())
            .append_pair("user", NAME);
        url.into()
    }

    /// Whether this process is the one that stops the server.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.lock.is_some()
    }

    /// Stops the server, if it is ours to stop, once all it was told is on disk. Connections are
    /// cut, so close them before.
    pub fn stop(mut self) -> anyhow::Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        let mut pg_ctl = self.cluster.command("pg_ctl");
        pg_ctl.args(["stop", "--mode=fast", "--wait", "--silent", "--timeout", STOP_LIMIT_SECONDS]);
        pg_ctl.arg("--pgdata").arg(&self.cluster.data);
        let done = pg_ctl.stdin(Stdio::null()).output().context("pg_ctl does not run")?;
        if !done.status.success() && self.cluster.is_running()? {
            bail!("the database does not stop: {}", String::from_utf8_lossy(&done.stderr).trim());
        }
        if let Some(child) = &mut self.child {
            child.wait()?;
        }
        if self.socket_dir != self.cluster.own_socket_dir() {
            // Not fatal: a folder in /tmp that is left empty.
            let _ = fs::remove_dir(&self.socket_dir);
        }
        Ok(())
    }
}

/// Makes the folder and opens the file whose lock says who is in charge.
fn open(data_dir: &Path) -> anyhow::Result<(PathBuf, File)> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .with_context(|| format!("{} cannot be made (FERRODON_DATA_DIR)", data_dir.display()))?;
    let data_dir = data_dir
        .canonicalize()
        .with_context(|| format!("{} cannot be reached (FERRODON_DATA_DIR)", data_dir.display()))?;
    let path = data_dir.join("postgres.lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("{} cannot be written (FERRODON_DATA_DIR)", path.display()))?;
    Ok((data_dir, lock))
}

/// The data on disk, and what may run on it.
#[derive(Debug)]
struct Cluster {
    data_dir: PathBuf,
    /// PostgreSQL's own part of it.
    data: PathBuf,
    binaries: Binaries,
    user: User,
}

impl Cluster {
    /// Finds the cluster in `data_dir`, or makes one, if we are `alone` there.
    fn find(data_dir: &Path, alone: bool) -> anyhow::Result<Self> {
        let data = data_dir.join("postgres");
        let installed = binaries::installed();
        if let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) {
            let binaries = binaries::of_major(installed, version.trim(), &data)?;
            let user = User::owner_of(&data)?;
            return Ok(Self { data_dir: data_dir.to_owned(), data, binaries, user });
        }
        ensure!(
            alone,
            "another process of Ferrodon is making a database in {}",
            data_dir.display()
        );
        ensure!(!data.exists(), "{} is there, but holds no database; move it away", data.display());
        let user = User::for_new_data_in(data_dir)?;
        let binaries = binaries::newest(installed)?;
        let cluster = Self { data_dir: data_dir.to_owned(), data, binaries, user };
        cluster.make()?;
        Ok(cluster)
    }

    /// Makes an empty cluster, under another name until it is whole.
    fn make(&self) -> anyhow::Result<()> {
        let draft = self.data_dir.join("postgres.new");
        if draft.exists() {
            fs::remove_dir_all(&draft)
                .context("what an interrupted start left cannot be removed")?;
        }
        fs::DirBuilder::new().mode(0o700).create(&draft)?;
        self.give_away(&draft)?;

        let mut initdb = self.command("initdb");
        initdb.args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--username", NAME]);
        initdb.arg("--pgdata").arg(&draft).stdin(Stdio::null());
        let done = initdb.output().context("initdb does not run")?;
        ensure!(
            done.status.success(),
            "a database cannot be made in {}: {}",
            self.data_dir.display(),
            String::from_utf8_lossy(&done.stderr).trim()
        );

        let mut single = self.command("postgres");
        single.args(["--single", "-D"]).arg(&draft).arg("postgres");
        let mut single =
            single.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = single.stdin.take() {
            std::io::Write::write_all(&mut input, format!("create database {NAME}\n").as_bytes())?;
        }
        let done = single.wait_with_output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(
            done.status.success() && !said.contains("ERROR") && !said.contains("FATAL"),
            "a database cannot be made in {}: {}",
            self.data_dir.display(),
            said.trim()
        );
        fs::rename(&draft, &self.data)?;
        File::open(&self.data_dir)?.sync_all()?;
        tracing::info!(path = %self.data.display(), version = self.binaries.major, "made a database");
        Ok(())
    }

    /// Starts the server in a process group of its own, so that Ctrl-C reaches us first.
    fn spawn(&self) -> anyhow::Result<Child> {
        let socket_dir = self.make_socket_dir()?;
        let log = self.open_log()?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(&self.data).arg("-k").arg(&socket_dir);
        for setting in [
            format!("port={PORT}"),
            "listen_addresses=".to_owned(),
            "fsync=on".to_owned(),
            "full_page_writes=on".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            "logging_collector=off".to_owned(),
        ] {
            postgres.arg("-c").arg(setting);
        }
        postgres.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        postgres.spawn().context("postgres does not run")
    }

    /// Waits until the server accepts connections, and returns the folder of its socket.
    fn wait_until_ready(&self, mut child: Option<&mut Child>) -> anyhow::Result<PathBuf> {
        let begun = Instant::now();
        let mut patient = true;
        loop {
            // Line 5 is the folder of the socket, line 8 what pg_ctl waits for too.
            let text = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
            let lines: Vec<_> = text.lines().map(str::trim).collect();
            let pid = lines.first().and_then(|pid| pid.parse::<u32>().ok());
            // With `unshare` the child becomes the server, so the number is the same.
            let is_it = child.as_ref().is_none_or(|child| pid == Some(child.id()));
            if is_it && lines.get(7) == Some(&"ready") {
                let socket_dir = lines.get(4).copied().unwrap_or_default();
                ensure!(!socket_dir.is_empty(), "the running database has no socket");
                return Ok(PathBuf::from(socket_dir));
            }
            if let Some(status) = child.as_mut().and_then(|child| child.try_wait().transpose()) {
                bail!("the database did not start ({}): {}", status?, self.end_of_log());
            }
            if child.is_none() && !self.is_running()? {
                bail!("the database in {} has just stopped; try again", self.data_dir.display());
            }
            ensure!(begun.elapsed() < START_LIMIT, "the database takes too long to start");
            if patient && begun.elapsed() > Duration::from_secs(5) {
                patient = false;
                tracing::info!("the database is starting, which takes longer after a crash");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn is_running(&self) -> anyhow::Result<bool> {
        if !self.data.join("postmaster.pid").exists() {
            return Ok(false);
        }
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.arg("status").arg("--pgdata").arg(&self.data).stdin(Stdio::null());
        let done = pg_ctl.output().context("pg_ctl does not run")?;
        match done.status.code() {
            Some(0) => Ok(true),
            Some(3) => Ok(false),
            _ => bail!(
                "whether the database runs cannot be told: {}",
                String::from_utf8_lossy(&done.stderr).trim()
            ),
        }
    }

    fn command(&self, program: &str) -> std::process::Command {
        self.user.command(&self.binaries.folder.join(program))
    }

    fn own_socket_dir(&self) -> PathBuf {
        self.data_dir.join("socket")
    }

    /// A folder for the socket that only the server's user (and root) can enter: who reaches the
    /// socket may do everything.
    fn make_socket_dir(&self) -> anyhow::Result<PathBuf> {
        let own = self.own_socket_dir();
        let name = format!(".s.PGSQL.{PORT}");
        if own.as_os_str().len() + 1 + name.len() <= LONGEST_SOCKET {
            if !own.exists() {
                fs::DirBuilder::new().mode(0o700).create(&own)?;
            }
            fs::set_permissions(&own, fs::Permissions::from_mode(0o700))?;
            self.give_away(&own)?;
            return Ok(own);
        }
        // Nobody can have made it before us, since making it would fail.
        let short =
            std::env::temp_dir().join(format!("ferrodon-{}", uuid::Uuid::new_v4().simple()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&short)
            .with_context(|| format!("{} cannot be made", short.display()))?;
        self.give_away(&short)?;
        Ok(short)
    }

    fn give_away(&self, folder: &Path) -> anyhow::Result<()> {
        if let Some((uid, gid)) = self.user.ids() {
            chown(folder, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    fn log_path(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    fn open_log(&self) -> anyhow::Result<File> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|log| log.size() > LOG_LIMIT) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        log.with_context(|| format!("{} cannot be written", path.display()))
    }

    /// What the server said last, to show when it does not start.
    fn end_of_log(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut log = File::open(self.log_path())?;
            let from = log.metadata()?.len().saturating_sub(1000);
            log.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            log.read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mut last: Vec<_> = text.lines().rev().take(4).collect();
            last.reverse();
            Ok(last.join("; "))
        };
        read().unwrap_or_else(|_| format!("see {}", self.log_path().display()))
    }
}

#[cfg(test)]
mod tests;
