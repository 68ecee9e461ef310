//! What Mastodon left for later is done by Ferrodon.

use ferrodon_test_support::TestServer;
use serde_json::json;

#[tokio::test]
async fn a_post_that_mastodon_was_to_publish_later_comes_out_once() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let at = server.clock.now() + chrono::TimeDelta::hours(1);
    let draft = json!({ "status": "from the past", "scheduled_at": at.to_rfc3339() });
    let _ = alice.post("/api/v1/statuses", draft).await.ok();
    // As if Mastodon had kept it: the row is there, and no job of ours.
    let mut conn = server.conn().await;
    sqlx::query("delete from ferrodon.jobs").execute(&mut *conn).await.unwrap();
    drop(conn);

    for _ in 0..2 {
        ferrodon_app::setup::resume(&server.app).await.unwrap();
    }
    server.run_jobs().await;
    assert_eq!(texts(&server).await, Vec::<String>::new());
    server.clock.advance(chrono::TimeDelta::hours(2));
    server.run_jobs().await;
    assert_eq!(texts(&server).await, ["from the past"]);
}

async fn texts(server: &TestServer) -> Vec<String> {
    let mut conn = server.conn().await;
    sqlx::query_scalar("select text from statuses").fetch_all(&mut *conn).await.unwrap()
}
