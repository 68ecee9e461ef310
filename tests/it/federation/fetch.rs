//! Accounts and posts fetched from other servers.

use ferrodon_app::federation::fetch::{self, Resolved};
use ferrodon_test_support::{RemoteServer, TestServer};
use serde_json::json;

use super::world::{known, number, text, two_servers};

#[tokio::test]
async fn an_account_is_stored_as_its_server_describes_it() {
    let (server, peer) = two_servers().await;
    let rita = known(&server, &peer, "rita").await;
    let row = text(
        &server,
        "select jsonb_pretty(jsonb_strip_nulls(to_jsonb(accounts) - 'id'))
         from accounts where uri = $1",
        &rita.id,
    )
    .await;
    insta::assert_snapshot!(row);
    let key = text(
        &server,
        "select keypairs.uri from keypairs join accounts on accounts.id = account_id
         where accounts.uri = $1 and keypairs.type = 0 and not revoked",
        &rita.id,
    )
    .await;
    assert_eq!(key, format!("{}#main-key", rita.id));
}

#[tokio::test]
async fn a_handle_leads_to_its_account() {
    let (server, peer) = two_servers().await;
    let rita = peer.actor("rita");
    let found = fetch::account_by_handle(&server.app, "Rita", Some("PEER.test")).await.unwrap();
    assert!(found.is_none(), "WebFinger there knows only the spelling it has");
    let found = fetch::account_by_handle(&server.app, "rita", Some("PEER.test")).await.unwrap();
    assert_eq!(found.unwrap().uri, rita.id);
    assert!(
        fetch::account_by_handle(&server.app, "nobody", Some("peer.test")).await.unwrap().is_none()
    );
}

#[tokio::test]
async fn an_account_that_webfinger_does_not_confirm_is_not_stored() {
    let (server, peer) = two_servers().await;
    let rita = peer.actor("rita");
    // A second actor that claims the first one's name.
    peer.publish(
        "/users/impostor",
        json!({
            "@context": "https://www.w3.org/ns/activitystreams", "type": "Person",
            "id": peer.url("/users/impostor"), "preferredUsername": "rita",
            "inbox": peer.url("/users/impostor/inbox"),
        }),
    );
    let found = fetch::account_by_uri(&server.app, &peer.url("/users/impostor")).await.unwrap();
    assert!(found.is_none());
    // A document that is not at its own address.
    peer.publish(
        "/elsewhere",
        json!({
            "@context": "https://www.w3.org/ns/activitystreams", "type": "Person", "id": rita.id,
            "preferredUsername": "rita", "inbox": peer.url("/evil/inbox"),
        }),
    );
    assert!(fetch::account_by_uri(&server.app, &peer.url("/elsewhere")).await.unwrap().is_none());
    assert_eq!(
        number(&server, "select count(*) from accounts where domain = $1", "peer.test").await,
        0
    );
}

#[tokio::test]
async fn a_domain_for_handles_may_differ_from_the_one_for_pages() {
    let pages = RemoteServer::start("social.peer.test").await;
    let handles = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&pages, &handles]).await;
    let rita = pages.actor("rita");
    // Both domains answer with the handle at the short one.
    pages.answer_webfinger("rita@social.peer.test", "rita@peer.test", &rita.id);
    handles.answer_webfinger("rita@peer.test", "rita@peer.test", &rita.id);

    let found = fetch::account_by_uri(&server.app, &rita.id).await.unwrap().unwrap();
    assert_eq!(found.acct(), "rita@peer.test");
    let again = fetch::account_by_handle(&server.app, "rita", Some("social.peer.test")).await;
    assert_eq!(again.unwrap().unwrap().id, found.id);
}

#[tokio::test]
async fn a_blocked_server_is_not_asked() {
    let (server, peer) = two_servers().await;
    let rita = peer.actor("rita");
    sqlx::query(
        "insert into domain_blocks (domain, severity, created_at, updated_at)
         values ('test', 1, now(), now())",
    )
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
    assert!(fetch::account_by_uri(&server.app, &rita.id).await.unwrap().is_none());
    assert!(peer.asked().is_empty());
}

#[tokio::test]
async fn a_fetched_post_is_filed_under_the_time_it_was_made() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = peer.actor("rita");
    let note = peer.note(&rita, 1, "<p>old</p>", json!({ "published": "2020-01-02T03:04:05Z" }));
    let url = note["url"].as_str().unwrap();
    peer.publish_page("/@rita/1", note["id"].as_str().unwrap());

    let found = fetch::resolve_url(&server.app, url, Some(alice.account_id())).await.unwrap();
    let Some(Resolved::Status(status)) = found else { panic!("{found:?}") };
    assert_eq!(status.uri.as_deref(), note["id"].as_str());
    assert_eq!((status.id.0 >> 16) / 1000, 1_577_934_245);
    assert_eq!(status.local, Some(false));
    // Not fetched twice, and not by someone who is not signed in.
    let asked = peer.asked().len();
    fetch::status_by_uri(&server.app, status.uri.as_deref().unwrap()).await.unwrap().unwrap();
    let other = peer.url("/@rita/2");
    assert_eq!(fetch::resolve_url(&server.app, &other, None).await.unwrap(), None);
    assert_eq!(peer.asked().len(), asked);
}

#[tokio::test]
async fn a_post_must_be_on_its_authors_host() {
    let (server, peer) = two_servers().await;
    let rita = peer.actor("rita");
    let mut note = peer.note(&rita, 1, "<p>x</p>", json!({}));
    note["attributedTo"] = "https://elsewhere.test/users/sam".into();
    peer.publish("/users/rita/statuses/1", note.clone());
    let uri = note["id"].as_str().unwrap();
    assert!(fetch::status_by_uri(&server.app, uri).await.unwrap().is_none());
}

#[tokio::test]
async fn a_poll_is_asked_for_again_when_somebody_looks() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = peer.actor("rita");
    let question = |votes: u32| {
        json!({
            "type": "Question", "endTime": "2030-01-01T00:00:00Z",
            "oneOf": [
                { "type": "Note", "name": "tea", "replies": { "totalItems": votes } },
                { "type": "Note", "name": "coffee", "replies": { "totalItems": 1 } },
            ],
        })
    };
    let note = peer.note(&rita, 1, "<p>tea?</p>", question(2));
    let uri = note["id"].as_str().unwrap();
    let status = fetch::status_by_uri(&server.app, uri).await.unwrap().unwrap();
    let path = format!("/api/v1/polls/{}", status.poll_id.unwrap());
    peer.note(&rita, 1, "<p>tea?</p>", question(5));

    // Strangers are shown what is known.
    let asked = peer.asked().len();
    assert_eq!(server.anonymous().get(&path).await.ok().json["votes_count"], 3);
    assert_eq!(peer.asked().len(), asked);
    assert_eq!(alice.get(&path).await.ok().json["votes_count"], 6);
    let asked = peer.asked().len();
    assert_eq!(alice.get(&path).await.ok().json["votes_count"], 6);
    assert_eq!(peer.asked().len(), asked, "within a minute it is not asked for again");
}
