//! Apps register, get tokens, and lose them.

use axum::body::Body;
use ferrodon_test_support::{Response, TestServer};
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::json;

const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

async fn register(server: &TestServer, scopes: &str) -> (String, String) {
    let fields = [("client_name", "App"), ("redirect_uris", OOB), ("scopes", scopes)];
    let app = server.anonymous().post_form("/api/v1/apps", &fields).await.ok();
    (app.str("/client_id").to_owned(), app.str("/client_secret").to_owned())
}

async fn as_token(server: &TestServer, path: &str, token: &str) -> Response {
    let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"));
    server.request(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_app_registers_with_json_or_a_form() {
    let server = TestServer::start().await;
    let app = json!({
        "client_name": "App", "redirect_uris": [OOB, "app://back"], "scopes": "write read write",
        "website": "https://app.test",
    });
    let app = server.anonymous().post("/api/v1/apps", app).await.ok();
    assert_eq!(app.json["redirect_uris"], json!([OOB, "app://back"]));
    assert_eq!(app.json["scopes"], json!(["write", "read"]));
    assert_eq!(app.str("/client_id").len(), 43);

    for (change, text) in [
        (json!({ "client_name": " " }), "Application name can't be blank"),
        (json!({ "redirect_uris": "javascript:x" }), "Redirect URI is forbidden by the server."),
        (json!({ "scopes": "everything" }), "Scopes doesn't match configured on the server."),
    ] {
        let mut app = json!({ "client_name": "App", "redirect_uris": OOB });
        app.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = server.anonymous().post("/api/v1/apps", app).await;
        assert_eq!(answer.status.as_u16(), 422);
        assert_eq!(answer.str("/error"), format!("Validation failed: {text}"));
    }
}

#[tokio::test]
async fn an_app_without_a_person_is_only_an_app() {
    let server = TestServer::start().await;
    let (id, secret) = register(&server, "read write").await;
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("scope", "read"),
    ];
    let given = server.anonymous().post_form("/oauth/token", &fields).await.ok();
    let token = given.str("/access_token").to_owned();
    assert_eq!(given.json["token_type"], "Bearer");
    let again = server.anonymous().post_form("/oauth/token", &fields).await.ok();
    assert_eq!(again.str("/access_token"), token, "the same token is given again");

    let app = as_token(&server, "/api/v1/apps/verify_credentials", &token).await.ok();
    assert_eq!(app.str("/name"), "App");
    let answer = as_token(&server, "/api/v1/preferences", &token).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.str("/error"), "This method requires an authenticated user");
    as_token(&server, "/api/v1/timelines/public", &token).await.ok();

    fields[3].1 = "follow";
    let answer = server.anonymous().post_form("/oauth/token", &fields).await;
    assert_eq!((answer.status.as_u16(), answer.str("/error")), (400, "invalid_scope"));
    fields[2].1 = "wrong";
    let answer = server.anonymous().post_form("/oauth/token", &fields).await;
    assert_eq!((answer.status.as_u16(), answer.str("/error")), (401, "invalid_client"));
    fields[0].1 = "password";
    let answer = server.anonymous().post_form("/oauth/token", &fields).await;
    assert_eq!((answer.status.as_u16(), answer.str("/error")), (400, "unsupported_grant_type"));
}

#[tokio::test]
async fn only_its_own_app_takes_a_token_back() {
    let server = TestServer::start().await;
    let (id, secret) = register(&server, "read").await;
    let (other_id, other_secret) = register(&server, "read").await;
    let fields =
        [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let given = server.anonymous().post_form("/oauth/token", &fields).await.ok();
    let token = given.str("/access_token").to_owned();

    let revoke = |id: &str, secret: &str| {
        [
            ("client_id", id.to_owned()),
            ("client_secret", secret.to_owned()),
            ("token", token.clone()),
        ]
    };
    for (id, secret, status) in [
        (&*other_id, &*other_secret, 403),
        (&*id, "wrong", 403),
        (&*id, &*secret, 200),
        (&*id, &*secret, 200),
    ] {
        let fields = revoke(id, secret);
        let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, &**value)).collect();
        let answer = server.anonymous().post_form("/oauth/revoke", &fields).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    }
    let answer = as_token(&server, "/api/v1/apps/verify_credentials", &token).await;
    assert_eq!(answer.status.as_u16(), 401);
    assert_eq!(answer.str("/error"), "The access token was revoked");
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_app_only() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read").await;
    let (id, secret) = register(&server, "read profile").await;
    // The example of RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let code = |code: &'static str| {
        let (server, id) = (&server, &id);
        async move {
            let mut conn = server.conn().await;
            sqlx::query(
                "insert into oauth_access_grants
                     (token, application_id, resource_owner_id, redirect_uri, scopes, expires_in,
                      code_challenge, code_challenge_method, created_at)
                 select $1, apps.id, users.id, $3, 'profile', 600,
                        'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'S256', $4
                 from oauth_applications apps, users where uid = $2",
            )
            .bind(code)
            .bind(id)
            .bind(OOB)
            .bind(server.clock.now().naive_utc())
            .execute(&mut *conn)
            .await
            .unwrap();
        }
    };
    code("first").await;
    code("second").await;
    let exchange = |code: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", id.clone()),
            ("client_secret", secret.clone()),
            ("redirect_uri", OOB.to_owned()),
            ("code", code.to_owned()),
            ("code_verifier", verifier.to_owned()),
        ];
        let server = &server;
        async move {
            let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, &**value)).collect();
            server.anonymous().post_form("/oauth/token", &fields).await
        }
    };
    let answer = exchange("first", "wrong").await;
    assert_eq!(answer.str("/error"), "invalid_grant");
    let answer = exchange("first", "").await;
    assert_eq!(answer.str("/error"), "invalid_request");
    let given = exchange("first", verifier).await.ok();
    assert_eq!(given.str("/scope"), "profile");
    assert_eq!(exchange("first", verifier).await.str("/error"), "invalid_grant", "it is used up");

    let token = given.str("/access_token");
    let me = as_token(&server, "/oauth/userinfo", token).await.ok();
    assert_eq!(me.str("/preferred_username"), "alice");
    let id = as_token(&server, "/api/v1/accounts/verify_credentials", token).await.ok();
    assert_eq!(id.str("/id"), alice.account_id().to_string());

    server.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(exchange("second", verifier).await.str("/error"), "invalid_grant", "it is too old");
}

#[tokio::test]
async fn the_use_of_a_token_is_noted_once_a_day() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read").await;
    let used = || async {
        let mut conn = server.conn().await;
        sqlx::query_scalar::<_, Option<chrono::NaiveDateTime>>(
            "select last_used_at from oauth_access_tokens",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap()
    };
    assert_eq!(used().await, None);
    alice.get("/api/v1/preferences").await.ok();
    let first = used().await;
    assert_eq!(first, Some(server.clock.now().naive_utc()));
    server.clock.advance(chrono::TimeDelta::hours(23));
    alice.get("/api/v1/preferences").await.ok();
    assert_eq!(used().await, first);
    server.clock.advance(chrono::TimeDelta::hours(1));
    alice.get("/api/v1/preferences").await.ok();
    assert_eq!(used().await, Some(server.clock.now().naive_utc()));
}
