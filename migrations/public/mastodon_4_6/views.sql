-- What Mastodon computes now and then (materialised, refreshed by a periodic job) or on demand.
-- Each materialised view has a unique index, without which it could not be refreshed while it is read.

-- The usual language of accounts that want to be found, and whether they usually post what is
-- marked as sensitive, by their newest 20 posts. Refreshed once a day.
create materialized view account_summaries as
select
    accounts.id as account_id,
    mode() within group (order by newest.language) as language,
    mode() within group (order by newest.sensitive) as sensitive
from accounts
cross join lateral (
    select statuses.language, statuses.sensitive
    from statuses
    where statuses.account_id = accounts.id
        and statuses.deleted_at is null
        and statuses.reblog_of_id is null
    order by statuses.id desc
    limit 20
) as newest
where accounts.discoverable
    and not accounts.locked
    and accounts.suspended_at is null
    and accounts.silenced_at is null
    and accounts.moved_to_account_id is null
group by accounts.id;

create unique index index_account_summaries_on_account_id on account_summaries (account_id);
create index idx_on_account_id_language_sensitive_250461e1eb
    on account_summaries (account_id, language, sensitive);

-- Accounts worth following: those that people here follow, and those whose recent posts are liked
-- and reblogged. The more, the nearer each of the two ranks comes to 1. Refreshed once a day, after
-- account_summaries.
create materialized view global_follow_recommendations as
with candidates as (
    select account_id
    from account_summaries
    where not sensitive
        and account_id not in (select account_id from follow_recommendation_suppressions)
), followed as (
    select candidates.account_id, count(*)::numeric as n
    from candidates
    join follows on follows.target_account_id = candidates.account_id
    join users on users.account_id = follows.account_id
    where users.current_sign_in_at >= now() - interval '30 days'
    group by candidates.account_id
), interactions as (
    select
        candidates.account_id,
        sum(status_stats.reblogs_count + status_stats.favourites_count) as n
    from candidates
    join statuses on statuses.account_id = candidates.account_id
    join status_stats on status_stats.status_id = statuses.id
    where statuses.id
        >= (date_part('epoch', now() - interval '30 days') * 1000)::bigint << 16
    group by candidates.account_id
), ranks as (
    select account_id, n / (1.0 + n) as rank, 'most_followed' as reason from followed where n >= 5
    union all
    select account_id, n / (1.0 + n), 'most_interactions' from interactions where n >= 5
)
select account_id, sum(rank) as rank, array_agg(reason) as reason
from ranks
group by account_id
order by sum(rank) desc;

create unique index index_global_follow_recommendations_on_account_id
    on global_follow_recommendations (account_id);

-- Every domain that we know accounts of, block or allow, and how many accounts each has. Refreshed
-- once an hour, and when a domain is seen for the first time.
create materialized view instances as
with counts as (
    select domain, count(*) as accounts_count
    from accounts
    where domain is not null
    group by domain
), domains as (
    select domain from counts
    union
    select domain from domain_blocks
    union
    select domain from domain_allows
)
select domains.domain, coalesce(counts.accounts_count, 0) as accounts_count
from domains
left join counts on counts.domain = domains.domain;

create unique index index_instances_on_domain on instances (domain);
create index index_instances_on_reverse_domain on instances (reverse('.' || domain), domain);

-- From which addresses a user came, and when last.
create view user_ips as
select user_id, ip, max(used_at) as used_at
from (
    select id as user_id, sign_up_ip as ip, created_at as used_at
    from users
    where sign_up_ip is not null
    union all
    select user_id, ip, updated_at from session_activations
    union all
    select user_id, ip, created_at from login_activities where success
) as uses
group by user_id, ip;
