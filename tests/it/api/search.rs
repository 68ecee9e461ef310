//! Looking for people and hashtags, here and elsewhere.

use ferrodon_test_support::{RemoteServer, TestServer};
use serde_json::json;

#[tokio::test]
async fn people_are_found_by_the_beginning_of_their_names() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let names = |json: &serde_json::Value| -> Vec<String> {
        let list = json.as_array().unwrap().iter();
        list.map(|account| account["username"].as_str().unwrap().to_owned()).collect()
    };
    let found = bob.get("/api/v1/accounts/search?q=ali").await.ok();
    assert_eq!(names(&found.json), ["alice"]);
    let found = bob.get("/api/v1/accounts/search?q=@alice@local.test").await.ok();
    assert_eq!(names(&found.json), ["alice"]);
    let found = bob.get("/api/v1/accounts/search?q=ali&following=true").await.ok();
    assert_eq!(names(&found.json), [""; 0]);
    let follow = format!("/api/v1/accounts/{}/follow", alice.account_id());
    bob.post(&follow, json!({})).await.ok();
    let found = bob.get("/api/v1/accounts/search?q=ali&following=true").await.ok();
    assert_eq!(names(&found.json), ["alice"]);
    for nothing in ["", "%20", "%27%7C%21", "@", "%25"] {
        let found = bob.get(&format!("/api/v1/accounts/search?q={nothing}")).await.ok();
        assert_eq!(found.json, json!([]), "{nothing}");
    }
}

#[tokio::test]
async fn strangers_may_not_make_us_ask_others() {
    let server = TestServer::start().await;
    for (query, status) in [
        ("q=alice", 200),
        ("q=", 400),
        ("q=alice&limit=-1", 400),
        ("q=alice&offset=1", 401),
        ("q=alice&resolve=true", 401),
    ] {
        let answer = server.anonymous().get(&format!("/api/v2/search?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn an_account_of_another_server_is_looked_up_by_handle_and_address() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = server.sign_in("alice", "read write").await;
    let rita = remote.actor("rita");
    let unknown = alice.get("/api/v2/search?q=@rita@remote.test").await.ok();
    assert_eq!(unknown.json["accounts"], json!([]));
    let found = alice.get("/api/v2/search?q=@rita@remote.test&resolve=true").await.ok();
    assert_eq!(found.str("/accounts/0/acct"), "rita@remote.test");
    assert_eq!(found.str("/accounts/0/uri"), rita.id);
    let uri: String = url::form_urlencoded::byte_serialize(rita.id.as_bytes()).collect();
    let found = alice.get(&format!("/api/v2/search?q={uri}&resolve=true")).await.ok();
    assert_eq!(found.str("/accounts/0/acct"), "rita@remote.test");
    assert_eq!(found.json["hashtags"], json!([]));
}

#[tokio::test]
async fn hashtags_are_found_however_they_are_written() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    alice.post("/api/v1/statuses", json!({ "status": "#Rust and #rusty" })).await.ok();
    for query in ["rust", "%23RUST", "%23rus"] {
        let found = alice.get(&format!("/api/v2/search?q={query}&type=hashtags")).await.ok();
        assert_eq!(found.str("/hashtags/0/name"), "Rust", "{query}");
        assert_eq!(found.json["hashtags"][0]["history"].as_array().unwrap().len(), 7);
    }
    let found = alice.get("/api/v2/search?q=rust&type=statuses").await.ok();
    assert_eq!(found.json["statuses"], json!([]), "there is no search for posts");
}
