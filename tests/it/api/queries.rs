//! Every list is read with a number of queries that does not depend on its length.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrodon_core::Config;
use ferrodon_test_support::{Client, TestServer};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What is asked for a short and for a long answer, and how many queries either takes. Two
/// of them are taken by every request: they find its token and whether its address is blocked.
///
/// The world is full: every status names someone, has a hashtag, a picture, a poll, a card and
/// emojis, and quotes a status that quotes another; the viewer has a filter.
const READS: [(&str, &str, usize); 14] = [
    ("/api/v1/timelines/home?limit=1", "/api/v1/timelines/home?limit=40", 23),
    ("/api/v1/timelines/public?limit=1", "/api/v1/timelines/public?limit=40", 24),
    ("/api/v1/timelines/tag/rust?limit=1", "/api/v1/timelines/tag/rust?limit=40", 25),
    ("/api/v1/accounts/101/statuses?limit=1", "/api/v1/accounts/101/statuses?limit=40", 25),
    ("/api/v1/favourites?limit=1", "/api/v1/favourites?limit=40", 24),
    ("/api/v1/bookmarks?limit=1", "/api/v1/bookmarks?limit=40", 24),
    ("/api/v1/statuses?id[]=1001", "/api/v1/statuses?id[]=1001&id[]=1002&id[]=1003", 23),
    ("/api/v1/statuses/3001/context", "/api/v1/statuses/3100/context", 25),
    ("/api/v1/statuses/2001", "/api/v1/statuses/2002", 24),
    ("/api/v1/accounts/101/followers?limit=2", "/api/v1/accounts/101/followers?limit=80", 11),
    ("/api/v1/statuses/1001/favourited_by?limit=2", "/api/v1/statuses/1001/favourited_by", 10),
    ("/api/v1/statuses/1001/reblogged_by?limit=1", "/api/v1/statuses/1001/reblogged_by", 10),
    ("/api/v1/accounts?id[]=101", "/api/v1/accounts?id[]=101&id[]=301&id[]=302", 8),
    (
        "/api/v1/accounts/relationships?id[]=101",
        "/api/v1/accounts/relationships?id[]=101&id[]=301&id[]=302",
        3,
    ),
];

/// A world in which every list has forty entries. Account 101 posts, 102 reblogs, 103 is quoted;
/// 301 to 340 follow 101; the viewer follows 101 and 102.
const WORLD: &str = "
    insert into accounts (id, username, note, display_name, discoverable, created_at, updated_at)
    select id, 'user' || id, 'I am :blob:, friend of @user103', ':blob:', true, now(), now()
    from (values (101), (102), (103)) as made (id)
    union all select id, 'user' || id, 'I am :blob:, friend of @user103', ':blob:', true, now(), now()
    from generate_series(301, 340) as id;
    insert into custom_emojis (shortcode, image_file_name, created_at, updated_at)
    values ('blob', 'blob.png', now(), now());
    insert into tags (id, name, created_at, updated_at) values (1, 'rust', now(), now());

    insert into statuses (id, account_id, text, local, uri, visibility, conversation_id,
                          in_reply_to_id, in_reply_to_account_id, reply, reblog_of_id,
                          application_id, created_at, updated_at)
    select id, author, '@user103 #rust :blob:', true, 'https://local.test/' || id, 0, null,
           parent, case when parent is null then null else author end, parent is not null,
           original, (select min(oauth_applications.id) from oauth_applications), now(), now()
    from (
        select id, 103, null::bigint, null::bigint from generate_series(801, 840) as id
        union all select id, 103, null, null from generate_series(901, 940) as id
        union all select id, 101, null, null from generate_series(1001, 1040) as id
        union all select id, 102, null, id - 1000 from generate_series(2001, 2040) as id
        union all values (3001::bigint, 101, null::bigint, null::bigint), (3002, 101, 3001, null),
            (3100, 101, null, null)
        union all select id, 101, 3100, null from generate_series(3101, 3140) as id
    ) as made (id, author, parent, original);

    insert into mentions (status_id, account_id, created_at, updated_at)
    select id, 103, now(), now() from statuses where reblog_of_id is null;
    insert into statuses_tags (status_id, tag_id)
    select id, 1 from statuses where reblog_of_id is null;
    insert into media_attachments (account_id, status_id, file_file_name, file_content_type,
                                   created_at, updated_at)
    select account_id, id, 'a.png', 'image/png', now(), now()
    from statuses where reblog_of_id is null;
    insert into polls (account_id, status_id, options, cached_tallies, created_at, updated_at)
    select account_id, id, '{yes,no}', '{0,0}', now(), now()
    from statuses where reblog_of_id is null;
    update statuses set poll_id = polls.id from polls where polls.status_id = statuses.id;
    insert into preview_cards (id, url, title, created_at, updated_at)
    values (1, 'https://a.test/', 'A', now(), now());
    insert into preview_cards_statuses (preview_card_id, status_id)
    select 1, id from statuses where reblog_of_id is null;
    insert into quotes (status_id, quoted_status_id, account_id, quoted_account_id, state,
                        created_at, updated_at)
    select id, 900 + id % 100, 101, 103, 1, now(), now()
    from statuses where id > 1000 and reblog_of_id is null and id % 100 between 1 and 40
    union all select id, id - 100, 103, 103, 1, now(), now()
    from statuses where id between 901 and 940;

    insert into follows (account_id, target_account_id, created_at, updated_at)
    select id, 101, now(), now() from generate_series(301, 340) as id;
    insert into favourites (account_id, status_id, created_at, updated_at)
    select id, 1001, now(), now() from generate_series(301, 340) as id;
    insert into statuses (account_id, reblog_of_id, local, uri, created_at, updated_at)
    select id, 1001, true, 'https://local.test/r' || id, now(), now()
    from generate_series(301, 340) as id;
";

/// What the viewer has.
const VIEWER: &str = "
    insert into follows (account_id, target_account_id, created_at, updated_at)
    select $1::bigint, id, now(), now() from (values (101), (102)) as followed (id)";
const FAVOURITES: &str = "
    insert into favourites (account_id, status_id, created_at, updated_at)
    select $1::bigint, id, now(), now() from generate_series(1001, 1040) as id";
const BOOKMARKS: &str = "
    insert into bookmarks (account_id, status_id, created_at, updated_at)
    select $1::bigint, id, now(), now() from generate_series(1001, 1040) as id";
const FILTER: &str = "
    with filter as (
        insert into custom_filters (account_id, phrase, context, created_at, updated_at)
        values ($1::bigint, 'x', '{home}', now(), now()) returning id)
    insert into custom_filter_keywords (custom_filter_id, keyword, created_at, updated_at)
    select id, 'x', now(), now() from filter";

#[tokio::test]
async fn lists_are_read_with_a_fixed_number_of_queries() {
    // Nothing is remembered, so that the numbers are the largest.
    let configure = |config: &mut Config| config.testing.no_row_cache = true;
    let server = TestServer::start_with(&[], configure).await;
    let viewer = server.sign_in("viewer", "read").await;
    sqlx::raw_sql(WORLD).execute(&mut *server.conn().await).await.expect("a full world");
    for statement in [VIEWER, FAVOURITES, BOOKMARKS, FILTER] {
        let statement = sqlx::query(statement).bind(viewer.account_id());
        statement.execute(&mut *server.conn().await).await.expect("the viewer's things");
    }

    let mut counted = Vec::new();
    for (short, long, _) in READS {
        // What is done at most once a day, and building a feed, does not count.
        drop(viewer.get(short).await.ok());
        let (few, of_few) = count(&viewer, short).await;
        let (many, of_many) = count(&viewer, long).await;
        assert!(short.ends_with("/2001") || few < many, "{long} is no longer than {short}");
        counted.push((short, of_few, of_many));
    }
    let stated: Vec<_> =
        READS.iter().map(|(short, _, stated)| (*short, *stated, *stated)).collect();
    assert_eq!(counted, stated, "address, queries for a short answer, queries for a long one");
}

/// How long an answer is, and how many queries it took.
async fn count(viewer: &Client<'_>, path: &str) -> (usize, usize) {
    let counter = Queries::default();
    let counting = tracing::subscriber::set_default(counter.clone());
    let answer = viewer.get(path).await.ok();
    drop(counting);
    (answer.text.len(), counter.0.load(Ordering::Relaxed))
}

/// Counts the statements that are sent to PostgreSQL by this thread.
#[derive(Clone, Default)]
struct Queries(Arc<AtomicUsize>);

impl Subscriber for Queries {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
