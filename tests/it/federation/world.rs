//! What the stories about other servers have in common.

use ferrodon_app::federation::fetch;
use ferrodon_core::AccountId;
use ferrodon_test_support::{Client, RemoteActor, RemoteServer, TestServer};
use serde_json::{Value, json};

pub(super) const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
const CONTEXT: &str = "https://www.w3.org/ns/activitystreams";

/// This server and another, `peer.test`, that know nothing of each other.
pub(super) async fn two_servers() -> (TestServer, RemoteServer) {
    let peer = RemoteServer::start("peer.test").await;
    (TestServer::start_among(&[&peer]).await, peer)
}

/// Someone on the other server, whose account and key are known here.
pub(super) async fn known(server: &TestServer, peer: &RemoteServer, name: &str) -> RemoteActor {
    let actor = peer.actor(name);
    let account = fetch::account_by_uri(&server.app, &actor.id).await.unwrap();
    assert!(account.is_some(), "{name} was not fetched");
    actor
}

/// Sends an activity and does what follows from it.
pub(super) async fn send(
    server: &TestServer,
    peer: &RemoteServer,
    actor: &RemoteActor,
    activity: Value,
) {
    let answer = peer.send(server, actor, &activity).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    server.run_jobs().await;
}

/// An activity of this type by `actor`.
pub(super) fn activity(actor: &RemoteActor, kind: &str, number: u32, object: Value) -> Value {
    json!({
        "@context": CONTEXT,
        "id": format!("{}/activities/{number}", actor.id),
        "type": kind,
        "actor": actor.id,
        "object": object,
    })
}

/// A `Create` of `note`, addressed like it.
pub(super) fn create(actor: &RemoteActor, note: &Value) -> Value {
    json!({
        "@context": CONTEXT,
        "id": format!("{}/activity", note["id"].as_str().unwrap()),
        "type": "Create",
        "actor": actor.id,
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    })
}

/// The ActivityPub id of someone here.
pub(super) fn uri(person: &Client<'_>) -> String {
    format!("https://local.test/ap/users/{}", person.account_id())
}

/// Lets someone here follow an account there, as if that had been accepted long ago.
pub(super) async fn follows(server: &TestServer, person: &Client<'_>, actor: &RemoteActor) {
    let followed = account(server, &actor.id).await;
    sqlx::query(
        "insert into follows (account_id, target_account_id, created_at, updated_at)
         values ($1, $2, now(), now())",
    )
    .bind(person.account_id().0)
    .bind(followed.0)
    .execute(&mut *server.conn().await)
    .await
    .unwrap();
}

/// The row of an account there.
pub(super) async fn account(server: &TestServer, uri: &str) -> AccountId {
    AccountId(number(server, "select id from accounts where uri = $1", uri).await)
}

/// The one number a query about `bind` answers.
pub(super) async fn number(server: &TestServer, query: &'static str, bind: &str) -> i64 {
    let mut conn = server.conn().await;
    let row = sqlx::query_scalar(query).bind(bind).fetch_optional(&mut *conn);
    row.await.unwrap().unwrap_or_default()
}

/// The one text a query about `bind` answers.
pub(super) async fn text(server: &TestServer, query: &'static str, bind: &str) -> String {
    let row = sqlx::query_scalar::<_, Option<String>>(query).bind(bind);
    row.fetch_optional(&mut *server.conn().await).await.unwrap().flatten().unwrap_or_default()
}

/// How many statuses are stored under this address and not deleted.
pub(super) async fn stored(server: &TestServer, uri: &str) -> i64 {
    number(server, "select count(*) from statuses where uri = $1 and deleted_at is null", uri).await
}

/// What someone here was told of, the latest last.
pub(super) async fn notified(server: &TestServer, username: &str) -> String {
    let query = "select string_agg(notifications.type, ' ' order by notifications.id)
         from notifications join accounts on accounts.id = account_id where username = $1";
    text(server, query, username).await
}
