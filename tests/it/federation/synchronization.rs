//! A server says which people of ours follow someone there; ours comes to agree.

use axum::http::StatusCode;
use ferrodon_activitypub::synchronization::{Header, digest};
use ferrodon_test_support::{RemoteActor, RemoteServer, TestServer};
use serde_json::{Value, json};

#[tokio::test]
async fn followers_that_the_other_server_does_not_know_stop_following() {
    let remote = RemoteServer::start("remote.test").await;
    let server = TestServer::start_among(&[&remote]).await;
    let alice = remote.actor("alice");
    let bob = server.sign_in("bob", "read write").await;
    let carol = server.sign_in("carol", "read write").await;
    let id = |number: i64| format!("https://local.test/ap/users/{number}");
    let (bob, carol) = (bob.account_id().0, carol.account_id().0);
    // The sender becomes known, and both follow as far as this server knows.
    send(&remote, &server, &alice, None).await;
    sqlx::query(
        "insert into follows (account_id, target_account_id, created_at, updated_at)
         select l.id, r.id, now(), now() from accounts l, accounts r
         where r.uri = $1 and l.id = any($2)",
    )
    .bind(&alice.id)
    .bind(vec![bob, carol])
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
    let followers = async || {
        sqlx::query_scalar::<_, i64>("select account_id from follows order by account_id")
            .fetch_all(&mut *server.conn().await)
            .await
            .unwrap()
    };

    // They know of bob alone, but the list they serve is not the one they meant.
    let list = "/users/alice/followers_synchronization";
    remote.publish(list, collection(&remote, list, &[]));
    let meant = digest([id(bob).as_str()]);
    send(&remote, &server, &alice, Some(&meant)).await;
    assert_eq!(followers().await.len(), 2);

    remote.publish(list, collection(&remote, list, &[id(bob)]));
    send(&remote, &server, &alice, Some(&meant)).await;
    assert_eq!(followers().await, [bob]);

    // Now both agree, and nothing is asked.
    let asked = remote.asked().len();
    send(&remote, &server, &alice, Some(&meant)).await;
    assert_eq!(remote.asked().len(), asked);

    // Somebody they take for a follower who is none tells them so.
    let meant = digest([id(bob).as_str(), id(carol).as_str()]);
    remote.publish(list, collection(&remote, list, &[id(bob), id(carol)]));
    send(&remote, &server, &alice, Some(&meant)).await;
    assert_eq!(followers().await, [bob]);
    let received = remote.received();
    let undone = received.iter().filter(|one| one.json["type"] == "Undo").count();
    assert_eq!(undone, 2, "once when she stopped following, once when asked");
}

async fn send(
    remote: &RemoteServer,
    server: &TestServer,
    alice: &RemoteActor,
    digest: Option<&str>,
) {
    let note = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": remote.url("/likes/1"),
        "type": "Like",
        "actor": alice.id,
        "object": "https://local.test/nothing",
    });
    let mut request = remote.signed(server, "/inbox", alice, note.to_string().into_bytes());
    if let Some(digest) = digest {
        let header = Header {
            collection_id: format!("{}/followers", alice.id),
            url: format!("{}/followers_synchronization", alice.id),
            digest: Some(digest.to_owned()),
        };
        let header = header.to_text().parse().unwrap();
        request.headers_mut().insert("collection-synchronization", header);
    }
    assert_eq!(server.request(request).await.status, StatusCode::ACCEPTED);
    server.run_jobs().await;
}

fn collection(remote: &RemoteServer, path: &str, ids: &[String]) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": remote.url(path),
        "type": "OrderedCollection",
        "orderedItems": ids,
    })
}
