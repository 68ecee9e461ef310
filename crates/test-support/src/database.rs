//! Databases for tests: one template with the schema and the rows a new server has, and a few
//! copies of it, made anew for each test that takes one.

use ferrodon_core::Clock;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};

/// A migrated database that no other test has while this one holds it.
#[derive(Debug)]
pub struct TestDatabase {
    /// Connections to it.
    pub pool: PgPool,
    /// Its name.
    pub name: String,
    /// Holds the advisory lock. When the test ends, however it ends, the lock goes.
    _lock: PgConnection,
}

/// Advisory lock classes: slots by schema, and one lock around making the template.
const TEMPLATE_LOCK: i64 = 0x0fe0_0d00;

impl TestDatabase {
    /// Takes the first free database, as a new server finds it after `ferrodon migrate`.
    pub async fn take() -> Self {
        let mut lock = admin().await;
        let schema = ferrodon_db::migrate::checksum();
        let template = format!("ferrodon_test_{schema:08x}");
        make_template(&template).await;
        for slot in 0.. {
            let free: bool = sqlx::query_scalar("select pg_try_advisory_lock($1, $2)")
                .bind(schema.cast_signed())
                .bind(slot)
                .fetch_one(&mut lock)
                .await
                .expect("a lock");
            if !free {
                continue;
            }
            let name = format!("{template}_{slot}");
            let drop = format!("drop database if exists {name} with (force)");
            lock.execute(AssertSqlSafe(drop)).await.expect("the old copy goes");
            let copy = format!("create database {name} template {template}");
            lock.execute(AssertSqlSafe(copy)).await.expect("a copy of the template");
            let pool = PgPool::connect_with(server().database(&name)).await.expect("the copy");
            return Self { pool, name, _lock: lock };
        }
        unreachable!("slots do not run out")
    }

    /// The address of this database, for programs that are told one.
    #[must_use]
    pub fn url(&self) -> String {
        server().database(&self.name).to_url_lossy().to_string()
    }
}

/// Makes the template unless it is there already; other tests wait meanwhile.
async fn make_template(name: &str) {
    let mut conn = admin().await;
    let lock = "select pg_advisory_lock($1)";
    sqlx::query(lock).bind(TEMPLATE_LOCK).execute(&mut conn).await.expect("a lock");
    let there: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut conn)
            .await
            .expect("an answer");
    if !there {
        let unfinished = format!("{name}_making");
        let drop = format!("drop database if exists {unfinished} with (force)");
        conn.execute(AssertSqlSafe(drop)).await.expect("no left-over");
        let make = format!("create database {unfinished} template template0");
        conn.execute(AssertSqlSafe(make)).await.expect("a database");
        let pool =
            PgPool::connect_with(server().database(&unfinished)).await.expect("the database");
        ferrodon_app::setup::migrate(&pool, &Clock::default()).await.expect("the migrations apply");
        pool.close().await;
        let rename = format!("alter database {unfinished} rename to {name}");
        conn.execute(AssertSqlSafe(rename)).await.expect("the template has its name");
    }
    conn.close().await.expect("the lock goes");
}

async fn admin() -> PgConnection {
    let options = server().database("postgres");
    PgConnection::connect_with(&options).await.expect("PostgreSQL runs; `./dev test` starts one")
}

/// The server tests use: that of `DATABASE_URL`, else the one on this machine.
#[expect(clippy::disallowed_methods, reason = "there is no Config before there is a database")]
fn server() -> PgConnectOptions {
    match std::env::var("DATABASE_URL") {
        Ok(url) => url.parse().expect("DATABASE_URL is an address of PostgreSQL"),
        Err(_) => PgConnectOptions::new(),
    }
}
