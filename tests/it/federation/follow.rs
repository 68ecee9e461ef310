//! Following across servers, and its end.

use serde_json::json;

use super::world::{activity, follows, known, notified, number, send, two_servers, uri};

const FOLLOWERS: &str = "select count(*) from follows
     join accounts followed on followed.id = target_account_id where followed.username = $1";

#[tokio::test]
async fn a_follow_is_accepted_and_can_be_undone() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let follow = activity(&rita, "Follow", 1, json!(uri(&alice)));
    send(&server, &peer, &rita, follow.clone()).await;

    assert_eq!(number(&server, FOLLOWERS, "alice").await, 1);
    let received = peer.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/users/rita/inbox");
    assert_eq!(received[0].json["type"], "Accept");
    assert_eq!(received[0].json["actor"], uri(&alice));
    assert_eq!(received[0].json["object"]["id"], follow["id"]);
    assert_eq!(notified(&server, "alice").await, "follow");
    let count = "select followers_count from account_stats
         join accounts on accounts.id = account_id where username = $1";
    assert_eq!(number(&server, count, "alice").await, 1);

    // Once more with another id: accepted again, but nothing is counted twice.
    send(&server, &peer, &rita, activity(&rita, "Follow", 2, json!(uri(&alice)))).await;
    assert_eq!(peer.received_types(), ["Accept", "Accept"]);
    assert_eq!(number(&server, count, "alice").await, 1);

    send(&server, &peer, &rita, activity(&rita, "Undo", 3, follow)).await;
    assert_eq!(number(&server, FOLLOWERS, "alice").await, 0);
    assert_eq!(number(&server, count, "alice").await, 0);
    assert_eq!(notified(&server, "alice").await, "");
}

#[tokio::test]
async fn someone_who_wants_to_be_asked_is_asked() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    sqlx::query("update accounts set locked = true where id = $1")
        .bind(alice.account_id().0)
        .execute(&mut *server.conn().await)
        .await
        .unwrap();
    send(&server, &peer, &rita, activity(&rita, "Follow", 1, json!(uri(&alice)))).await;
    send(&server, &peer, &rita, activity(&rita, "Follow", 2, json!(uri(&alice)))).await;

    assert_eq!(number(&server, FOLLOWERS, "alice").await, 0);
    assert!(peer.received().is_empty());
    assert_eq!(notified(&server, "alice").await, "follow_request");
    let requests = "select count(*) from follow_requests where uri = $1";
    assert_eq!(number(&server, requests, &format!("{}/activities/2", rita.id)).await, 1);
    // Taken back by its id alone.
    let undo = activity(&rita, "Undo", 3, json!(format!("{}/activities/2", rita.id)));
    send(&server, &peer, &rita, undo).await;
    assert_eq!(number(&server, requests, &format!("{}/activities/2", rita.id)).await, 0);
}

#[tokio::test]
async fn whoever_is_blocked_is_rejected() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    sqlx::query(
        "insert into account_domain_blocks (account_id, domain, created_at, updated_at)
         values ($1, 'peer.test', now(), now())",
    )
    .bind(alice.account_id().0)
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
    send(&server, &peer, &rita, activity(&rita, "Follow", 1, json!(uri(&alice)))).await;
    assert_eq!(number(&server, FOLLOWERS, "alice").await, 0);
    assert_eq!(peer.received_types(), ["Reject"]);
}

#[tokio::test]
async fn a_request_of_ours_is_accepted_by_whom_it_was_sent_to_only() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, known(&server, &peer, "sam").await);
    sqlx::query(
        "insert into follow_requests (account_id, target_account_id, uri, created_at, updated_at)
         select $1, id, 'https://local.test/follow/1', now(), now() from accounts where uri = $2",
    )
    .bind(alice.account_id().0)
    .bind(&rita.id)
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
    let follow = json!({
        "id": "https://local.test/follow/1", "type": "Follow",
        "actor": uri(&alice), "object": rita.id,
    });

    send(&server, &peer, &sam, activity(&sam, "Accept", 1, follow.clone())).await;
    assert_eq!(number(&server, FOLLOWERS, "rita").await, 0);
    send(&server, &peer, &rita, activity(&rita, "Accept", 2, follow.clone())).await;
    assert_eq!(number(&server, FOLLOWERS, "rita").await, 1);
    // And taken back later.
    send(&server, &peer, &sam, activity(&sam, "Reject", 3, follow.clone())).await;
    assert_eq!(number(&server, FOLLOWERS, "rita").await, 1);
    send(&server, &peer, &rita, activity(&rita, "Reject", 4, follow)).await;
    assert_eq!(number(&server, FOLLOWERS, "rita").await, 0);
    assert_eq!(peer.received_types(), ["Undo"]);
}

#[tokio::test]
async fn a_block_from_elsewhere_ends_following_both_ways() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    follows(&server, &alice, &rita).await;
    send(&server, &peer, &rita, activity(&rita, "Follow", 1, json!(uri(&alice)))).await;
    send(&server, &peer, &rita, activity(&rita, "Block", 2, json!(uri(&alice)))).await;

    let any = "select count(*) from follows where $1 <> ''";
    assert_eq!(number(&server, any, "x").await, 0);
    assert_eq!(peer.received_types(), ["Accept", "Undo", "Reject"]);
    let blocks = "select count(*) from blocks where uri = $1";
    assert_eq!(number(&server, blocks, &format!("{}/activities/2", rita.id)).await, 1);
}
