//! The views answer as Mastodon's do.

use super::{EmptyDatabase, migrate};

#[tokio::test]
async fn views_have_mastodons_columns_and_can_be_refreshed_while_read() {
    let mut database = EmptyDatabase::create("view_columns").await;
    migrate(database.conn()).await.unwrap();
    let columns = database
        .lines(
            "select format(
                 '%s: %s', relname,
                 string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
             )
             from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
             where relnamespace = 'public'::regnamespace and relkind in ('m', 'v')
             group by relname order by relname",
        )
        .await;
    let expected = [
        "account_summaries: account_id bigint, language character varying, sensitive boolean",
        "global_follow_recommendations: account_id bigint, rank numeric, reason text[]",
        "instances: domain character varying, accounts_count bigint",
        "user_ips: user_id bigint, ip inet, used_at timestamp without time zone",
    ];
    assert_eq!(columns, expected);
    for refresh in [
        "refresh materialized view concurrently account_summaries",
        "refresh materialized view concurrently global_follow_recommendations",
        "refresh materialized view concurrently instances",
    ] {
        database.run(refresh).await;
    }
    database.drop().await;
}

#[tokio::test]
async fn views_show_what_mastodons_show() {
    let mut database = EmptyDatabase::create("views").await;
    migrate(database.conn()).await.unwrap();
    database
        .run(
            "insert into accounts (id, username, domain, discoverable, locked, created_at, updated_at)
             select id, 'a' || id, case when id > 4 then 'b.example' end, id < 4, id = 3, now(), now()
             from generate_series(1, 9) as id;
             -- 1 has turned to French and away from what is sensitive; older posts do not count.
             insert into statuses (account_id, language, sensitive, text, created_at, updated_at)
             select 1, 'en', true, '', now(), now() from generate_series(1, 30);
             select pg_sleep(0.01);
             insert into statuses (account_id, language, sensitive, text, created_at, updated_at)
             select 1, case when n < 12 then 'fr' else 'de' end, n = 1, '', now(), now()
             from generate_series(1, 20) as n;
             insert into statuses (account_id, language, text, created_at, updated_at, deleted_at)
             values (2, 'pt', '', now(), now(), now());
             insert into statuses (account_id, language, text, created_at, updated_at)
             values (3, 'pt', '', now(), now()), (4, 'pt', '', now(), now());
             -- Six of ours follow 1, one of them long gone.
             insert into users (account_id, email, current_sign_in_at, sign_up_ip, created_at, updated_at)
             select id, id::text, now() - case when id = 9 then interval '40 days' else '1 day' end,
                 case when id = 4 then inet '192.0.2.4' end, '2026-01-01', now()
             from generate_series(4, 9) as id;
             insert into follows (account_id, target_account_id, created_at, updated_at)
             select id, 1, now(), now() from generate_series(4, 9) as id;
             insert into status_stats (status_id, favourites_count, reblogs_count, created_at, updated_at)
             select max(id), 2, 1, now(), now() from statuses where account_id = 1;
             insert into domain_blocks (domain, created_at, updated_at)
             values ('b.example', now(), now()), ('c.example', now(), now());
             insert into domain_allows (domain, created_at, updated_at)
             values ('d.example', now(), now());
             insert into login_activities (user_id, ip, success, created_at)
             select max(id), inet '192.0.2.9', true, timestamp '2026-01-02' from users
             union all select max(id), '192.0.2.9', true, '2026-01-03' from users
             union all select max(id), '192.0.2.8', false, '2026-01-03' from users;
             refresh materialized view account_summaries;
             refresh materialized view global_follow_recommendations;
             refresh materialized view instances;",
        )
        .await;

    let summaries = database.lines("select account_summaries::text from account_summaries").await;
    assert_eq!(summaries, ["(1,fr,f)"]);
    let recommended = "select format('%s %s %s', account_id, round(rank, 4), reason)
                       from global_follow_recommendations";
    assert_eq!(database.lines(recommended).await, ["1 0.8333 {most_followed}"]);
    let instances = database.lines("select instances::text from instances order by domain").await;
    assert_eq!(instances, ["(b.example,5)", "(c.example,0)", "(d.example,0)"]);
    let ips = database.lines("select format('%s %s', ip, used_at) from user_ips order by ip").await;
    assert_eq!(ips, ["192.0.2.4 2026-01-01 00:00:00", "192.0.2.9 2026-01-03 00:00:00"]);

    database
        .run(
            "update status_stats set favourites_count = 4;
             refresh materialized view global_follow_recommendations;",
        )
        .await;
    let both = "select format('%s %s', round(rank, 4), (select string_agg(r, ' ' order by r)
                                                        from unnest(reason) as r))
                from global_follow_recommendations";
    assert_eq!(database.lines(both).await, ["1.6667 most_followed most_interactions"]);
    database
        .run(
            "insert into follow_recommendation_suppressions (account_id, created_at, updated_at)
             values (1, now(), now());
             refresh materialized view global_follow_recommendations;",
        )
        .await;
    assert_eq!(database.lines(recommended).await, [""; 0]);
    database.drop().await;
}
