//! Filters and their words, for new apps and old.

use ferrodon_test_support::TestServer;
use serde_json::json;

#[tokio::test]
async fn a_filter_is_made_changed_and_removed() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    let filter = json!({
        "title": "Spoilers", "context": ["home", "thread"], "expires_in": 3600,
        "keywords_attributes": [{ "keyword": "ending" }, { "keyword": "twist", "whole_word": false }],
    });
    let filter = alice.post("/api/v2/filters", filter).await.ok();
    assert_eq!(filter.str("/expires_at"), "2026-01-02T04:04:05.678Z");
    assert_eq!(filter.json["keywords"][0]["whole_word"], true);
    let path = format!("/api/v2/filters/{}", filter.str("/id"));

    assert_eq!(bob.get(&path).await.status.as_u16(), 404, "it is nobody else's");
    assert_eq!(bob.put(&path, json!({ "title": "mine" })).await.status.as_u16(), 404);
    assert_eq!(bob.delete(&path).await.status.as_u16(), 404);

    let first = filter.str("/keywords/0/id");
    let change = json!({
        "filter_action": "blur", "expires_in": "",
        "keywords_attributes": [{ "id": first, "_destroy": true }, { "keyword": "new" }],
    });
    let changed = alice.put(&path, change).await.ok();
    assert_eq!(changed.json["title"], "Spoilers", "what is not said stays");
    assert_eq!(changed.json["expires_at"], json!(null));
    assert_eq!(changed.json["filter_action"], "blur");
    let words: Vec<_> = changed.json["keywords"].as_array().unwrap().iter().collect();
    assert_eq!((words.len(), &words[1]["keyword"]), (2, &json!("new")));

    let old = alice.get("/api/v1/filters").await.ok();
    assert_eq!(old.json.as_array().unwrap().len(), 2, "one entry a word");
    assert_eq!(old.headers["deprecation"], "@1668384000");
    let entry = format!("/api/v1/filters/{}", old.str("/0/id"));
    let answer = alice.put(&entry, json!({ "context": ["public"] })).await;
    assert_eq!(answer.status.as_u16(), 422, "two words share the filter");

    alice.delete(&path).await.ok();
    assert_eq!(alice.get("/api/v2/filters").await.ok().json, json!([]));
}

#[tokio::test]
async fn statuses_are_filtered_by_words_and_one_by_one() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let status = alice.post("/api/v1/statuses", json!({ "status": "the ending" })).await.ok();
    let old = json!({ "phrase": "ending", "context": ["home"], "irreversible": true });
    let old = alice.post("/api/v1/filters", old).await.ok();
    assert_eq!(old.json["irreversible"], true);
    let path = format!("/api/v1/statuses/{}", status.str("/id"));
    let shown = alice.get(&path).await.ok();
    assert_eq!(shown.str("/filtered/0/keyword_matches/0"), "ending");
    assert_eq!(shown.str("/filtered/0/filter/filter_action"), "hide");

    let filter = alice.post("/api/v2/filters", json!({ "title": "T", "context": ["home"] })).await;
    let statuses = format!("/api/v2/filters/{}/statuses", filter.ok().str("/id"));
    let rule = json!({ "status_id": status.str("/id") });
    alice.post(&statuses, rule.clone()).await.ok();
    assert_eq!(alice.post(&statuses, rule).await.status.as_u16(), 422, "it is there already");
    let hidden = json!({ "status_id": "1" });
    assert_eq!(alice.post(&statuses, hidden).await.status.as_u16(), 422);
    let shown = alice.get(&path).await.ok();
    assert_eq!(shown.json["filtered"].as_array().unwrap().len(), 2);
}
