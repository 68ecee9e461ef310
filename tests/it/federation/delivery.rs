//! Activities on their way to other servers.

use std::time::Duration;

use chrono::TimeDelta;
use ferrodon_activitypub::keys::PublicKey;
use ferrodon_activitypub::signature::{self, Request};
use ferrodon_app::federation::render::activity;
use ferrodon_app::federation::{delivery, outbox, uris};
use ferrodon_app::jobs;
use ferrodon_core::delivery::Priority;
use ferrodon_core::{AccountId, Job, StatusId};
use ferrodon_db as db;
use ferrodon_test_support::{Received, RemoteServer, TestServer};
use http::{HeaderMap, Method, StatusCode};
use tokio_util::sync::CancellationToken;

/// Someone on another server who follows `followed`.
async fn follower(server: &TestServer, host: &str, name: &str, followed: AccountId) -> AccountId {
    let now = server.clock.now().naive_utc();
    let id: i64 = sqlx::query_scalar(
        "insert into accounts (username, domain, protocol, uri, inbox_url, shared_inbox_url,
                               created_at, updated_at)
         values ($1, $2, 1, 'https://' || $2 || '/users/' || $1,
                 'https://' || $2 || '/users/' || $1 || '/inbox',
                 'https://' || $2 || '/inbox', $3, $3)
         returning id",
    )
    .bind(name)
    .bind(host)
    .bind(now)
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    sqlx::query(
        "insert into follows (account_id, target_account_id, created_at, updated_at)
         values ($1, $2, $3, $3)",
    )
    .bind(id)
    .bind(followed.0)
    .bind(now)
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
    AccountId(id)
}

/// A post as it stands right after it was made, with the job that tells others of it.
async fn post(server: &TestServer, author: AccountId, text: &str, visibility: i32) -> StatusId {
    let now = server.clock.now();
    let mut conn = server.conn().await;
    let id: i64 = sqlx::query_scalar(
        "insert into statuses (account_id, text, visibility, local, created_at, updated_at)
         values ($1, $2, $3, true, $4, $4) returning id",
    )
    .bind(author.0)
    .bind(text)
    .bind(visibility)
    .bind(now.naive_utc())
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    let status_id = StatusId(id);
    db::jobs::enqueue(&mut conn, &Job::DistributeStatus { status_id }, now).await.unwrap();
    status_id
}

/// Takes a post back, as removing it does.
async fn take_back(server: &TestServer, id: StatusId) {
    let mut conn = server.conn().await;
    let status = db::statuses::find(&mut conn, id).await.unwrap().unwrap();
    let now = server.clock.now();
    outbox::status_removed(&server.app, &mut conn, &status, now).await.unwrap();
}

/// Runs jobs, so that deliveries are written; nothing is sent yet.
async fn write(server: &TestServer) {
    let queues = jobs::QUEUES.map(|(name, _)| name);
    while jobs::work_once(&server.app, &queues, 50).await.unwrap() > 0 {}
}

/// Writes deliveries and sends them once; returns how many tries that were.
async fn deliver(server: &TestServer) -> usize {
    write(server).await;
    delivery::work_once(&server.app).await.unwrap()
}

async fn waiting(server: &TestServer) -> i64 {
    sqlx::query_scalar("select count(*) from ferrodon.deliveries")
        .fetch_one(&mut *server.conn().await)
        .await
        .unwrap()
}

async fn activities(server: &TestServer) -> i64 {
    sqlx::query_scalar("select count(*) from ferrodon.activities")
        .fetch_one(&mut *server.conn().await)
        .await
        .unwrap()
}

/// Whether the request was signed by this account of ours.
async fn is_signed_by(server: &TestServer, received: &Received, account: AccountId) -> bool {
    let mut conn = server.conn().await;
    let account = db::accounts::find(&mut conn, account).await.unwrap().unwrap();
    let request = Request {
        method: &Method::POST,
        scheme: "https",
        path_and_query: &received.path,
        headers: &received.headers,
        body: &received.body,
    };
    let unverified = signature::read(&request, server.clock.now()).unwrap();
    unverified.key_id() == uris::key(&server.app.config, &account)
        && unverified.verifies(&PublicKey::from_pem(&account.public_key).unwrap())
}

#[tokio::test]
async fn a_post_reaches_each_followers_server_once_and_signed() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;
    follower(&server, "peer.test", "sam", alice).await;

    post(&server, alice, "Hello, world", 0).await;
    assert_eq!(deliver(&server).await, 1);

    let received = peer.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/inbox");
    assert_eq!(received[0].json["type"], "Create");
    assert_eq!(received[0].json["object"]["content"], "<p>Hello, world</p>");
    assert_eq!(received[0].json["signature"]["type"], "RsaSignature2017");
    assert!(is_signed_by(&server, &received[0], alice).await);
    assert_eq!((waiting(&server).await, activities(&server).await), (0, 0));
}

#[tokio::test]
async fn a_post_for_followers_tells_each_server_who_follows() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;

    post(&server, alice, "For followers", 2).await;
    deliver(&server).await;

    let received = peer.received();
    let header = received[0].headers["collection-synchronization"].to_str().unwrap();
    assert!(header.contains("/users/alice/followers_synchronization"), "{header}");
    assert!(received[0].headers["signature"].to_str().unwrap().contains(
        "headers=\"host date digest content-type collection-synchronization (request-target)\""
    ));
    assert!(received[0].json.get("signature").is_none());
    assert!(is_signed_by(&server, &received[0], alice).await);
}

#[tokio::test]
async fn a_deletion_never_overtakes_the_post() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;

    peer.answer_inbox_with(StatusCode::SERVICE_UNAVAILABLE, HeaderMap::new());
    let status = post(&server, alice, "Oops", 0).await;
    deliver(&server).await;
    take_back(&server, status).await;
    deliver(&server).await;
    // The host rests, so nobody bothers it with either.
    assert_eq!(peer.received_types(), ["Create"]);

    peer.answer_inbox_with(StatusCode::ACCEPTED, HeaderMap::new());
    server.clock.advance(TimeDelta::minutes(5));
    deliver(&server).await;
    assert_eq!(peer.received_types(), ["Create", "Create", "Delete"]);
    assert_eq!((waiting(&server).await, activities(&server).await), (0, 0));
}

#[tokio::test]
async fn a_sender_that_is_refused_for_now_waits_and_others_do_not() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    let bob = server.sign_in("bob", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;
    follower(&server, "peer.test", "sam", bob).await;

    peer.answer_inbox_with(StatusCode::UNAUTHORIZED, HeaderMap::new());
    post(&server, alice, "first", 0).await;
    deliver(&server).await;
    peer.answer_inbox_with(StatusCode::ACCEPTED, HeaderMap::new());
    post(&server, alice, "second", 0).await;
    post(&server, bob, "mine", 0).await;
    deliver(&server).await;
    let contents = |peer: &RemoteServer| -> Vec<String> {
        let text = |one: &Received| one.json["object"]["content"].as_str().unwrap().to_owned();
        peer.received().iter().map(text).collect()
    };
    assert_eq!(contents(&peer), ["<p>first</p>", "<p>mine</p>"]);

    server.clock.advance(TimeDelta::minutes(1));
    deliver(&server).await;
    let all = contents(&peer);
    assert_eq!(all[2..], ["<p>first</p>", "<p>second</p>"]);
}

#[tokio::test]
async fn a_refusal_for_good_ends_the_delivery() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;

    peer.answer_inbox_with(StatusCode::GONE, HeaderMap::new());
    post(&server, alice, "Anyone there?", 0).await;
    deliver(&server).await;
    assert_eq!(peer.received().len(), 1);
    assert_eq!((waiting(&server).await, activities(&server).await), (0, 0));
}

#[tokio::test]
async fn a_busy_server_is_left_alone_as_long_as_it_asks() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;

    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "7200".parse().unwrap());
    peer.answer_inbox_with(StatusCode::TOO_MANY_REQUESTS, headers);
    post(&server, alice, "Hello", 0).await;
    deliver(&server).await;
    peer.answer_inbox_with(StatusCode::ACCEPTED, HeaderMap::new());
    server.clock.advance(TimeDelta::minutes(119));
    assert_eq!(deliver(&server).await, 0);
    server.clock.advance(TimeDelta::minutes(2));
    assert_eq!(deliver(&server).await, 1);
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn a_dead_server_rests_while_others_are_served() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_with(&[&peer], |config| {
        let nobody = "127.0.0.1:1".parse().unwrap();
        config.testing.resolve.push(("dead.test".to_owned(), nobody));
    })
    .await;
    let alice = server.sign_in("alice", "read").await.account_id();
    let bob = server.sign_in("bob", "read").await.account_id();
    for author in [alice, bob] {
        let name = format!("friend-of-{author}");
        follower(&server, "peer.test", &name, author).await;
        follower(&server, "dead.test", &name, author).await;
    }
    for number in 0..3 {
        post(&server, alice, &format!("alice {number}"), 0).await;
        post(&server, bob, &format!("bob {number}"), 0).await;
    }
    let tries = deliver(&server).await;
    assert_eq!(peer.received().len(), 6);
    // A few may have been on their way when the first failed; the rest was not tried.
    assert!(tries <= 8, "{tries} tries");
    assert_eq!(waiting(&server).await, 6);

    // On the seventh day of this the server is given up.
    for _ in 0..7 {
        server.clock.advance(TimeDelta::hours(25));
        post(&server, alice, "still here", 0).await;
        deliver(&server).await;
    }
    let given_up: Vec<String> = sqlx::query_scalar("select domain from unavailable_domains")
        .fetch_all(&mut *server.conn().await)
        .await
        .unwrap();
    assert_eq!(given_up, ["dead.test"]);
    assert_eq!((waiting(&server).await, activities(&server).await), (0, 0));
    post(&server, alice, "for peer.test only", 0).await;
    assert_eq!(deliver(&server).await, 1);
}

#[tokio::test]
async fn a_server_that_is_heard_of_again_gets_what_waited_for_it() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;
    peer.answer_inbox_with(StatusCode::BAD_GATEWAY, HeaderMap::new());
    post(&server, alice, "Hello", 0).await;
    deliver(&server).await;
    peer.answer_inbox_with(StatusCode::ACCEPTED, HeaderMap::new());
    assert_eq!(deliver(&server).await, 0);

    let mut conn = server.conn().await;
    let hosts = ["peer.test".to_owned()];
    let back = db::hosts::revive(&mut conn, &hosts).await.unwrap();
    assert_eq!(back, hosts);
    db::deliveries::wake_hosts(&mut conn, &back, server.clock.now()).await.unwrap();
    drop(conn);
    assert_eq!(deliver(&server).await, 1);
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn an_inbox_that_cannot_be_posted_to_ends_its_delivery() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read").await.account_id();
    let mut conn = server.conn().await;
    let account = db::accounts::find(&mut conn, alice).await.unwrap().unwrap();
    let like = activity::like(&server.app.config, &account, 1, "https://peer.test/notes/1");
    let now = server.clock.now();
    for inbox in ["not an address", "ftp://peer.test/inbox", "https://local.test/inbox", "https://"]
    {
        outbox::send(&mut conn, alice, like.clone(), inbox, Priority::Personal, now).await.unwrap();
    }
    drop(conn);
    assert_eq!(deliver(&server).await, 4);
    assert_eq!((waiting(&server).await, activities(&server).await), (0, 0));
}

#[tokio::test]
async fn what_a_worker_held_that_died_comes_back() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;
    post(&server, alice, "Hello", 0).await;
    write(&server).await;

    let now = server.clock.now();
    let lease = now + TimeDelta::minutes(10);
    let mut conn = server.conn().await;
    let priority = Priority::Mass.number();
    let held = db::deliveries::claim(&mut conn, priority, &[], 10, lease, now).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(deliver(&server).await, 0);

    server.clock.advance(TimeDelta::minutes(11));
    assert_eq!(deliver(&server).await, 1);
    assert_eq!(peer.received().len(), 1);
}

#[tokio::test]
async fn a_worker_delivers_when_it_is_woken_and_stops_when_told() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    follower(&server, "peer.test", "rita", alice).await;
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(delivery::run_loop(server.app.clone(), shutdown.clone()));

    post(&server, alice, "Hello", 0).await;
    write(&server).await;
    let arrived = async {
        while peer.received().is_empty() || waiting(&server).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.unwrap();
    shutdown.cancel();
    worker.await.unwrap().unwrap();
    assert_eq!(peer.received().len(), 1);
}

#[tokio::test]
async fn a_follow_and_its_answer_go_to_the_persons_own_inbox() {
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer]).await;
    let alice = server.sign_in("alice", "read").await.account_id();
    let rita = follower(&server, "peer.test", "rita", alice).await;
    let config = &server.app.config;
    let now = server.clock.now();
    let mut conn = server.conn().await;
    let account = db::accounts::find(&mut conn, alice).await.unwrap().unwrap();
    let target = db::accounts::find(&mut conn, rita).await.unwrap().unwrap();

    let uri = uris::random(config);
    let follow = activity::follow(config, &account, &target.uri, &uri);
    outbox::send(&mut conn, alice, follow, &target.inbox_url, Priority::Personal, now)
        .await
        .unwrap();
    let accept = activity::answer_follow(
        config,
        activity::Answer::Accept,
        &account,
        &target.uri,
        Some("https://peer.test/follows/1"),
        Some(7),
    );
    outbox::send(&mut conn, alice, accept, &target.inbox_url, Priority::Personal, now)
        .await
        .unwrap();
    drop(conn);
    deliver(&server).await;

    assert_eq!(peer.received_types(), ["Follow", "Accept"]);
    let received = peer.received();
    assert_eq!(received[0].path, "/users/rita/inbox");
    assert_eq!(received[0].json["id"], uri);
    let actor = uris::actor(config, &account);
    assert_eq!(received[1].json["id"], format!("{actor}#accepts/follows/7"));
    assert_eq!(received[1].json["object"]["id"], "https://peer.test/follows/1");
    assert_eq!(received[1].json["object"]["object"], actor);
    assert!(is_signed_by(&server, &received[1], alice).await);
}
