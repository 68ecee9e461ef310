//! The queue: what is queued is done, once if all goes well, and again if not.

mod resume;

use chrono::TimeDelta;
use ferrodon_core::{Job, StatusId};
use ferrodon_db as db;
use ferrodon_test_support::TestServer;
use tokio_util::sync::CancellationToken;

/// A job about a status that is gone, so that doing it is doing nothing.
fn harmless(id: i64) -> Job {
    Job::FanOutStatus { status_id: StatusId(id) }
}

async fn waiting(server: &TestServer) -> i64 {
    let mut conn = server.conn().await;
    sqlx::query_scalar("select count(*) from ferrodon.jobs where failed_at is null")
        .fetch_one(&mut *conn)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_is_queued_only_if_its_transaction_is_committed() {
    let server = TestServer::start().await;
    let now = server.clock.now();
    let mut tx = server.app.db.begin().await.unwrap();
    db::jobs::enqueue(&mut tx, &harmless(1), now).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(waiting(&server).await, 0);
    let mut tx = server.app.db.begin().await.unwrap();
    db::jobs::enqueue_all(&mut tx, &[harmless(1), harmless(2)], now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waiting(&server).await, 2);
    server.run_jobs().await;
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn the_same_work_waits_once() {
    let server = TestServer::start().await;
    let now = server.clock.now();
    let mut conn = server.conn().await;
    let job = harmless(1);
    let queue = async |conn: &mut db::PgConnection| {
        db::jobs::enqueue_once(conn, &job, "status 1", now, now).await.unwrap()
    };
    assert!(queue(&mut conn).await);
    assert!(!queue(&mut conn).await);
    let lease = TimeDelta::minutes(10);
    let claimed = db::jobs::claim(&mut conn, "default", now, lease, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert!(queue(&mut conn).await, "a job that runs may have read what it needs already");
}

#[tokio::test]
async fn a_worker_that_dies_loses_its_jobs_to_the_others() {
    let server = TestServer::start().await;
    let now = server.clock.now();
    let lease = TimeDelta::minutes(10);
    let mut conn = server.conn().await;
    db::jobs::enqueue(&mut conn, &harmless(1), now).await.unwrap();
    let claim = async |conn: &mut db::PgConnection| {
        db::jobs::claim(conn, "default", server.clock.now(), lease, 10).await.unwrap()
    };
    let first = claim(&mut conn).await;
    assert_eq!(first.iter().map(|job| job.attempt).collect::<Vec<_>>(), [1]);
    assert!(claim(&mut conn).await.is_empty());
    server.clock.advance(lease);
    assert_eq!(claim(&mut conn).await.iter().map(|job| job.attempt).collect::<Vec<_>>(), [2]);
    // One that stops in good order gives them back.
    db::jobs::release(&mut conn, &[first[0].id], server.clock.now()).await.unwrap();
    assert_eq!(claim(&mut conn).await.iter().map(|job| job.attempt).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_job_of_another_version_is_set_aside_and_holds_nobody_up() {
    let server = TestServer::start().await;
    let now = server.clock.now();
    let mut conn = server.conn().await;
    sqlx::query(
        r#"insert into ferrodon.jobs (queue, payload, run_at, created_at)
           values ('default', '{"kind": "from_the_future", "args": {}}', $1, $1)"#,
    )
    .bind(now)
    .execute(&mut *conn)
    .await
    .unwrap();
    db::jobs::enqueue(&mut conn, &harmless(1), now).await.unwrap();
    let done = ferrodon_app::jobs::work_once(&server.app, &["default"], 10).await.unwrap();
    assert_eq!((done, waiting(&server).await), (2, 0));
    let why: Vec<String> =
        sqlx::query_scalar("select last_error from ferrodon.jobs where failed_at is not null")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(why.len(), 1);
    assert!(why[0].starts_with("this version does not know it"), "{why:?}");
}

#[tokio::test]
async fn the_loop_does_what_is_queued_until_it_is_stopped() {
    let server = TestServer::start().await;
    let shutdown = CancellationToken::new();
    let queues = vec!["default".to_owned(), "push".to_owned()];
    let work =
        tokio::spawn(ferrodon_app::jobs::run_loop(server.app.clone(), queues, 3, shutdown.clone()));
    let mut conn = server.conn().await;
    let jobs: Vec<Job> = (1..=50).map(harmless).collect();
    db::jobs::enqueue_all(&mut conn, &jobs, server.clock.now()).await.unwrap();
    let all_done = async {
        while waiting(&server).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), all_done).await.unwrap();
    shutdown.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(30), work).await.unwrap().unwrap();
    db::jobs::enqueue(&mut conn, &harmless(1), server.clock.now()).await.unwrap();
    assert_eq!(waiting(&server).await, 1, "nobody works any more");
}
