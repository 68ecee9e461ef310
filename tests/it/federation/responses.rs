//! Favourites, boosts and deletions that arrive.

use serde_json::json;

use super::world::{
    activity, create, follows, known, notified, number, send, stored, text, two_servers, uri,
};
use ferrodon_test_support::{Client, TestServer};

/// A post of somebody here; its ActivityPub id.
async fn post(server: &TestServer, person: &Client<'_>, visibility: i32) -> String {
    let id: i64 = sqlx::query_scalar(
        "insert into statuses (account_id, text, local, visibility, created_at, updated_at)
         values ($1, 'hello', true, $2, now(), now()) returning id",
    )
    .bind(person.account_id().0)
    .bind(visibility)
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    let uri = format!("{}/statuses/{id}", uri(person));
    sqlx::query("update statuses set uri = $2 where id = $1")
        .bind(id)
        .bind(&uri)
        .execute(&mut *server.conn().await)
        .await
        .unwrap();
    uri
}

const FAVOURITES: &str = "select coalesce(max(favourites_count), 0) * 10 + count(favourites.id)
     from statuses
     left join favourites on favourites.status_id = statuses.id
     left join status_stats on status_stats.status_id = statuses.id
     where statuses.uri = $1";

#[tokio::test]
async fn a_favourite_counts_until_it_is_undone() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, known(&server, &peer, "sam").await);
    let post = post(&server, &alice, 0).await;
    let like = activity(&rita, "Like", 1, json!(post));
    send(&server, &peer, &rita, like.clone()).await;
    send(&server, &peer, &rita, like.clone()).await;
    assert_eq!(number(&server, FAVOURITES, &post).await, 11);
    assert_eq!(notified(&server, "alice").await, "favourite");
    // Only its own can anybody undo.
    send(&server, &peer, &sam, activity(&sam, "Undo", 2, like.clone())).await;
    assert_eq!(number(&server, FAVOURITES, &post).await, 11);
    send(&server, &peer, &rita, activity(&rita, "Undo", 3, like)).await;
    assert_eq!(number(&server, FAVOURITES, &post).await, 0);
}

#[tokio::test]
async fn what_is_undone_before_it_comes_is_refused() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let post = post(&server, &alice, 0).await;
    let like = activity(&rita, "Like", 1, json!(post));
    send(&server, &peer, &rita, activity(&rita, "Undo", 2, like.clone())).await;
    send(&server, &peer, &rita, like).await;
    assert_eq!(number(&server, FAVOURITES, &post).await, 0);
}

#[tokio::test]
async fn a_boost_brings_the_post_it_is_of() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, peer.actor("sam"));
    let note = peer.note(&sam, 1, "<p>by sam</p>", json!({}));
    let original = note["id"].as_str().unwrap();
    let mut boost = activity(&rita, "Announce", 1, note["id"].clone());
    boost["to"] = note["to"].clone();
    boost["published"] = "2026-01-02T03:04:00Z".into();
    let boost_uri = boost["id"].as_str().unwrap().to_owned();

    // Nobody here follows her yet.
    send(&server, &peer, &rita, boost.clone()).await;
    assert_eq!(stored(&server, original).await, 0);
    follows(&server, &alice, &rita).await;
    send(&server, &peer, &rita, boost.clone()).await;
    let of = "select original.uri from statuses boost
         join statuses original on original.id = boost.reblog_of_id where boost.uri = $1";
    assert_eq!(text(&server, of, &boost_uri).await, original);
    let count = "select reblogs_count from status_stats
         join statuses on statuses.id = status_id where uri = $1";
    assert_eq!(number(&server, count, original).await, 1);

    // Once more under another id: still one.
    boost["id"] = format!("{}/activities/2", rita.id).into();
    send(&server, &peer, &rita, boost).await;
    assert_eq!(number(&server, count, original).await, 1);
    // Undone by its id.
    send(&server, &peer, &rita, activity(&rita, "Undo", 3, json!(boost_uri))).await;
    assert_eq!(stored(&server, &boost_uri).await, 0);
}

#[tokio::test]
async fn a_private_post_is_not_boosted_by_others() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let private = post(&server, &alice, 2).await;
    let mut boost = activity(&rita, "Announce", 1, json!(private));
    boost["to"] = json!(["https://www.w3.org/ns/activitystreams#Public"]);
    send(&server, &peer, &rita, boost.clone()).await;
    assert_eq!(stored(&server, boost["id"].as_str().unwrap()).await, 0);
}

#[tokio::test]
async fn a_deletion_holds_for_late_copies_and_only_for_ones_own() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, known(&server, &peer, "sam").await);
    follows(&server, &alice, &rita).await;
    let note = peer.note(&rita, 1, "<p>gone soon</p>", json!({}));
    let uri = note["id"].as_str().unwrap();
    send(&server, &peer, &rita, create(&rita, &note)).await;

    let tombstone = json!({ "id": uri, "type": "Tombstone" });
    send(&server, &peer, &sam, activity(&sam, "Delete", 1, tombstone.clone())).await;
    assert_eq!(stored(&server, uri).await, 1);
    send(&server, &peer, &rita, activity(&rita, "Delete", 2, tombstone)).await;
    assert_eq!(stored(&server, uri).await, 0);
    let tombstones = "select count(*) from tombstones
         join accounts on accounts.id = account_id where accounts.uri = $1";
    assert_eq!(number(&server, tombstones, &rita.id).await, 1);

    send(&server, &peer, &rita, create(&rita, &note)).await;
    assert_eq!(stored(&server, uri).await, 0);
}

#[tokio::test]
async fn an_actor_that_is_not_the_signer_is_not_believed() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, known(&server, &peer, "sam").await);
    let post = post(&server, &alice, 0).await;
    let like = activity(&rita, "Like", 1, json!(post));
    send(&server, &peer, &sam, like).await;
    assert_eq!(number(&server, FAVOURITES, &post).await, 0);
}

#[tokio::test]
async fn a_quote_is_agreed_to_by_the_rules_of_the_quoted_author() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let (open, closed) = (post(&server, &alice, 0).await, post(&server, &alice, 0).await);
    sqlx::query("update statuses set quote_approval_policy = 131072 where uri = $1")
        .bind(&open)
        .execute(&mut *server.conn().await)
        .await
        .unwrap();
    for (number, quoted) in [(1, &open), (2, &closed)] {
        let note = peer.note(&rita, number, "<p>see</p>", json!({ "quote": quoted }));
        let mut request = activity(&rita, "QuoteRequest", number, json!(quoted));
        request["instrument"] = note["id"].clone();
        send(&server, &peer, &rita, request).await;
    }
    assert_eq!(peer.received_types(), ["Accept", "Reject"]);
    let stamp = peer.received()[0].json["result"].as_str().unwrap().to_owned();
    assert!(stamp.starts_with(&uri(&alice)), "{stamp}");
    let quotes = "select string_agg(state::text || ' ' || quotes_count, ',' order by quotes.id)
         from quotes join statuses on statuses.id = quoted_status_id
         left join status_stats on status_stats.status_id = statuses.id
         where statuses.uri = $1";
    assert_eq!(text(&server, quotes, &open).await, "1 1");
    assert_eq!(notified(&server, "alice").await, "quote");
}

#[tokio::test]
async fn reports_reach_the_moderators() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let (public, private) = (post(&server, &alice, 0).await, post(&server, &alice, 2).await);
    let mut flag = activity(&rita, "Flag", 1, json!([uri(&alice), public, private]));
    flag["content"] = "rude".into();
    send(&server, &peer, &rita, flag.clone()).await;
    send(&server, &peer, &rita, flag).await;
    let report = "select comment || ' ' || cardinality(status_ids) || ' ' || count(*) over ()
         from reports join accounts on accounts.id = target_account_id where username = $1";
    assert_eq!(text(&server, report, "alice").await, "rude 1 1");
}

#[tokio::test]
async fn pins_of_ones_own_posts_are_shown() {
    let (server, peer) = two_servers().await;
    let actor = peer.actor("rita");
    let mut rita = peer.document("/users/rita");
    rita["featured"] = peer.url("/users/rita/featured").into();
    peer.publish("/users/rita", rita);
    let note = peer.note(&actor, 1, "<p>about me</p>", json!({}));
    let first = peer.note(&actor, 2, "<p>my first</p>", json!({}));
    let collection = json!({
        "@context": "https://www.w3.org/ns/activitystreams", "type": "OrderedCollection",
        "id": peer.url("/users/rita/featured"), "orderedItems": [first["id"]],
    });
    peer.publish("/users/rita/featured", collection);
    known_again(&server, &actor.id).await;
    server.run_jobs().await;
    let pins = "select count(*) from status_pins join statuses on statuses.id = status_id
         where uri = $1";
    assert_eq!(number(&server, pins, first["id"].as_str().unwrap()).await, 1);
    for (number, kind, pinned) in [(1, "Add", 1), (2, "Remove", 0)] {
        let mut activity = activity(&actor, kind, number, note["id"].clone());
        activity["target"] = peer.url("/users/rita/featured").into();
        send(&server, &peer, &actor, activity).await;
        let stored = super::world::number(&server, pins, note["id"].as_str().unwrap()).await;
        assert_eq!(stored, pinned, "{kind}");
    }
}

#[tokio::test]
async fn followers_move_along_when_both_accounts_say_so() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (old, new) = (known(&server, &peer, "old").await, peer.actor("new"));
    follows(&server, &alice, &old).await;
    let mut moved = activity(&old, "Move", 1, json!(old.id));
    moved["target"] = json!(new.id);
    // The new account does not say so yet.
    send(&server, &peer, &old, moved.clone()).await;
    assert!(peer.received().is_empty());

    let mut document = peer.document("/users/new");
    document["alsoKnownAs"] = json!([old.id]);
    peer.publish("/users/new", document);
    send(&server, &peer, &old, moved).await;
    let types = peer.received_types();
    assert!(
        types.contains(&"Follow".to_owned()) && types.contains(&"Undo".to_owned()),
        "{types:?}"
    );
    let to = "select target.uri from accounts old
         join accounts target on target.id = old.moved_to_account_id where old.uri = $1";
    assert_eq!(text(&server, to, &old.id).await, new.id);
}

async fn known_again(server: &TestServer, uri: &str) {
    let account = ferrodon_app::federation::fetch::account_by_uri(&server.app, uri).await.unwrap();
    assert!(account.is_some());
}

#[tokio::test]
async fn an_account_that_is_gone_takes_everything_with_it() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    follows(&server, &alice, &rita).await;
    let note = peer.note(&rita, 1, "<p>x</p>", json!({}));
    send(&server, &peer, &rita, create(&rita, &note)).await;
    send(&server, &peer, &rita, activity(&rita, "Delete", 1, json!(rita.id))).await;
    server.clock.advance(chrono::TimeDelta::minutes(2));
    server.run_jobs().await;
    let left = "select count(*) from accounts where uri = $1";
    assert_eq!(number(&server, left, &rita.id).await, 0);
    assert_eq!(stored(&server, note["id"].as_str().unwrap()).await, 0);
}
