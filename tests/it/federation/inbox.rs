//! What comes into an inbox: well-signed activities are stored, everything else leaves no trace.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use chrono::TimeDelta;
use ferrodon_activitypub::keys::SigningKey;
use ferrodon_activitypub::linked_data;
use ferrodon_test_support::{RemoteActor, RemoteServer, Response, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

#[tokio::test]
async fn a_signed_activity_is_stored_before_the_answer() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");

    let response = remote.send(&server, &alice, &follow(&alice)).await;
    assert_eq!((response.status, response.text.as_str()), (StatusCode::ACCEPTED, ""));

    let jobs = jobs(&server).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0]["kind"], "process_activity");
    assert_eq!(jobs[0]["args"]["body"], follow(&alice).to_string());
    assert_eq!(jobs[0]["args"]["recipient_id"], Value::Null);
}

#[tokio::test]
async fn a_personal_inbox_has_an_owner_or_is_not_there() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    let bob = local_account(&server, "bob").await;
    let body = || follow(&alice).to_string().into_bytes();

    for path in ["/users/bob/inbox", "/users/BOB/inbox", &format!("/ap/users/{bob}/inbox")] {
        let response = remote.send_to(&server, path, &alice, body()).await;
        assert_eq!(response.status, StatusCode::ACCEPTED, "{path} {}", response.text);
    }
    for job in jobs(&server).await {
        assert_eq!(job["args"]["recipient_id"], bob.to_string());
    }
    for path in ["/users/nobody/inbox", "/ap/users/1/inbox", "/ap/users/x/inbox"] {
        let response = remote.send_to(&server, path, &alice, body()).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
    }
    execute(&server, "update accounts set suspended_at = now() where username = 'bob'").await;
    let response = remote.send_to(&server, "/users/bob/inbox", &alice, body()).await;
    assert_eq!(response.status, StatusCode::GONE);
}

#[tokio::test]
async fn what_is_not_well_signed_is_refused_and_leaves_no_trace() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    let mallory = remote.actor("mallory");
    let body = follow(&alice).to_string().into_bytes();
    let signed = || remote.signed(&server, "/inbox", &alice, body.clone());
    let with = |name: &'static str, value: &str| {
        let mut request = signed();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };

    let mut unsigned = signed();
    unsigned.headers_mut().remove("signature");
    refused(&server, unsigned, 401, "Request not signed").await;

    let imposter = RemoteActor { private_key: mallory.private_key.clone(), ..alice.clone() };
    let forged = remote.signed(&server, "/inbox", &imposter, body.clone());
    refused(&server, forged, 401, "Verification failed for alice@remote.test").await;

    let mut tampered = signed();
    *tampered.body_mut() = Body::from(follow(&mallory).to_string());
    refused(&server, tampered, 401, "Invalid Digest value").await;

    let mut twice = signed();
    twice.headers_mut().append("digest", "SHA-256=AAAA".parse().unwrap());
    refused(&server, twice, 401, "The digest header was given more than once").await;

    let foreign = with("host", "elsewhere.test");
    assert_eq!(server.request(foreign).await.status, StatusCode::FORBIDDEN);

    let other_path = {
        let (mut parts, body) = signed().into_parts();
        parts.uri = "/actor/inbox".parse().unwrap();
        Request::from_parts(parts, body)
    };
    refused(&server, other_path, 401, "Verification failed").await;

    let future = with("date", "Fri, 02 Jan 2026 05:04:05 GMT");
    refused(&server, future, 401, "Signed request date outside").await;
    let no_date = with("date", "soon");
    refused(&server, no_date, 401, "Invalid Date header").await;

    let stale = signed();
    server.clock.advance(TimeDelta::minutes(66));
    refused(&server, stale, 401, "Signed request date outside").await;

    assert!(jobs(&server).await.is_empty());
}

#[tokio::test]
async fn bodies_that_no_activity_can_have_are_refused_first() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    let send = async |body: Vec<u8>| remote.send_to(&server, "/inbox", &alice, body).await.status;

    assert_eq!(send(vec![b' '; 1024 * 1024 + 1]).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(b"{\"type\": \"\xff\"}".to_vec()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(b"{\"type\":".to_vec()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send("[".repeat(101).into_bytes()).await, StatusCode::BAD_REQUEST);
    // JSON, but no activity: taken and forgotten, as Mastodon does.
    assert_eq!(send(b"[1]".to_vec()).await, StatusCode::ACCEPTED);
    assert!(jobs(&server).await.is_empty());

    let get = Request::get("/inbox").body(Body::empty()).unwrap();
    assert_eq!(server.request(get).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stranger_who_deletes_themself_is_not_looked_up() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let gone = remote.url("/users/gone");
    let delete = json!({ "type": "Delete", "actor": gone, "object": gone });

    let response = server.anonymous().post("/inbox", delete).await;
    assert_eq!(response.status, StatusCode::ACCEPTED);
    assert!(remote.asked().is_empty());
    assert!(jobs(&server).await.is_empty());
}

#[tokio::test]
async fn a_blocked_server_is_refused_without_asking_it() {
    let remote = RemoteServer::start("sub.remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    let block = "insert into domain_blocks (domain, severity, created_at, updated_at)
                 values ('remote.test', 1, now(), now())";
    execute(&server, block).await;

    let response = remote.send(&server, &alice, &follow(&alice)).await;
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert!(response.str("/error").starts_with("Public key not found for key"));
    assert!(remote.asked().is_empty());
}

#[tokio::test]
async fn a_changed_key_is_fetched_again_once_a_minute() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let before = remote.actor("alice");
    assert_eq!(status(remote.send(&server, &before, &follow(&before)).await), 202);
    // The same name again has a new key.
    let after = remote.actor("alice");
    assert_eq!(status(remote.send(&server, &after, &follow(&after)).await), 202);
    assert_eq!(status(remote.send(&server, &before, &follow(&before)).await), 401);

    let asked = remote.asked().len();
    let _third = remote.actor("alice");
    assert_eq!(status(remote.send(&server, &before, &follow(&before)).await), 401);
    assert_eq!(remote.asked().len(), asked, "asked again within the minute");
}

#[tokio::test]
async fn what_another_server_passes_on_is_its_authors_if_they_signed_it() {
    let remote = RemoteServer::start("remote.test").await;
    let relay = RemoteServer::start("relay.test").await;
    let server = TestServer::start_among(&[&remote, &relay]).await;
    let alice = remote.actor("alice");
    let carrier = relay.actor("carrier");
    local_account(&server, "bob").await;
    let followers = async || {
        sqlx::query_scalar::<_, String>(
            "select a.uri from follows f join accounts a on a.id = f.account_id",
        )
        .fetch_all(&mut *server.conn().await)
        .await
        .unwrap()
    };

    let key = SigningKey::from_pem(&alice.private_key).unwrap();
    let key_id = format!("{}#main-key", alice.id);
    let signed = linked_data::sign(&follow(&alice), &key_id, &key, server.clock.now()).unwrap();
    let mut tampered = signed.clone();
    tampered["object"] = json!("https://local.test/users/carol");
    let mut unsigned = signed.clone();
    unsigned.as_object_mut().unwrap().remove("signature");
    for refused in [tampered, unsigned] {
        assert_eq!(status(relay.send(&server, &carrier, &refused).await), 202);
        server.run_jobs().await;
        assert!(followers().await.is_empty());
    }

    assert_eq!(status(relay.send(&server, &carrier, &signed).await), 202);
    server.run_jobs().await;
    assert_eq!(followers().await, [alice.id]);
}

#[tokio::test]
async fn a_host_that_posts_is_back() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    for sql in [
        "insert into unavailable_domains (domain, created_at, updated_at)
         values ('remote.test', now(), now())",
        "insert into ferrodon.hosts (host, failures, failure_days, resting_until)
         values ('remote.test', 9, '{2026-01-01}', now() + interval '1 day')",
    ] {
        execute(&server, sql).await;
    }
    assert_eq!(status(remote.send(&server, &alice, &follow(&alice)).await), 202);
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from unavailable_domains)
              + (select count(*) from ferrodon.hosts where failures > 0 or resting_until is not null)",
    )
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn whatever_comes_in_gets_an_answer_that_is_no_failure_of_ours() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start());
    let config = Config { cases: 256, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&anything(), |(method, path, headers, body)| {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_bytes(&value))
            {
                request.headers_mut().append(name, value);
            }
        }
        let response = runtime.block_on(server.request(request));
        prop_assert!(!response.status.is_server_error(), "{} {}", response.status, response.text);
        Ok(())
    });
    outcome.unwrap();
    assert!(runtime.block_on(jobs(&server)).is_empty());
}

type Headers = Vec<(String, Vec<u8>)>;

/// Requests between noise and nearly right. Keys are never on a host that could be asked.
fn anything() -> impl Strategy<Value = (Method, String, Headers, Vec<u8>)> {
    let method = prop_oneof![4 => Just(Method::POST), 1 => Just(Method::GET)];
    let path = prop_oneof![
        Just("/inbox".to_owned()),
        Just("/actor/inbox?x=%ff&y".to_owned()),
        "/users/[a-z0-9%_.~-]{1,8}/inbox"
            .prop_filter("a path", |path| { path.parse::<axum::http::Uri>().is_ok() }),
        "/ap/users/-?[0-9]{1,25}/inbox",
    ];
    let name = prop_oneof![
        Just("signature"),
        Just("signature-input"),
        Just("digest"),
        Just("content-digest"),
        Just("date"),
        Just("content-type"),
        Just("content-length"),
        Just("collection-synchronization"),
        Just("authorization"),
    ]
    .prop_map(str::to_owned);
    let value = prop_oneof![
        vec(any::<u8>(), 0..60),
        r#"keyId="[a-z:#/@]{0,9}",algorithm="(hs2019|rsa-sha256)",headers="[a-z()\- ]{0,40}",signature="[A-Za-z0-9+/=]{0,20}""#
            .prop_map(String::into_bytes),
        r#"[a-z]{1,4}=\("@(method|path|query)" "[a-z@-]{0,9}"\);created=-?[0-9]{1,15};keyid="[a-z]{0,4}""#
            .prop_map(String::into_bytes),
        r"[a-z]{1,4}=:[A-Za-z0-9+/]{0,8}={0,2}:".prop_map(String::into_bytes),
        Just(b"application/activity+json".to_vec()),
        Just(b"Fri, 02 Jan 2026 03:04:05 GMT".to_vec()),
    ];
    let body = prop_oneof![
        vec(any::<u8>(), 0..300),
        r#"\{"type":("Delete"|"Update"|\[\]|null),"actor":("[a-z:]{0,5}"|\{\}),"object":"[a-z:]{0,5}"\}"#
            .prop_map(String::into_bytes),
        Just("[".repeat(5000).into_bytes()),
    ];
    (method, path, vec((name, value), 0..6), body)
}

fn follow(actor: &RemoteActor) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{}#follows/1", actor.id),
        "type": "Follow",
        "actor": actor.id,
        "object": "https://local.test/users/bob",
    })
}

async fn refused(server: &TestServer, request: Request<Body>, code: u16, reason: &str) {
    let response = server.request(request).await;
    assert_eq!(response.status.as_u16(), code, "{reason}: {}", response.text);
    assert!(response.str("/error").starts_with(reason), "{}", response.text);
}

fn status(response: Response) -> u16 {
    response.status.as_u16()
}

async fn jobs(server: &TestServer) -> Vec<Value> {
    let rows =
        sqlx::query_scalar("select payload from ferrodon.jobs where queue = 'ingress' order by id");
    rows.fetch_all(&mut *server.conn().await).await.expect("the queue can be read")
}

async fn execute(server: &TestServer, sql: &'static str) {
    sqlx::query(sql).execute(&mut *server.conn().await).await.expect("the statement is right");
}

async fn local_account(server: &TestServer, username: &str) -> i64 {
    let id: i64 = sqlx::query_scalar(
        "insert into accounts (username, created_at, updated_at)
         values ($1, now(), now()) returning id",
    )
    .bind(username)
    .fetch_one(&mut *server.conn().await)
    .await
    .expect("an account");
    sqlx::query(
        "insert into users (email, account_id, approved, confirmed_at, created_at, updated_at)
         values ($1, $2, true, now(), now(), now())",
    )
    .bind(format!("{username}@example.test"))
    .bind(id)
    .execute(&mut *server.conn().await)
    .await
    .expect("a user");
    id
}
