//! The schema that `migrate` makes is Mastodon's, and what it does not know it leaves alone.

mod facts;
mod migrate;
mod views;

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use ferrodon_db::accounts::KeyPair;
use ferrodon_db::migrate::{Error, Outcome};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// A database with nothing in it, which is dropped when the test is over.
struct EmptyDatabase {
    server: PgConnectOptions,
    name: String,
    conn: Option<PgConnection>,
}

impl EmptyDatabase {
    async fn create(test: &str) -> Self {
        let server = server();
        let name = format!("ferrodon_schema_test_{test}_{}", std::process::id());
        let mut admin = server.connect().await.unwrap();
        let create = format!("create database {name} template template0 encoding 'UTF8'");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let conn = server.clone().database(&name).connect().await.unwrap();
        Self { server, name, conn: Some(conn) }
    }

    fn conn(&mut self) -> &mut PgConnection {
        self.conn.as_mut().unwrap()
    }

    /// A second connection, as a second process would have.
    async fn connect(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }

    async fn run(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(self.conn()).await.unwrap();
    }

    /// The first column of a query, a line a row.
    async fn lines(&mut self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(self.conn()).await.unwrap()
    }

    async fn drop(mut self) {
        self.conn.take().unwrap().close().await.unwrap();
        let mut admin = self.server.connect().await.unwrap();
        let drop = format!("drop database {} with (force)", self.name);
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut admin).await.unwrap();
    }
}

/// `DATABASE_URL`'s server, else the one that PostgreSQL's own tools would take.
#[expect(clippy::disallowed_methods, reason = "tests have no Config before they have a database")]
fn server() -> PgConnectOptions {
    let options = match std::env::var("DATABASE_URL") {
        Ok(url) => url.parse().unwrap(),
        Err(_) => PgConnectOptions::new(),
    };
    options.database("postgres")
}

async fn migrate(conn: &mut PgConnection) -> Result<Outcome, Error> {
    let keys = || {
        Ok::<_, Infallible>(KeyPair { private_key: "private".into(), public_key: "public".into() })
    };
    ferrodon_db::migrate::migrate(conn, at("2026-06-01T12:00:00Z"), keys).await
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}
