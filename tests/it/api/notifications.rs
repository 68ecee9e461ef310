//! Notifications, one by one and in groups.

use ferrodon_test_support::{Client, TestServer};
use serde_json::json;

async fn favourited_by<'a>(server: &'a TestServer, alice: &Client<'a>, names: &[&str]) -> String {
    let status = alice.post("/api/v1/statuses", json!({ "status": "hi" })).await.ok();
    let path = format!("/api/v1/statuses/{}/favourite", status.str("/id"));
    for name in names {
        let who = server.sign_in(name, "read write").await;
        who.post(&path, json!({})).await.ok();
    }
    server.run_jobs().await;
    status.str("/id").to_owned()
}

#[tokio::test]
async fn those_that_are_alike_are_a_group() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let status = favourited_by(&server, &alice, &["bob", "carol", "dave"]).await;

    let each = alice.get("/api/v1/notifications").await.ok();
    assert_eq!(each.json.as_array().unwrap().len(), 3);
    assert_eq!(each.str("/0/account/username"), "dave", "the newest comes first");

    let groups = alice.get("/api/v2/notifications").await.ok();
    assert_eq!(groups.json["notification_groups"].as_array().unwrap().len(), 1);
    let group = &groups.json["notification_groups"][0];
    assert_eq!(group["notifications_count"], 3);
    assert_eq!(group["status_id"], status);
    assert_eq!(group["sample_account_ids"].as_array().unwrap().len(), 3);
    let key = group["group_key"].as_str().unwrap();

    let apart = alice.get("/api/v2/notifications?grouped_types[]=follow").await.ok();
    assert_eq!(apart.json["notification_groups"].as_array().unwrap().len(), 3);
    let partial = alice.get("/api/v2/notifications?expand_accounts=partial_avatars").await.ok();
    assert_eq!(partial.json["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(partial.json["partial_accounts"].as_array().unwrap().len(), 2);
    let answer = alice.get("/api/v2/notifications?expand_accounts=none").await;
    assert_eq!(answer.status.as_u16(), 400);

    let accounts = alice.get(&format!("/api/v2/notifications/{key}/accounts")).await.ok();
    assert_eq!(accounts.json.as_array().unwrap().len(), 3);
    alice.post(&format!("/api/v2/notifications/{key}/dismiss"), json!({})).await.ok();
    assert_eq!(alice.get("/api/v1/notifications").await.ok().json, json!([]));
}

#[tokio::test]
async fn pages_of_groups_follow_their_links() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    favourited_by(&server, &alice, &["bob", "carol"]).await;
    favourited_by(&server, &alice, &["dave"]).await;
    let first = alice.get("/api/v2/notifications?limit=1").await.ok();
    let link = first.link.unwrap();
    let next = link.split('<').nth(1).unwrap().split('>').next().unwrap();
    let path = next.strip_prefix("https://local.test").unwrap();
    let second = alice.get(path).await.ok();
    assert_eq!(second.json["notification_groups"][0]["notifications_count"], 2);
    let first_key = &first.json["notification_groups"][0]["group_key"];
    assert_ne!(&second.json["notification_groups"][0]["group_key"], first_key);
}

#[tokio::test]
async fn what_is_unread_is_counted_from_the_marker() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    favourited_by(&server, &alice, &["bob", "carol"]).await;
    let count = |version: u8| {
        let alice = &alice;
        async move {
            let path = format!("/api/v{version}/notifications/unread_count");
            alice.get(&path).await.ok().json["count"].as_u64().unwrap()
        }
    };
    assert_eq!((count(1).await, count(2).await), (2, 1));
    let each = alice.get("/api/v1/notifications").await.ok();
    let marker = json!({ "notifications": { "last_read_id": each.str("/1/id") } });
    let moved = alice.post("/api/v1/markers", marker).await.ok();
    assert_eq!(moved.json["notifications"]["version"], 1);
    assert_eq!((count(1).await, count(2).await), (1, 1));
    let shown = alice.get("/api/v1/markers?timeline[]=notifications").await.ok();
    assert_eq!(shown.json, moved.json);
}

#[tokio::test]
async fn a_policy_keeps_strangers_waiting() {
    let server = TestServer::start().await;
    let alice = server.sign_in("alice", "read write").await;
    let policy = json!({ "for_not_following": "filter" });
    let policy = alice.put("/api/v2/notifications/policy", policy).await.ok();
    assert_eq!(policy.json["for_not_following"], "filter");
    let bob = server.sign_in("bob", "read write").await;
    bob.post("/api/v1/statuses", json!({ "status": "@alice hello" })).await.ok();
    server.run_jobs().await;
    assert_eq!(alice.get("/api/v1/notifications").await.ok().json, json!([]));
    let all = alice.get("/api/v1/notifications?include_filtered=true").await.ok();
    assert_eq!(all.json[0]["filtered"], true);
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    assert_eq!(requests.str("/0/account/username"), "bob");
    assert_eq!(requests.str("/0/notifications_count"), "1");
    let policy = alice.get("/api/v1/notifications/policy").await.ok();
    assert_eq!(policy.json["filter_not_following"], true);
    assert_eq!(policy.json["summary"]["pending_requests_count"], 1);
    let answer = alice.put("/api/v2/notifications/policy", json!({ "for_bots": "eat" })).await;
    assert_eq!(answer.status.as_u16(), 422);
}
