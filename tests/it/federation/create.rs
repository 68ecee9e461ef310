//! Posts that arrive.

use ferrodon_test_support::{RemoteServer, TestServer};
use serde_json::json;

use super::world::{
    PUBLIC, activity, create, follows, known, notified, number, send, stored, text, two_servers,
    uri,
};

#[tokio::test]
async fn a_mention_is_stored_with_all_that_belongs_to_it() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let note = peer.note(
        &rita,
        1,
        "<p>Hello @alice #Rust</p>",
        json!({
            "cc": [format!("{}/followers", rita.id), uri(&alice)],
            "summary": "greeting", "sensitive": true, "contentMap": { "en": "x" },
            "tag": [
                { "type": "Mention", "href": uri(&alice), "name": "@alice" },
                { "type": "Hashtag", "name": "#Rust" },
                { "type": "Emoji", "name": ":party:", "icon": { "url": "https://peer.test/p.png" } },
            ],
            "attachment": [{
                "type": "Document", "mediaType": "image/png", "url": "https://peer.test/m.png",
                "name": "a map", "focalPoint": [0.5, -0.5],
            }],
            "likes": { "type": "Collection", "totalItems": 7 },
        }),
    );
    send(&server, &peer, &rita, create(&rita, &note)).await;

    let uri = note["id"].as_str().unwrap();
    let row = text(
        &server,
        "select jsonb_pretty(jsonb_strip_nulls(
             to_jsonb(statuses) - 'id' - 'account_id' - 'conversation_id'
                 - 'ordered_media_attachment_ids'
             || jsonb_build_object(
                 'mentions', (select jsonb_agg(silent) from mentions where status_id = statuses.id),
                 'tags', (select jsonb_agg(name) from statuses_tags
                          join tags on tags.id = tag_id where status_id = statuses.id),
                 'media', (select jsonb_agg(jsonb_strip_nulls(
                               to_jsonb(media) - 'id' - 'account_id' - 'status_id'))
                           from media_attachments media where status_id = statuses.id
                             and array[media.id] = statuses.ordered_media_attachment_ids),
                 'stats', (select jsonb_strip_nulls(to_jsonb(stats) - 'id' - 'status_id')
                           from status_stats stats where status_id = statuses.id),
                 'parent', (select parent_status_id = statuses.id from conversations
                            where id = conversation_id))))
         from statuses where uri = $1",
        uri,
    )
    .await;
    insta::assert_snapshot!(row);
    let emoji = "select count(*) from custom_emojis where shortcode = 'party' and domain = $1";
    assert_eq!(number(&server, emoji, "peer.test").await, 1);
    // The same once more changes nothing.
    send(&server, &peer, &rita, create(&rita, &note)).await;
    assert_eq!(stored(&server, uri).await, 1);
    let count = "select statuses_count from account_stats
         join accounts on accounts.id = account_id where uri = $1";
    assert_eq!(number(&server, count, &rita.id).await, 1);
}

#[tokio::test]
async fn a_post_reaches_the_home_timeline_and_the_person_it_mentions() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    follows(&server, &alice, &rita).await;
    let mention = json!({
        "cc": [format!("{}/followers", rita.id), uri(&alice)],
        "tag": { "type": "Mention", "href": uri(&alice) },
    });
    let note = peer.note(&rita, 1, "<p>Hello <script>evil()</script>@alice</p>", mention);
    send(&server, &peer, &rita, create(&rita, &note)).await;

    assert_eq!(notified(&server, "alice").await, "mention");
    let home = alice.get("/api/v1/timelines/home").await.ok().json;
    assert_eq!(home[0]["uri"], note["id"]);
    assert_eq!(home[0]["content"], "<p>Hello @alice</p>");
    assert_eq!(home[0]["account"]["acct"], "rita@peer.test");
    assert_eq!(home[0]["mentions"][0]["acct"], "alice");
    // Deleted there, it is gone here.
    send(&server, &peer, &rita, activity(&rita, "Delete", 1, note["id"].clone())).await;
    assert_eq!(alice.get("/api/v1/timelines/home").await.ok().json, json!([]));
    assert_eq!(notified(&server, "alice").await, "");
}

#[tokio::test]
async fn what_nobody_here_asked_for_is_not_stored() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let note = peer.note(&rita, 1, "<p>to the world</p>", json!({}));
    let uri = note["id"].as_str().unwrap();
    send(&server, &peer, &rita, create(&rita, &note)).await;
    assert_eq!(stored(&server, uri).await, 0);
    // With a follower here, it is.
    follows(&server, &alice, &rita).await;
    send(&server, &peer, &rita, create(&rita, &note)).await;
    assert_eq!(stored(&server, uri).await, 1);
}

#[tokio::test]
async fn an_object_of_another_host_is_ignored() {
    let elsewhere = RemoteServer::start("elsewhere.test").await;
    let peer = RemoteServer::start("peer.test").await;
    let server = TestServer::start_among(&[&peer, &elsewhere]).await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let sam = known(&server, &elsewhere, "sam").await;
    follows(&server, &alice, &rita).await;
    let note = elsewhere.note(&sam, 1, "<p>put into sam's mouth</p>", json!({}));
    send(&server, &peer, &rita, create(&rita, &note)).await;
    assert_eq!(stored(&server, note["id"].as_str().unwrap()).await, 0);
}

#[tokio::test]
async fn who_may_see_a_post_follows_from_whom_it_is_addressed_to() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let bob = server.sign_in("bob", "read").await;
    let rita = known(&server, &peer, "rita").await;
    follows(&server, &alice, &rita).await;
    let (alice, bob) = (uri(&alice), uri(&bob));
    let followers = format!("{}/followers", rita.id);
    let mention = json!([{ "type": "Mention", "href": alice }]);
    let cases = [
        (json!({ "to": [PUBLIC], "cc": [followers] }), 0),
        (json!({ "to": [followers], "cc": [PUBLIC] }), 1),
        (json!({ "to": followers, "cc": [] }), 2),
        (json!({ "to": [alice], "cc": [], "tag": mention }), 3),
        // One more may see it without being mentioned.
        (json!({ "to": [alice, bob], "cc": [], "tag": mention }), 4),
    ];
    for (number, (more, visibility)) in (1..).zip(cases) {
        let note = peer.note(&rita, number, "<p>x</p>", more);
        send(&server, &peer, &rita, create(&rita, &note)).await;
        let query = "select visibility::bigint from statuses where uri = $1";
        let stored = super::world::number(&server, query, note["id"].as_str().unwrap()).await;
        assert_eq!(stored, visibility, "{note}");
    }
}

#[tokio::test]
async fn a_reply_brings_the_thread_above_it() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, peer.actor("sam"));
    follows(&server, &alice, &rita).await;
    let first = peer.note(&sam, 1, "<p>first</p>", json!({}));
    let second = peer.note(&sam, 2, "<p>second</p>", json!({ "inReplyTo": first["id"] }));
    let third = peer.note(&rita, 3, "<p>third</p>", json!({ "inReplyTo": second["id"] }));
    send(&server, &peer, &rita, create(&rita, &third)).await;

    for (child, parent) in [(&third, &second), (&second, &first)] {
        let query = "select parent.uri from statuses child
             join statuses parent on parent.id = child.in_reply_to_id where child.uri = $1";
        let found = text(&server, query, child["id"].as_str().unwrap()).await;
        assert_eq!(Some(&*found), parent["id"].as_str());
    }
    let replies = "select replies_count from status_stats
         join statuses on statuses.id = status_id where uri = $1";
    assert_eq!(number(&server, replies, first["id"].as_str().unwrap()).await, 1);
}

#[tokio::test]
async fn votes_are_counted_once() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let rita = known(&server, &peer, "rita").await;
    let id: i64 = sqlx::query_scalar(
        "with status as (
             insert into statuses (account_id, text, local, created_at, updated_at)
             values ($1, 'tea?', true, now(), now()) returning id)
         insert into polls (account_id, status_id, options, cached_tallies, voters_count,
                            expires_at, created_at, updated_at)
         select $1, id, '{yes,no}', '{0,0}', 0, '2030-01-01', now(), now() from status
         returning status_id",
    )
    .bind(alice.account_id().0)
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    let vote = |number: u32, name: &str| {
        let note = json!({
            "id": format!("{}/votes/{number}", rita.id), "type": "Note", "name": name,
            "attributedTo": rita.id, "to": uri(&alice),
            "inReplyTo": format!("{}/statuses/{id}", uri(&alice)),
        });
        activity(&rita, "Create", number, note)
    };
    for (number, name) in [(1, "no"), (2, "no"), (3, "yes")] {
        send(&server, &peer, &rita, vote(number, name)).await;
    }
    let poll = "select cached_tallies::text || ' ' || votes_count || ' ' || voters_count
         from polls where options[1] = $1";
    assert_eq!(text(&server, poll, "yes").await, "{0,1} 1 1");
    assert_eq!(stored(&server, &format!("{}/votes/1", rita.id)).await, 0);
}

#[tokio::test]
async fn an_edit_keeps_what_was_said_before() {
    let (server, peer) = two_servers().await;
    let alice = server.sign_in("alice", "read").await;
    let (rita, sam) = (known(&server, &peer, "rita").await, known(&server, &peer, "sam").await);
    follows(&server, &alice, &rita).await;
    let note = peer.note(&rita, 1, "<p>tyop</p>", json!({}));
    let uri = note["id"].as_str().unwrap();
    send(&server, &peer, &rita, create(&rita, &note)).await;

    let mut edited = note.clone();
    edited["content"] = "<p>typo</p>".into();
    edited["updated"] = "2026-01-02T04:00:00Z".into();
    // By somebody else it changes nothing.
    let foreign = activity(&sam, "Update", 1, edited.clone());
    send(&server, &peer, &sam, foreign).await;
    let content = "select text from statuses where uri = $1";
    assert_eq!(text(&server, content, uri).await, "<p>tyop</p>");
    send(&server, &peer, &rita, activity(&rita, "Update", 2, edited.clone())).await;
    assert_eq!(text(&server, content, uri).await, "<p>typo</p>");
    let edits = "select string_agg(edits.text, ' ' order by edits.created_at)
         from status_edits edits join statuses on statuses.id = status_id where uri = $1";
    assert_eq!(text(&server, edits, uri).await, "<p>tyop</p> <p>typo</p>");
    // An older one comes too late.
    edited["content"] = "<p>older</p>".into();
    edited["updated"] = "2026-01-02T03:30:00Z".into();
    send(&server, &peer, &rita, activity(&rita, "Update", 3, edited)).await;
    assert_eq!(text(&server, content, uri).await, "<p>typo</p>");
}
