//! People post, answer, boost, favourite and delete; their followers see it.

use ferrodon_test_support::{Client, Response, TestServer};
use serde_json::{Value, json};

/// Posts `draft`; the id.
async fn post(client: &Client<'_>, draft: Value) -> String {
    client.post("/api/v1/statuses", draft).await.ok().str("/id").to_owned()
}

/// The ids of a list of statuses.
fn ids(response: &Response) -> Vec<&str> {
    let list = response.json.as_array().unwrap_or_else(|| panic!("no list: {}", response.text));
    list.iter().map(|status| status["id"].as_str().unwrap()).collect()
}

async fn follow(follower: &Client<'_>, target: &Client<'_>) {
    let path = format!("/api/v1/accounts/{}/follow", target.account_id());
    follower.post(&path, json!({})).await.ok();
}

#[tokio::test]
async fn a_post_with_mentions_and_tags_reaches_the_followers_home() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write follow").await;
    let carol = server.sign_in("carol", "read").await;
    follow(&bob, &alice).await;
    server.run_jobs().await;
    assert!(ids(&bob.get("/api/v1/timelines/home").await.ok()).is_empty());

    let draft = json!({ "status": "Hello @carol #Tag_One https://example.org/", "language": "en" });
    let posted = alice.post("/api/v1/statuses", draft).await.ok();
    assert_eq!(posted.str("/visibility"), "public");
    assert_eq!(posted.str("/mentions/0/acct"), "carol");
    assert_eq!(posted.str("/tags/0/name"), "tag_one");
    assert_eq!(posted.str("/created_at"), ferrodon_test_support::START);
    assert!(posted.str("/content").contains(r#"<a href="https://local.test/@carol""#));
    let id = posted.str("/id");
    let uri = format!("https://local.test/ap/users/{}/statuses/{id}", alice.account_id());
    assert_eq!(posted.str("/uri"), uri);

    server.run_jobs().await;
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert_eq!(ids(&home), [id]);
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").await.ok()), [id]);
    assert!(ids(&carol.get("/api/v1/timelines/home").await.ok()).is_empty());

    let account = alice.get(&format!("/api/v1/accounts/{}", alice.account_id())).await.ok();
    assert_eq!(account.json["statuses_count"], 1);
    assert_eq!(account.json["followers_count"], 1);
}

#[tokio::test]
async fn a_private_post_is_not_found_by_strangers() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write follow").await;
    let carol = server.sign_in("carol", "read write").await;
    follow(&bob, &alice).await;
    let id = post(&alice, json!({ "status": "psst", "visibility": "private" })).await;
    server.run_jobs().await;

    let path = format!("/api/v1/statuses/{id}");
    assert_eq!(bob.get(&path).await.ok().str("/id"), id);
    assert_eq!(ids(&bob.get("/api/v1/timelines/home").await.ok()), [id.as_str()]);
    for stranger in [&carol, &server.anonymous()] {
        let answer = stranger.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.str("/error")), (404, "Not Found"));
    }
    let refused = bob.post(&format!("{path}/reblog"), json!({})).await;
    assert_eq!(refused.str("/error"), "This action is not allowed");
    let hidden = carol.post(&format!("{path}/favourite"), json!({})).await;
    assert_eq!(hidden.status.as_u16(), 404);
}

#[tokio::test]
async fn what_cannot_be_posted_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let refused = async |draft: Value| {
        let answer = alice.post("/api/v1/statuses", draft).await;
        (answer.status.as_u16(), answer.str("/error").to_owned())
    };
    let blank = "Validation failed: Text can't be blank";
    assert_eq!(refused(json!({ "status": "  " })).await, (422, blank.into()));
    let long = "Validation failed: Text character limit of 500 exceeded";
    assert_eq!(refused(json!({ "status": "x".repeat(501) })).await, (422, long.into()));
    let poll = json!({ "status": "?", "poll": { "options": ["one"], "expires_in": 3600 } });
    let few = "Validation failed: Choices must have more than one item";
    assert_eq!(refused(poll).await, (422, few.into()));
    let parent = "The post you are trying to reply to does not appear to exist.";
    let reply = json!({ "status": "hm", "in_reply_to_id": "12345" });
    assert_eq!(refused(reply).await, (404, parent.into()));
    let media = "Media 42 not found or already attached to another post";
    let picture = json!({ "status": "", "media_ids": ["42"] });
    assert_eq!(refused(picture).await, (422, media.into()));
    // Addresses are short however long they are.
    let address = format!("{} https://example.com/{}", "y".repeat(470), "z".repeat(200));
    post(&alice, json!({ "status": address })).await;
}

#[tokio::test]
async fn nobody_is_mentioned_unexpectedly() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read").await;
    let carol = server.sign_in("carol", "read").await;
    let draft = json!({
        "status": "@bob @carol hi",
        "visibility": "direct",
        "allowed_mentions": [bob.account_id()],
    });
    let refused = alice.post("/api/v1/statuses", draft).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert_eq!(refused.str("/unexpected_accounts/0/id"), carol.account_id().to_string());
}

#[tokio::test]
async fn a_draft_sent_twice_is_posted_once() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let token = server.token_for(user_id(&server, "alice").await, "read write").await;
    let send = async || {
        let request = axum::http::Request::builder()
            .method("POST")
            .uri("/api/v1/statuses")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "k1")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(r#"{"status":"once"}"#))
            .unwrap();
        server.request(request).await.ok().str("/id").to_owned()
    };
    let first = send().await;
    assert_eq!(send().await, first);
    let path = format!("/api/v1/accounts/{}/statuses", alice.account_id());
    assert_eq!(ids(&alice.get(&path).await.ok()), [first.as_str()]);
    server.clock.advance(chrono::TimeDelta::hours(2));
    assert_ne!(send().await, first, "keys are forgotten after an hour");
}

async fn user_id(server: &TestServer, username: &str) -> ferrodon_core::UserId {
    let mut conn = server.conn().await;
    let id: i64 = sqlx::query_scalar(
        "select users.id from users join accounts on accounts.id = users.account_id
         where accounts.username = $1",
    )
    .bind(username)
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    ferrodon_core::UserId(id)
}

#[tokio::test]
async fn a_deleted_post_disappears_and_is_given_back_as_typed() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write follow").await;
    follow(&bob, &alice).await;
    let text = "Hello @bob #tag";
    let id = post(&alice, json!({ "status": text })).await;
    let boost = bob.post(&format!("/api/v1/statuses/{id}/reblog"), json!({})).await.ok();
    server.run_jobs().await;
    assert_eq!(ids(&bob.get("/api/v1/timelines/home").await.ok()), [id.as_str()]);
    let own =
        ids(&bob.get(&format!("/api/v1/accounts/{}/statuses", bob.account_id())).await.ok()).len();
    assert_eq!(own, 1);

    let path = format!("/api/v1/statuses/{id}");
    assert_eq!(bob.delete(&path).await.str("/error"), "Record not found");
    let deleted = alice.delete(&path).await.ok();
    assert_eq!(deleted.str("/text"), text);
    assert!(deleted.json.get("content").is_none());
    assert_eq!(alice.get(&path).await.status.as_u16(), 404);

    server.run_jobs().await;
    assert!(ids(&bob.get("/api/v1/timelines/home").await.ok()).is_empty());
    let boost_path = format!("/api/v1/statuses/{}", boost.str("/id"));
    assert_eq!(bob.get(&boost_path).await.status.as_u16(), 404);
    let mut conn = server.conn().await;
    let left: i64 =
        sqlx::query_scalar("select count(*) from statuses").fetch_one(&mut *conn).await.unwrap();
    assert_eq!(left, 0);
    let told: i64 = sqlx::query_scalar("select count(*) from notifications where type <> 'follow'")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(told, 0);
    for who in [&alice, &bob] {
        let account = who.get(&format!("/api/v1/accounts/{}", who.account_id())).await.ok();
        assert_eq!(account.json["statuses_count"], 0);
    }
}

#[tokio::test]
async fn favourites_and_boosts_are_counted_once_and_can_be_taken_back() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let id = post(&alice, json!({ "status": "like me" })).await;
    let act =
        async |what: &str| bob.post(&format!("/api/v1/statuses/{id}/{what}"), json!({})).await.ok();
    for _ in 0..2 {
        let favourited = act("favourite").await;
        assert_eq!(favourited.json["favourites_count"], 1);
        assert_eq!(favourited.json["favourited"], true);
    }
    let boost = act("reblog").await;
    assert_eq!(boost.str("/reblog/id"), id);
    assert_eq!(boost.json["reblog"]["reblogs_count"], 1);
    assert_eq!(act("reblog").await.str("/id"), boost.str("/id"), "there is one boost");
    let favourited =
        bob.post(&format!("/api/v1/statuses/{}/favourite", boost.str("/id")), json!({})).await.ok();
    assert_eq!(favourited.str("/id"), id, "what is done to a boost is done to the original");

    assert_eq!(act("unfavourite").await.json["favourites_count"], 0);
    let unboosted = act("unreblog").await;
    assert_eq!(unboosted.json["reblogs_count"], 0);
    assert_eq!(unboosted.json["reblogged"], false);
    assert_eq!(act("unreblog").await.json["reblogs_count"], 0);
    server.run_jobs().await;
    assert_eq!(act("reblog").await.json["reblog"]["reblogs_count"], 1);
}

#[tokio::test]
async fn answers_are_counted_and_reach_those_who_follow_both() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let carol = server.sign_in("carol", "read write follow").await;
    follow(&carol, &bob).await;
    server.run_jobs().await;
    carol.get("/api/v1/timelines/home").await.ok();
    let id = post(&alice, json!({ "status": "well?" })).await;
    let reply = json!({ "status": "@alice indeed", "in_reply_to_id": id });
    let reply = bob.post("/api/v1/statuses", reply).await.ok();
    assert_eq!(reply.str("/in_reply_to_id"), id);
    assert_eq!(reply.str("/in_reply_to_account_id"), alice.account_id().to_string());
    server.run_jobs().await;
    let original = alice.get(&format!("/api/v1/statuses/{id}")).await.ok();
    assert_eq!(original.json["replies_count"], 1);
    assert!(ids(&carol.get("/api/v1/timelines/home").await.ok()).is_empty());

    follow(&carol, &alice).await;
    server.run_jobs().await;
    post(&bob, json!({ "status": "@alice and", "in_reply_to_id": id })).await;
    server.run_jobs().await;
    let home = carol.get("/api/v1/timelines/home").await.ok();
    assert_eq!(ids(&home).len(), 2, "alice's post came with the follow, and bob's new answer");
}

#[tokio::test]
async fn a_poll_is_voted_in_once_and_ends() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let draft =
        json!({ "status": "Vote", "poll": { "options": ["yes", "no"], "expires_in": 3600 } });
    let posted = alice.post("/api/v1/statuses", draft).await.ok();
    let votes = format!("/api/v1/polls/{}/votes", posted.str("/poll/id"));
    let voted = bob.post(&votes, json!({ "choices": ["1"] })).await.ok();
    assert_eq!(voted.json["options"][1]["votes_count"], 1);
    assert_eq!(voted.json["own_votes"], json!([1]));
    let again = bob.post(&votes, json!({ "choices": [0] })).await;
    assert_eq!(again.str("/error"), "Validation failed: You have already voted on this poll");
    let own = alice.post(&votes, json!({ "choices": [0] })).await;
    assert_eq!(own.str("/error"), "Validation failed: You cannot vote in your own polls");

    server.clock.advance(chrono::TimeDelta::hours(2));
    server.run_jobs().await;
    let mut conn = server.conn().await;
    let told: i64 = sqlx::query_scalar("select count(*) from notifications where type = 'poll'")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(told, 2);
}
