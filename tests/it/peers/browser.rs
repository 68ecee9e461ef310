//! People in Chromium look at every page we have, let an app in, and prove a second factor:
//! without scripts, in every language, by light, in the dark and on a phone, and by keyboard.

use std::path::{Path, PathBuf};

use ferrodon_app::settings;
use ferrodon_core::media::{Attachment, with_extension};
use ferrodon_test_support::{Client, PASSWORD, TestServer};
use serde_json::{Value, json};

use super::{below_target, node, text};

const PICTURE: &[u8] = include_bytes!("../../../static/preview.png");
const SMALL: &[u8] = include_bytes!("../../../static/icons/48.png");
/// The secret of RFC 6238's examples, and its code when the server's clock stands still.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const CODE: &str = "652348";
const LONG: &str = "https://example.com/a-very-long-address/without-any-place-to-break/\
                    Donaudampfschifffahrtsgesellschaftskapitaenspatent?and=more";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everyone() {
    let media = tempfile::tempdir().expect("a folder");
    let folder = media.path().to_owned();
    let server = TestServer::start_with(&[], |config| {
        config.https = false;
        config.media_url = "http://local.test/system".to_owned();
        config.media_dir = folder;
    })
    .await;
    let alice = server.sign_in("alice", "read write").await;
    let bob = server.sign_in("bob", "read write").await;
    describe(&server).await;
    let posts = posts(&server, &alice, &bob).await;
    people(&server).await;
    store(&server, media.path()).await;

    let shots = below_target("debug").with_file_name("screenshots");
    // What is there is of this run.
    let _ = std::fs::remove_dir_all(&shots);
    let (consent, app) = app_asks(&server).await;
    let post = |name: &str| json!({ "path": format!("/@alice/{}", posts[name]), "status": 200 });
    let page = |path: &str, status: u16| json!({ "path": path, "status": status });
    let plan = json!({
        "place": server.listen().await.to_string(),
        "shots": shots,
        "consent": consent,
        "wrong": consent.replace("scope=read", "scope=admin%3Aread"),
        "alice": { "email": "alice@mail.test", "password": PASSWORD },
        "bob": { "email": "bob@mail.test", "password": PASSWORD, "code": CODE },
        "pages": {
            "front": page("/", 200),
            "about": page("/about", 200),
            "profile": page("/@alice", 200),
            "profile-empty": page("/@carol", 200),
            "profile-moved": page("/@dave", 200),
            "profile-suspended": page("/@erin", 403),
            "post-plain": post("plain"),
            "post-warning": post("warning"),
            "post-media": post("media"),
            "post-sensitive": post("sensitive"),
            "post-poll": post("poll"),
            "elsewhere": page("/@rita@remote.test", 200),
            "not-found": page("/@nobody", 404),
        },
    });
    let seen = tokio::task::spawn_blocking(move || browse(&plan)).await.expect("it ends");

    let problems = seen["problems"].as_array().expect("a list");
    assert!(problems.is_empty(), "{problems:#?}\nThe pictures are in {}", shots.display());
    // The code that was shown is worth a token.
    let (id, secret) = app;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("redirect_uri", OUT_OF_BAND),
        ("code", seen["code"].as_str().expect("a code")),
    ];
    let token = server.anonymous().post_form("/oauth/token", &exchange).await.ok();
    assert_eq!(token.str("/scope"), SCOPES);
    println!("{} pictures are in {}", seen["pictures"], shots.display());
}

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
const SCOPES: &str = "read write:statuses write:media follow push admin:read:reports";

/// Registers an app; the path to which it sends people, its id and its secret.
async fn app_asks(server: &TestServer) -> (String, (String, String)) {
    let app = json!({
        "client_name": "Ivory Tower for Android and Other Operating Systems",
        "redirect_uris": OUT_OF_BAND,
        "scopes": SCOPES,
        "website": "https://app.example.com",
    });
    let app = server.anonymous().post("/api/v1/apps", app).await.ok();
    let id = app.str("/client_id").to_owned();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &id)
        .append_pair("redirect_uri", OUT_OF_BAND)
        .append_pair("response_type", "code")
        .append_pair("scope", SCOPES)
        .finish();
    (format!("/oauth/authorize?{query}"), (id, app.str("/client_secret").to_owned()))
}

/// Says what the server is, as its administrators do.
async fn describe(server: &TestServer) {
    let more = "# Who we are\n\nA few people with *one* computer.\n\n## Money\n\n- none\n- so far";
    for (name, value) in [
        ("site_title", "The Rust Belt"),
        ("site_short_description", "A small server for people who mend things."),
        ("site_extended_description", more),
        ("site_contact_username", "alice"),
        ("site_contact_email", "hello@local.test"),
    ] {
        settings::set(&server.app, name, &json!(value)).await.expect("a setting");
    }
    execute(
        server,
        "with kind as (
             insert into rules (text, hint, priority, created_at, updated_at)
             values ('Be kind', 'Think before you post.', 1, $1, $1) returning id)
         insert into rule_translations (rule_id, language, text, hint, created_at, updated_at)
         select id, language, text, hint, $1, $1 from kind, (values
             ('de', 'Sei freundlich', 'Denk nach, bevor du etwas veröffentlichst.'),
             ('zh-CN', '友善待人', '发言前请三思。')) as t (language, text, hint)",
    )
    .await;
    execute(
        server,
        "insert into rules (text, priority, created_at, updated_at)
         values ('No advertising', 2, $1, $1)",
    )
    .await;
    execute(
        server,
        "insert into custom_emojis (shortcode, image_file_name, image_content_type,
                 image_storage_schema_version, image_updated_at, created_at, updated_at)
         values ('gear', 'gear.png', 'image/png', 1, $1, $1, $1)",
    )
    .await;
}

/// Gives people names and fates.
async fn people(server: &TestServer) {
    for name in ["carol", "dave", "erin"] {
        server.sign_in(name, "read").await;
    }
    let fields = json!([
        { "name": "Home page", "value": "https://alice.example.com", "verified_at": "2026-01-01T00:00:00Z" },
        { "name": "Pronouns", "value": "she/her" },
        { "name": "Donaudampfschifffahrtsgesellschaft", "value": LONG },
    ]);
    let mut conn = server.conn().await;
    sqlx::query(
        "update accounts set fields = $1, note = $2,
             display_name = 'Alice :gear: Wonderland-Donaudampfschifffahrtskapitänin'
         where username = 'alice' and domain is null",
    )
    .bind(&fields)
    .bind(format!("I mend clocks :gear: and write about it.\n\nMore at {LONG} #repair"))
    .execute(&mut *conn)
    .await
    .expect("an update");
    sqlx::query("update users set otp_required_for_login = true, otp_secret = $1 where email = $2")
        .bind(server.app.columns().encrypt(SECRET))
        .bind("bob@mail.test")
        .execute(&mut *conn)
        .await
        .expect("an update");
    drop(conn);
    execute(
        server,
        "insert into accounts (username, domain, uri, url, created_at, updated_at)
         values ('rita', 'remote.test', 'https://remote.test/users/rita',
                 'https://remote.test/@rita', $1, $1)",
    )
    .await;
    execute(
        server,
        "update accounts set suspended_at = $1, suspension_origin = 0 where username = 'erin'",
    )
    .await;
    execute(
        server,
        "update accounts set moved_to_account_id = (select id from accounts where username = 'rita'),
             updated_at = $1
         where username = 'dave'",
    )
    .await;
}

/// Ids of posts by what is special about them.
type Posts = std::collections::HashMap<&'static str, String>;

/// Alice posts of everything, and Bob boosts.
async fn posts(server: &TestServer, alice: &Client<'_>, bob: &Client<'_>) -> Posts {
    let mut conn = server.conn().await;
    let mut media: Vec<String> = Vec::new();
    for (kind, content_type, file, words) in [
        (0, "image/png", "clock.png", Some("A rust-brown tile with the letter F")),
        (0, "image/png", "dial.png", None),
        (2, "video/mp4", "film.mp4", Some("A clock is taken apart")),
        (4, "audio/mpeg", "sound.mp3", Some("A clock strikes three")),
        (0, "image/png", "hidden.png", Some("A clock after a fall")),
        (0, "image/png", "warned.png", Some("A clock in the rain")),
    ] {
        let id: i64 = sqlx::query_scalar(
            "insert into media_attachments (account_id, type, file_content_type, file_file_name,
                     file_file_size, file_meta, processing, description, file_storage_schema_version,
                     file_updated_at, created_at, updated_at)
             values ($1, $2, $3, $4, 1000, '{}', 2, $5, 1, $6, $6, $6) returning id",
        )
        .bind(alice.account_id())
        .bind(kind)
        .bind(content_type)
        .bind(file)
        .bind(words)
        .bind(server.clock.now().naive_utc())
        .fetch_one(&mut *conn)
        .await
        .expect("a row");
        media.push(id.to_string());
    }
    drop(conn);
    let mut posts = Posts::new();
    for (name, draft) in [
        (
            "plain",
            json!({ "status": format!("Look at {LONG}\n\nand #this, @bob"), "language": "en" }),
        ),
        (
            "warning",
            json!({
                "status": "It stopped at three, and :gear: fell out.",
                "spoiler_text": "A sad tale of a clock :gear:",
                "media_ids": [media[5]],
            }),
        ),
        ("media", json!({ "status": "Four things :gear:", "media_ids": media[..2] })),
        (
            "sensitive",
            json!({ "status": "Not for everyone", "sensitive": true, "media_ids": [media[4]] }),
        ),
        (
            "poll",
            json!({
                "status": "Which clock is the best?",
                "poll": {
                    "options": ["The one with a cuckoo :gear:", "The quiet one", "None of them"],
                    "expires_in": 86400,
                },
            }),
        ),
        ("reply", json!({ "status": "你好，世界", "language": "zh" })),
    ] {
        let post = alice.post("/api/v1/statuses", draft).await.ok();
        posts.insert(name, post.str("/id").to_owned());
    }
    let boosted = bob.post("/api/v1/statuses", json!({ "status": "A boosted word" })).await.ok();
    let boost = format!("/api/v1/statuses/{}/reblog", boosted.str("/id"));
    let _ = alice.post(&boost, json!({})).await.ok();
    server.run_jobs().await;
    // Apps cannot mix pictures and films, but other software can.
    let mut conn = server.conn().await;
    sqlx::query(
        "with moved as (
             update media_attachments set status_id = $1 where type in (2, 4) returning id)
         update statuses set ordered_media_attachment_ids =
             ordered_media_attachment_ids || (select array_agg(id) from moved)
         where id = $1",
    )
    .bind(posts["media"].parse::<i64>().expect("a number"))
    .execute(&mut *conn)
    .await
    .expect("an update");
    sqlx::query("update polls set cached_tallies = '{3,5,1}', votes_count = 9, voters_count = 9")
        .execute(&mut *conn)
        .await
        .expect("an update");
    sqlx::query(
        "with card as (
             insert into preview_cards (url, title, provider_name, created_at, updated_at)
             values ($1, 'A page about captains', 'example.com', $2, $2) returning id)
         insert into preview_cards_statuses (preview_card_id, status_id) select id, $3 from card",
    )
    .bind(LONG)
    .bind(server.clock.now().naive_utc())
    .bind(posts["plain"].parse::<i64>().expect("a number"))
    .execute(&mut *conn)
    .await
    .expect("a row");
    drop(conn);
    posts
}

fn browse(plan: &Value) -> Value {
    let output = node("pages.mjs").arg(plan.to_string()).output().expect("node starts");
    assert!(output.status.success(), "the browser failed: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

/// Puts pictures where the server expects its files.
async fn store(server: &TestServer, root: &Path) {
    let mut conn = server.conn().await;
    let files: Vec<(i64, String)> =
        sqlx::query_as("select id, file_file_name from media_attachments")
            .fetch_all(&mut *conn)
            .await
            .expect("rows");
    let emoji: i64 = sqlx::query_scalar("select id from custom_emojis")
        .fetch_one(&mut *conn)
        .await
        .expect("a row");
    let mut paths: Vec<(String, &[u8])> = Vec::new();
    for (id, name) in &files {
        let still = with_extension(name, "png");
        paths.push((Attachment::MediaFile.path(*id, "original", name, false), PICTURE));
        paths.push((Attachment::MediaFile.path(*id, "small", &still, false), PICTURE));
    }
    for style in ["original", "static"] {
        paths.push((Attachment::EmojiImage.path(emoji, style, "gear.png", false), SMALL));
    }
    for (path, content) in paths {
        let file: PathBuf = root.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, content).expect("a file");
    }
}

/// Runs a statement whose one parameter is the server's time.
async fn execute(server: &TestServer, sql: &'static str) {
    let mut conn = server.conn().await;
    let now = server.clock.now().naive_utc();
    sqlx::query(sql).bind(now).execute(&mut *conn).await.expect("a statement");
}
