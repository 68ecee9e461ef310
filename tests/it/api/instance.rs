//! What the server says of itself, as its admins set it.

use ferrodon_test_support::TestServer;
use serde_json::json;

#[tokio::test]
async fn settings_show_at_once() {
    let server = TestServer::start().await;
    let about = server.anonymous().get("/api/v2/instance").await.ok();
    assert_eq!((about.str("/title"), about.str("/domain")), ("Mastodon", "local.test"));
    assert_eq!(about.str("/version"), "4.6.5");
    assert_eq!(about.json["registrations"]["enabled"], false);
    for (var, value) in [
        ("site_title", json!("A place")),
        ("registrations_mode", json!("approved")),
        ("require_invite_text", json!(true)),
        ("site_extended_description", json!("# Hello\n\n*you*: 1\n")),
    ] {
        ferrodon_app::settings::set(&server.app, var, &value).await.unwrap();
    }
    let about = server.anonymous().get("/api/v2/instance").await.ok();
    assert_eq!(about.str("/title"), "A place");
    let registrations = &about.json["registrations"];
    assert_eq!(registrations["approval_required"], true);
    assert_eq!(registrations["reason_required"], true);
    let old = server.anonymous().get("/api/v1/instance").await.ok();
    assert_eq!(old.json["approval_required"], true);
    assert_eq!(old.headers["deprecation"], "@1668384000");
    let text = server.anonymous().get("/api/v1/instance/extended_description").await.ok();
    assert_eq!(text.str("/content"), "<h1>Hello</h1>\n\n<p><em>you</em>: 1</p>\n");
}

#[tokio::test]
async fn limited_servers_are_shown_to_those_the_admins_chose() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read").await;
    let mut conn = server.conn().await;
    sqlx::query(
        "insert into domain_blocks
             (domain, severity, obfuscate, public_comment, created_at, updated_at)
         values ('bad.example', 1, true, 'spam', now(), now())",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    let path = "/api/v1/instance/domain_blocks";
    assert_eq!(alice.get(path).await.status.as_u16(), 404);
    let set = |to: &'static str| {
        let app = &server.app;
        async move { ferrodon_app::settings::set(app, "show_domain_blocks", &json!(to)).await }
    };
    set("users").await.unwrap();
    let answer = server.anonymous().get(path).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (404, ""));
    let shown = alice.get(path).await.ok();
    assert_eq!(shown.str("/0/domain"), "bad.*****le");
    assert_eq!(shown.json[0]["comment"], json!(null), "reasons are not for them");
    assert_eq!(shown.headers["cache-control"], "private, no-store");
    set("all").await.unwrap();
    let shown = server.anonymous().get(path).await.ok();
    assert_eq!(shown.str("/0/severity"), "suspend");
    assert!(shown.headers["cache-control"].to_str().unwrap().contains("public"));
}
