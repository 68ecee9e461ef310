//! People follow open and locked accounts, and are told of what concerns them.

use ferrodon_test_support::{Client, TestServer};
use serde_json::json;

/// What `who` was told, oldest first: kinds and senders.
async fn told(server: &TestServer, who: &Client<'_>) -> Vec<(String, String)> {
    let mut conn = server.conn().await;
    sqlx::query_as(
        "select notifications.type, accounts.username from notifications
         join accounts on accounts.id = notifications.from_account_id
         where notifications.account_id = $1 and not filtered
         order by notifications.id",
    )
    .bind(who.account_id())
    .fetch_all(&mut *conn)
    .await
    .unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(kind, from)| ((*kind).to_owned(), (*from).to_owned())).collect()
}

#[tokio::test]
async fn an_open_account_is_followed_at_once() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write follow").await;
    let bob = server.sign_in("bob", "read write follow").await;
    let posted = alice.post("/api/v1/statuses", json!({ "status": "before" })).await.ok();
    server.run_jobs().await;
    let at = |what: &str| format!("/api/v1/accounts/{}/{what}", alice.account_id());

    bob.get("/api/v1/timelines/home").await.ok();
    let followed = bob.post(&at("follow"), json!({ "notify": true })).await.ok();
    assert_eq!(followed.json["following"], true);
    assert_eq!(followed.json["notifying"], true);
    assert_eq!(followed.json["showing_reblogs"], true);
    server.run_jobs().await;
    assert_eq!(told(&server, &alice).await, pairs(&[("follow", "bob")]));
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert_eq!(home.str("/0/id"), posted.str("/id"), "recent posts come with the follow");

    let changed = bob.post(&at("follow"), json!({ "reblogs": false })).await.ok();
    assert_eq!(changed.json["showing_reblogs"], false);
    assert_eq!(changed.json["notifying"], true, "what is not said stays");

    alice.post("/api/v1/statuses", json!({ "status": "news" })).await.ok();
    server.run_jobs().await;
    assert_eq!(told(&server, &bob).await, pairs(&[("status", "alice")]));

    let unfollowed = bob.post(&at("unfollow"), json!({})).await.ok();
    assert_eq!(unfollowed.json["following"], false);
    server.run_jobs().await;
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert_eq!(home.json, json!([]), "their posts are gone from home");
    assert!(told(&server, &alice).await.is_empty());
    let account = alice.get(&format!("/api/v1/accounts/{}", alice.account_id())).await.ok();
    assert_eq!(account.json["followers_count"], 0);
}

#[tokio::test]
async fn a_locked_account_decides_who_follows() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write follow").await;
    let bob = server.sign_in("bob", "read write follow").await;
    let carol = server.sign_in("carol", "read write follow").await;
    let mut conn = server.conn().await;
    sqlx::query("update accounts set locked = true where id = $1")
        .bind(alice.account_id())
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    let follow = format!("/api/v1/accounts/{}/follow", alice.account_id());
    for who in [&bob, &carol] {
        let asked = who.post(&follow, json!({})).await.ok();
        assert_eq!(asked.json["requested"], true);
        assert_eq!(asked.json["following"], false);
    }
    server.run_jobs().await;
    let requests = pairs(&[("follow_request", "bob"), ("follow_request", "carol")]);
    assert_eq!(told(&server, &alice).await, requests);

    let answer = |who: &Client<'_>, what: &str| {
        format!("/api/v1/follow_requests/{}/{what}", who.account_id())
    };
    let accepted = alice.post(&answer(&bob, "authorize"), json!({})).await.ok();
    assert_eq!(accepted.json["followed_by"], true);
    alice.post(&answer(&carol, "reject"), json!({})).await.ok();
    let gone = alice.post(&answer(&carol, "reject"), json!({})).await;
    assert_eq!((gone.status.as_u16(), gone.str("/error")), (404, "Record not found"));
    server.run_jobs().await;
    assert_eq!(told(&server, &alice).await, pairs(&[("follow", "bob")]));

    let removed = format!("/api/v1/accounts/{}/remove_from_followers", bob.account_id());
    let removed = alice.post(&removed, json!({})).await.ok();
    assert_eq!(removed.json["followed_by"], false);
}

#[tokio::test]
async fn nobody_follows_themselves_or_those_who_block_them() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write follow").await;
    let bob = server.sign_in("bob", "read write follow").await;
    let at = |who: &Client<'_>| format!("/api/v1/accounts/{}/follow", who.account_id());
    let own = alice.post(&at(&alice), json!({})).await;
    assert_eq!(own.str("/error"), "Following your own account is not allowed");
    let mut conn = server.conn().await;
    sqlx::query(
        "insert into blocks (account_id, target_account_id, created_at, updated_at)
         values ($1, $2, now(), now())",
    )
    .bind(alice.account_id())
    .bind(bob.account_id())
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    let refused = bob.post(&at(&alice), json!({})).await;
    assert_eq!(
        (refused.status.as_u16(), refused.str("/error")),
        (403, "This action is not allowed")
    );
}

#[tokio::test]
async fn people_are_told_of_mentions_favourites_and_boosts() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let posted = alice.post("/api/v1/statuses", json!({ "status": "hello" })).await.ok();
    for what in ["favourite", "reblog"] {
        let path = format!("/api/v1/statuses/{}/{what}", posted.str("/id"));
        bob.post(&path, json!({})).await.ok();
    }
    bob.post("/api/v1/statuses", json!({ "status": "@alice hi" })).await.ok();
    alice.post("/api/v1/statuses", json!({ "status": "@alice to myself" })).await.ok();
    server.run_jobs().await;
    let mut kinds: Vec<String> =
        told(&server, &alice).await.into_iter().map(|(kind, _)| kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["favourite", "mention", "reblog"]);

    let unfavourite = format!("/api/v1/statuses/{}/unfavourite", posted.str("/id"));
    bob.post(&unfavourite, json!({})).await.ok();
    assert_eq!(told(&server, &alice).await.len(), 2, "what is undone is not told any more");

    // A stranger's direct message waits until it is asked for.
    let direct = json!({ "status": "@alice psst", "visibility": "direct" });
    bob.post("/api/v1/statuses", direct).await.ok();
    server.run_jobs().await;
    assert_eq!(told(&server, &alice).await.len(), 2);
    let mut conn = server.conn().await;
    let waiting: i64 = sqlx::query_scalar(
        "select notifications_count from notification_requests where account_id = $1",
    )
    .bind(alice.account_id())
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    assert_eq!(waiting, 1);
}
