//! Pages that anyone may read.

use axum::http::StatusCode;
use ferrodon_test_support::TestServer;
use serde_json::json;

#[tokio::test]
async fn a_profile_shows_what_is_public_and_nothing_else() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    for (text, visibility) in
        [("for all", "public"), ("for friends", "private"), ("psst", "direct")]
    {
        let draft = json!({ "status": text, "visibility": visibility });
        let _ = alice.post("/api/v1/statuses", draft).await.ok();
    }
    let page = server.browser().open("/@alice").await.ok();
    assert!(page.text.contains("for all"));
    assert!(!page.text.contains("for friends") && !page.text.contains("psst"));
}

#[tokio::test]
async fn a_post_has_a_page_for_those_who_may_see_it() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let draft = json!({ "status": "a <b>word</b>", "spoiler_text": "markup" });
    let public = alice.post("/api/v1/statuses", draft).await.ok();
    let draft = json!({ "status": "psst", "visibility": "private" });
    let private = alice.post("/api/v1/statuses", draft).await.ok();
    let mut browser = server.browser();

    let page = browser.open(&format!("/@alice/{}", public.str("/id"))).await.ok();
    assert!(page.text.contains("a &lt;b&gt;word&lt;/b&gt;"), "{}", page.text);
    let hidden = browser.open(&format!("/@alice/{}", private.str("/id"))).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert!(hidden.text.contains("There is nothing here"));
    let elsewhere = browser.open(&format!("/@bob/{}", public.str("/id"))).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_speak_the_visitors_language() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for (language, words) in [("de-AT, en;q=0.5", "Über diesen Server"), ("zh", "关于本服务器")]
    {
        browser.prefer(language);
        let page = browser.open("/about").await.ok();
        assert!(page.text.contains(words), "{}", page.text);
    }
}
