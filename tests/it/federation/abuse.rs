//! What other servers do to harm us: addresses that are not theirs, and chains without an end.

use axum::http::StatusCode;
use ferrodon_test_support::{RemoteActor, RemoteServer, TestServer};
use serde_json::{Value, json};

const CONTEXT: &str = "https://www.w3.org/ns/activitystreams";

#[tokio::test]
async fn a_boost_cannot_take_the_address_of_somebody_elses_post() {
    let remote = RemoteServer::start("remote.test").await;
    let victim = RemoteServer::start("victim.test").await;
    let server = TestServer::start_among(&[&remote, &victim]).await;
    let (mallory, alice) = (remote.actor("mallory"), victim.actor("alice"));
    be_followed(&server, &remote, &mallory).await;
    let post = remote.note(&mallory, 1, "<p>bait</p>", json!({}));
    let address = format!("{}/statuses/7", alice.id);

    send(&server, &remote, &mallory, &boost(&mallory, &address, &post["id"])).await;
    assert!(stored(&server, &address).await.is_none());
    let own = remote.url("/boosts/1");
    send(&server, &remote, &mallory, &boost(&mallory, &own, &post["id"])).await;
    assert_eq!(stored(&server, &own).await, Some(mallory.id.clone()));
}

#[tokio::test]
async fn boosts_of_boosts_are_not_followed_without_end() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let mallory = remote.actor("mallory");
    be_followed(&server, &remote, &mallory).await;
    let address = |number: i32| remote.url(&format!("/boosts/{number}"));
    for number in 1..100 {
        let next = json!(address(number + 1));
        remote.publish(&format!("/boosts/{number}"), boost(&mallory, &address(number), &next));
    }

    send(&server, &remote, &mallory, &boost(&mallory, &address(0), &json!(address(1)))).await;
    let fetched = remote.asked().iter().filter(|path| path.contains("/boosts/")).count();
    assert!((1..10).contains(&fetched), "{fetched} were fetched");
}

#[tokio::test]
async fn moves_are_not_followed_without_end() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    for number in 0..20 {
        remote.actor(&format!("mover{number}"));
        let path = format!("/users/mover{number}");
        let mut document = remote.document(&path);
        document["movedTo"] = json!(remote.url(&format!("/users/mover{}", number + 1)));
        remote.publish(&path, document);
    }
    let first = remote.actor("first");
    let mut document = remote.document("/users/first");
    document["movedTo"] = json!(remote.url("/users/mover0"));
    remote.publish("/users/first", document);

    send(&server, &remote, &first, &json!({ "@context": CONTEXT, "type": "Other" })).await;
    let known: i64 = sqlx::query_scalar("select count(*) from accounts where domain is not null")
        .fetch_one(&mut *server.conn().await)
        .await
        .unwrap();
    assert!((1..6).contains(&known), "{known} accounts are known");
}

#[tokio::test]
async fn nobody_takes_the_key_of_an_account_elsewhere() {
    let remote = RemoteServer::start("remote.test").await;
    let victim = RemoteServer::start("victim.test").await;
    let server = TestServer::start_among(&[&remote, &victim]).await;
    let (mallory, alice) = (remote.actor("mallory"), victim.actor("alice"));
    let other =
        |actor: &RemoteActor| json!({ "@context": CONTEXT, "type": "Other", "actor": actor.id });
    send(&server, &victim, &alice, &other(&alice)).await;

    let key = format!("{}#main-key", alice.id);
    remote.publish(
        "/key",
        json!({ "id": key, "owner": mallory.id, "publicKeyPem": mallory.public_key }),
    );
    let mut document = remote.document("/users/mallory");
    document["publicKey"] = json!([document["publicKey"], remote.url("/key"), key]);
    remote.publish("/users/mallory", document);
    send(&server, &remote, &mallory, &other(&mallory)).await;

    let owner: String = sqlx::query_scalar(
        "select a.uri from keypairs k join accounts a on a.id = k.account_id where k.uri = $1",
    )
    .bind(&key)
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    assert_eq!(owner, alice.id);
}

fn boost(actor: &RemoteActor, id: &str, object: &Value) -> Value {
    json!({
        "@context": CONTEXT,
        "id": id,
        "type": "Announce",
        "actor": actor.id,
        "object": object,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    })
}

async fn send(server: &TestServer, remote: &RemoteServer, actor: &RemoteActor, activity: &Value) {
    let response = remote.send(server, actor, activity).await;
    assert_eq!(response.status, StatusCode::ACCEPTED, "{}", response.text);
    server.run_jobs().await;
}

/// Somebody here follows `actor`, so that what they send is of interest.
async fn be_followed(server: &TestServer, remote: &RemoteServer, actor: &RemoteActor) {
    let bob = server.sign_in("bob", "read write").await.account_id().0;
    let activity = json!({ "@context": CONTEXT, "type": "Other", "actor": actor.id });
    send(server, remote, actor, &activity).await;
    sqlx::query(
        "insert into follows (account_id, target_account_id, created_at, updated_at)
         select $1, id, now(), now() from accounts where uri = $2",
    )
    .bind(bob)
    .bind(&actor.id)
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
}

/// Whose the post with this address is.
async fn stored(server: &TestServer, uri: &str) -> Option<String> {
    sqlx::query_scalar(
        "select a.uri from statuses s join accounts a on a.id = s.account_id where s.uri = $1",
    )
    .bind(uri)
    .fetch_optional(&mut *server.conn().await)
    .await
    .unwrap()
}
