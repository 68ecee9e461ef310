//! Whatever is sent, the answer is an error that says what is wrong, and the server goes on.

use axum::body::Body;
use ferrodon_test_support::{Response, TestServer};
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use serde_json::{Value, json};

const STATUSES: &str = "/api/v1/statuses";

fn error(response: &Response) -> (u16, &str) {
    (response.status.as_u16(), response.str("/error"))
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    for (kind, body) in [
        ("application/json", b"{\"status\":".to_vec()),
        ("application/json", b"\xff\xfe".to_vec()),
        ("application/x-www-form-urlencoded", b"status=%ff".to_vec()),
        ("application/x-www-form-urlencoded", b"status=%zz".to_vec()),
        ("application/x-www-form-urlencoded", b"status=a&status[b]=c".to_vec()),
        ("multipart/form-data; boundary=B", b"--B\r\nnonsense".to_vec()),
        ("multipart/form-data", b"--B".to_vec()),
    ] {
        let answer = alice.post_bytes(STATUSES, kind, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{kind}: {}", answer.text);
        assert!(answer.json["error"].is_string(), "{kind}: {}", answer.text);
    }
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let answer = alice.post_bytes(STATUSES, "application/json", deep.into_bytes()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    alice.post(STATUSES, json!({ "status": "still here" })).await.ok();
}

#[tokio::test]
async fn bodies_have_a_size() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let large = format!("status={}", "x".repeat(3 * 1024 * 1024));
    let kind = "application/x-www-form-urlencoded";
    let answer = alice.post_bytes(STATUSES, kind, large.into_bytes()).await;
    assert_eq!(error(&answer), (413, "Payload Too Large"));
}

#[tokio::test]
async fn values_of_the_wrong_type_count_as_not_sent() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let odd = json!({
        "status": "odd", "media_ids": "1", "poll": [], "in_reply_to_id": {}, "sensitive": [],
        "language": { "x": 1 }, "visibility": null,
    });
    let answer = alice.post(STATUSES, odd).await.ok();
    assert_eq!(answer.json["visibility"], "public");
    assert_eq!(answer.json["sensitive"], false);
    assert_eq!(answer.json["in_reply_to_id"], Value::Null);
    for path in [
        "/api/v1/timelines/public?limit=x&max_id[]=1",
        "/api/v1/notifications?types=mention&limit[a]=b",
        "/api/v2/search?q=x&limit=99999999999999999999&type[]=accounts",
        "/api/v1/markers?timeline=home",
    ] {
        alice.get(path).await.ok();
    }
}

#[tokio::test]
async fn ids_that_are_none_lead_nowhere() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    for id in ["x", "-1", "0", "99999999999999999999999", "%00", "1%2F2", "%C3%A9"] {
        for path in ["/api/v1/statuses/", "/api/v1/accounts/", "/api/v2/filters/"] {
            let answer = alice.get(&format!("{path}{id}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}{id} {}", answer.text);
        }
    }
}

#[tokio::test]
async fn tokens_are_checked() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read").await;
    let answer = server.anonymous().post(STATUSES, json!({ "status": "no" })).await;
    assert_eq!(error(&answer), (401, "The access token is invalid"));
    assert!(answer.headers[WWW_AUTHENTICATE].to_str().unwrap().contains("invalid_token"));

    let answer = alice.post(STATUSES, json!({ "status": "no" })).await;
    assert_eq!(error(&answer), (403, "This action is outside the authorized scopes"));

    let with_token = |path: &str, token: &str| {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"));
        request.body(Body::empty()).unwrap()
    };
    let answer = server.request(with_token("/api/v1/preferences", "unknown")).await;
    assert_eq!(error(&answer), (401, "The access token is invalid"));
    let answer = server.request(with_token("/api/v1/timelines/public", "unknown")).await;
    assert_eq!(answer.status, StatusCode::OK, "an unknown token is nobody's");
}

#[tokio::test]
async fn a_token_may_stand_in_the_parameters() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let mut conn = server.conn().await;
    let token: String = sqlx::query_scalar("select token from oauth_access_tokens limit 1")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let path = format!("/api/v1/accounts/verify_credentials?access_token={token}");
    let answer = server.anonymous().get(&path).await.ok();
    assert_eq!(answer.str("/id"), alice.account_id().to_string());
    let fields = [("access_token", token.as_str()), ("status", "by form")];
    server.anonymous().post_form(STATUSES, &fields).await.ok();
}

#[tokio::test]
async fn people_who_may_not_act_are_told_why() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    for (change, text) in [
        ("confirmed_at = null", "Your login is missing a confirmed e-mail address"),
        ("approved = false", "Your login is currently pending approval"),
        ("disabled = true", "Your login is currently disabled"),
    ] {
        let mut conn = server.conn().await;
        let set = format!("update users set {change} where account_id = $1");
        sqlx::query(sqlx::AssertSqlSafe(set))
            .bind(alice.account_id())
            .execute(&mut *conn)
            .await
            .unwrap();
        let answer = alice.get("/api/v1/preferences").await;
        assert_eq!(error(&answer), (403, text));
        let back = "update users set confirmed_at = now(), approved = true, disabled = false";
        sqlx::query(back).execute(&mut *conn).await.unwrap();
    }
    alice.get("/api/v1/preferences").await.ok();
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    for path in ["/api", "/api/v1/nothing", "/api/v1/statuses.json", "/api/v3/instance"] {
        let request = Request::get(path).header("accept", "application/json");
        let answer = server.request(request.body(Body::empty()).unwrap()).await;
        assert_eq!(error(&answer), (404, "Not Found"), "{path}");
    }
    let answer = alice.delete("/api/v1/preferences").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let request = Request::head("/api/v1/instance").body(Body::empty()).unwrap();
    let answer = server.request(request).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, ""));
}

#[tokio::test]
async fn other_origins_may_ask() {
    let server = TestServer::start().await;
    let ask = Request::options("/api/v1/statuses")
        .header("origin", "https://elsewhere.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key");
    let answer = server.request(ask.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["access-control-allow-headers"], "authorization,idempotency-key");
    let ask = Request::get("/api/v1/instance").header("origin", "https://elsewhere.test");
    let answer = server.request(ask.body(Body::empty()).unwrap()).await;
    assert!(answer.headers["access-control-expose-headers"].to_str().unwrap().contains("Link"));
    assert_eq!(answer.headers["vary"], "Accept, Origin");
    assert_eq!(answer.headers["server"], "Mastodon");
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json; charset=utf-8");
}

#[tokio::test]
async fn who_asks_too_often_must_wait() {
    let server = TestServer::start().await;
    let app = [("client_name", "App"), ("redirect_uris", "urn:ietf:wg:oauth:2.0:oob")];
    for left in (0..5).rev() {
        let answer = server.anonymous().post_form("/api/v1/apps", &app).await.ok();
        assert_eq!(answer.headers["x-ratelimit-limit"], "5");
        assert_eq!(answer.headers["x-ratelimit-remaining"], left.to_string());
    }
    let answer = server.anonymous().post_form("/api/v1/apps", &app).await;
    assert_eq!(error(&answer), (429, "Too many requests"));
    assert_eq!(answer.headers["x-ratelimit-remaining"], "0");
    let reset = answer.headers["x-ratelimit-reset"].to_str().unwrap();
    assert_eq!(reset, "2026-01-02T03:10:00.000000Z", "the end of the window");
    server.clock.advance(chrono::TimeDelta::minutes(10));
    server.anonymous().post_form("/api/v1/apps", &app).await.ok();
}

#[tokio::test]
async fn an_address_can_be_shut_out() {
    let server = TestServer::start().await;
    server.anonymous().get("/api/v1/instance").await.ok();
    let shut_out = TestServer::start_with(&[], |config| config.testing.no_row_cache = true).await;
    let mut conn = shut_out.conn().await;
    sqlx::query(
        "insert into ip_blocks (ip, severity, comment, created_at, updated_at)
         values ('0.0.0.0/8', 9999, '', now(), now())",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    let answer = shut_out.anonymous().get("/api/v1/instance").await;
    assert_eq!((answer.status, answer.text.trim()), (StatusCode::FORBIDDEN, "Forbidden"));
}
