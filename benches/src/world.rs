//! A server with an author whom accounts on many hosts follow, on a PostgreSQL of its own that
//! keeps its promises (fsync on).

use anyhow::Context as _;
use ferrodon_app::App;
use ferrodon_app::accounts::{NewLocal, create_local};
use ferrodon_core::config::Sources;
use ferrodon_core::{AccountId, Clock, Config, StatusId};
use ferrodon_server::embedded::Embedded;
use sqlx::PgPool;

use crate::process;
use crate::sink::{Addresses, DOMAIN};

/// The database server of a run; its folder goes with it.
pub(crate) struct Database {
    embedded: Option<Embedded>,
    folder: tempfile::TempDir,
}

impl Database {
    /// Starts one on the second core.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the database")?;
        let embedded = Embedded::start(folder.path())?;
        let database = Self { embedded: Some(embedded), folder };
        process::move_to(1, database.pid()?)?;
        let children = process::children(database.pid()?);
        children.into_iter().try_for_each(|child| process::move_to(1, child))?;
        Ok(database)
    }

    pub(crate) fn url(&self) -> String {
        self.embedded.as_ref().map(Embedded::url).unwrap_or_default()
    }

    /// Its process, the parent of all its others.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        let file = self.folder.path().join("postgres/postmaster.pid");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("reading {}", file.display()))?;
        text.lines().next().and_then(|line| line.parse().ok()).context("the database's process")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.embedded.take().map(Embedded::stop) {
            eprintln!("the database did not stop: {error:#}");
        }
    }
}

/// How hosts behave, by their name's first part.
const KINDS: [&str; 6] = ["good", "plain", "silent", "slow", "overloaded", "refused"];

/// The app of a sender, with every host of the sink resolved.
pub(crate) async fn app(url: &str, sink: &Addresses, hosts: usize) -> anyhow::Result<App> {
    let settings = [
        ("RAILS_ENV", "production"),
        ("LOCAL_DOMAIN", "bench.test"),
        ("DATABASE_URL", url),
        ("SECRET_KEY_BASE", "0123456789abcdef0123456789abcdef"),
        ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", "primary"),
        ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", "deterministic"),
        ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", "salt"),
        ("ALLOWED_PRIVATE_ADDRESSES", "127.0.0.0/8"),
    ];
    let mut config = Config::load(Sources::of(settings))?;
    config.ca_file = Some(sink.ca_file.clone());
    let address = |kind: &str| match kind {
        "plain" => sink.plain,
        "silent" => sink.silent,
        "slow" => sink.slow,
        "overloaded" => sink.overloaded,
        "refused" => sink.refused,
        _ => sink.good,
    };
    config.testing.resolve = KINDS
        .iter()
        .flat_map(|kind| (0..hosts).map(|n| (host(kind, n), address(kind))).collect::<Vec<_>>())
        .collect();
    let pool = ferrodon_db::connect(url, 8, true).await?;
    ferrodon_app::setup::migrate(&pool, &Clock::default()).await?;
    App::new(config, pool, Clock::default()).await
}

pub(crate) fn host(kind: &str, number: usize) -> String {
    format!("{kind}{number}.{DOMAIN}")
}

/// The author, anew or as found.
pub(crate) async fn author(app: &App) -> anyhow::Result<AccountId> {
    let mut conn = app.db.acquire().await?;
    if let Some(found) = ferrodon_db::accounts::by_handle(&mut conn, "author", None).await? {
        return Ok(found.id);
    }
    let new = NewLocal {
        username: "author".into(),
        email: "author@bench.test".into(),
        password: "not for signing in".into(),
        role_id: None,
        confirmed: true,
        approve: true,
        reattach: false,
    };
    let made = create_local(app, new).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(made.account_id)
}

/// Makes exactly `count` followers, each with an inbox of its own, spread evenly over `hosts`
/// hosts of a kind given by `kind_of(host number)`.
pub(crate) async fn followers(
    pool: &PgPool,
    author: AccountId,
    count: usize,
    hosts: usize,
    kind_of: impl Fn(usize) -> &'static str,
) -> anyhow::Result<()> {
    let now = Clock::default().now().naive_utc();
    let mut tx = pool.begin().await?;
    sqlx::query("delete from follows where target_account_id = $1")
        .bind(author)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from accounts where domain is not null").execute(&mut *tx).await?;
    let names: Vec<String> = (0..hosts).map(|n| host(kind_of(n), n)).collect();
    let schemes: Vec<&str> =
        (0..hosts).map(|n| if kind_of(n) == "plain" { "http" } else { "https" }).collect();
    sqlx::query(
        "insert into accounts (username, domain, uri, url, inbox_url, followers_url, protocol,
                               public_key, created_at, updated_at)
         select 'u' || n, host, scheme || '://' || host || '/users/u' || n, null,
                scheme || '://' || host || '/users/u' || n || '/inbox',
                scheme || '://' || host || '/users/u' || n || '/followers', 1, '', $4, $4
         from generate_series(0, $1::bigint - 1) as n,
              unnest($2::text[], $3::text[]) with ordinality as h (host, scheme, at)
         where h.at = n % array_length($2::text[], 1) + 1",
    )
    .bind(i64::try_from(count)?)
    .bind(&names)
    .bind(&schemes)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into follows (account_id, target_account_id, created_at, updated_at)
         select id, $1, $2, $2 from accounts where domain is not null",
    )
    .bind(author)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    sqlx::query("analyze").execute(pool).await?;
    Ok(())
}

/// A post by `author`, as the API leaves it behind: the row, and the job that tells others.
pub(crate) async fn post(app: &App, author: AccountId, text: &str) -> anyhow::Result<StatusId> {
    let now = app.clock.now();
    let id: StatusId = sqlx::query_scalar(
        "insert into statuses (account_id, text, visibility, local, created_at, updated_at, uri)
         values ($1, $2, 0, true, $3, $3, 'https://bench.test/s/' || gen_random_uuid())
         returning id",
    )
    .bind(author)
    .bind(text)
    .bind(now.naive_utc())
    .fetch_one(&app.db)
    .await?;
    Ok(id)
}
