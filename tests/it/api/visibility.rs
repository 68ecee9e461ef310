//! Who gets to see what.

use ferrodon_test_support::{Client, TestServer};
use serde_json::{Value, json};

/// Posts and returns the id.
async fn post(author: &Client<'_>, draft: Value) -> String {
    author.post("/api/v1/statuses", draft).await.ok().str("/id").to_owned()
}

async fn follow(follower: &Client<'_>, followed: &Client<'_>) {
    let path = format!("/api/v1/accounts/{}/follow", followed.account_id());
    drop(follower.post(&path, json!({})).await.ok());
}

/// The ids in a list.
async fn ids(reader: &Client<'_>, path: &str) -> Vec<String> {
    let list = reader.get(path).await.ok().json;
    let list = list.as_array().expect("a list");
    list.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_private_status_is_not_found_by_strangers() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let carol = server.sign_in("carol", "read write").await;
    follow(&bob, &alice).await;
    let id = post(&alice, json!({"status": "psst", "visibility": "private"})).await;

    for path in ["", "/context", "/history", "/source", "/favourited_by", "/reblogged_by"] {
        let path = format!("/api/v1/statuses/{id}{path}");
        assert_eq!(bob.get(&path).await.status, 200, "{path} for a follower");
        for stranger in [&carol, &server.anonymous()] {
            let answer = stranger.get(&path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json, json!({"error": "Not Found"}), "{path}");
        }
    }
    let path = format!("/api/v1/accounts/{}/statuses", alice.account_id());
    assert_eq!(ids(&bob, &path).await, std::slice::from_ref(&id));
    assert!(ids(&carol, &path).await.is_empty());
    assert!(ids(&carol, &format!("/api/v1/statuses?id[]={id}")).await.is_empty());
}

#[tokio::test]
async fn a_direct_status_is_for_those_it_mentions() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let carol = server.sign_in("carol", "read write").await;
    follow(&carol, &alice).await;
    let id = post(&alice, json!({"status": "@bob psst", "visibility": "direct"})).await;
    let path = format!("/api/v1/statuses/{id}");
    assert_eq!(bob.get(&path).await.status, 200);
    assert_eq!(carol.get(&path).await.status, 404);
    let posted = format!("/api/v1/accounts/{}/statuses", alice.account_id());
    assert_eq!(ids(&bob, &posted).await, [id]);
    assert!(ids(&carol, &posted).await.is_empty());
    assert!(ids(&carol, &format!("{posted}?exclude_direct=true")).await.is_empty());
}

#[tokio::test]
async fn who_is_blocked_sees_nothing() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let id = post(&alice, json!({"status": "hello"})).await;
    sqlx::query(
        "insert into blocks (account_id, target_account_id, created_at, updated_at)
         values ($1, $2, now(), now())",
    )
    .bind(alice.account_id())
    .bind(bob.account_id())
    .execute(&mut *server.conn().await)
    .await
    .expect("a block");

    assert_eq!(bob.get(&format!("/api/v1/statuses/{id}")).await.status, 404);
    let alices = format!("/api/v1/accounts/{}", alice.account_id());
    assert!(ids(&bob, &format!("{alices}/statuses")).await.is_empty());
    assert!(ids(&bob, "/api/v1/timelines/public").await.is_empty());
    assert_eq!(
        ids(&server.anonymous(), "/api/v1/timelines/public").await,
        std::slice::from_ref(&id)
    );
    // She does not see him in public either, but may look at him.
    let his = post(&bob, json!({"status": "hi"})).await;
    assert_eq!(ids(&alice, "/api/v1/timelines/public").await, [id]);
    assert_eq!(alice.get(&format!("/api/v1/statuses/{his}")).await.status, 200);
    assert!(ids(&alice, &format!("/api/v1/statuses?id[]={his}")).await.is_empty());
}

#[tokio::test]
async fn a_thread_shows_what_its_author_adds_first() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let root = post(&alice, json!({"status": "one"})).await;
    let answer = post(&bob, json!({"status": "@alice why?", "in_reply_to_id": root})).await;
    let more = post(&alice, json!({"status": "two", "in_reply_to_id": root})).await;
    let last = post(&alice, json!({"status": "three", "in_reply_to_id": more})).await;

    let thread = server.anonymous().get(&format!("/api/v1/statuses/{more}/context")).await.ok();
    assert_eq!(thread.str("/ancestors/0/id"), root);
    assert_eq!(thread.str("/descendants/0/id"), last);
    let thread = bob.get(&format!("/api/v1/statuses/{root}/context")).await.ok();
    let found: Vec<&str> = thread.json["descendants"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|status| status["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(found, [&*more, &*last, &*answer]);
}

#[tokio::test]
async fn pages_link_to_their_neighbours() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let mut posted = Vec::new();
    for n in 0..5 {
        posted.insert(0, post(&alice, json!({"status": format!("number {n}")})).await);
        server.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let path = format!("/api/v1/accounts/{}/statuses", alice.account_id());
    let page = alice.get(&format!("{path}?limit=2&exclude_replies=true")).await.ok();
    assert_eq!(
        page.link.expect("links"),
        format!(
            "<https://local.test{path}?exclude_replies=true&limit=2&max_id={}>; rel=\"next\", \
             <https://local.test{path}?exclude_replies=true&limit=2&min_id={}>; rel=\"prev\"",
            posted[1], posted[0]
        )
    );
    let older = format!("{path}?limit=2&max_id={}", posted[1]);
    assert_eq!(ids(&alice, &older).await, posted[2..4]);
    let next_to = format!("{path}?limit=2&min_id={}", posted[4]);
    assert_eq!(ids(&alice, &next_to).await, posted[2..4]);
    let newest = format!("{path}?limit=2&since_id={}", posted[4]);
    assert_eq!(ids(&alice, &newest).await, posted[0..2]);
    assert!(ids(&alice, &format!("{path}?limit=0")).await.is_empty());
}

#[tokio::test]
async fn admins_can_close_public_timelines() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let id = post(&alice, json!({"status": "hello #rust"})).await;
    for var in ["local_live_feed_access", "remote_live_feed_access"] {
        let only_people = json!("authenticated");
        ferrodon_app::settings::set(&server.app, var, &only_people).await.expect("a setting");
    }
    let stranger = server.anonymous();
    let refused = stranger.get("/api/v1/timelines/public").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json, json!({"error": "This method requires an authenticated user"}));
    assert_eq!(ids(&alice, "/api/v1/timelines/public").await, std::slice::from_ref(&id));
    assert_eq!(ids(&stranger, "/api/v1/timelines/tag/rust").await, [id]);

    let closed = json!("disabled");
    let var = "local_live_feed_access";
    ferrodon_app::settings::set(&server.app, var, &closed).await.expect("a setting");
    assert!(ids(&alice, "/api/v1/timelines/public").await.is_empty());
}
