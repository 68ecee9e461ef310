-- Everything of Ferrodon's own. Dropping the schema returns a plain Mastodon database.
create schema if not exists ferrodon;

-- Work to be done after a request: a row is work to do, doing it deletes the row.
create table ferrodon.jobs (
    id bigint generated always as identity primary key,
    queue text not null,
    payload jsonb not null,
    -- A second job with the same key is not queued while the first one waits.
    unique_key text unique,
    run_at timestamptz not null,
    attempt integer not null default 0,
    failed_at timestamptz,
    last_error text,
    created_at timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

create index jobs_due on ferrodon.jobs (queue, run_at, id) where failed_at is null;
create index jobs_failed on ferrodon.jobs (failed_at) where failed_at is not null;

-- What is sent to other servers: the bytes and their digest, once for all inboxes.
create table ferrodon.activities (
    id bigint generated always as identity primary key,
    -- Who signs the requests.
    account_id bigint not null,
    body bytea not null,
    -- The value of the `Digest` header.
    digest text not null,
    -- A post for followers: each host is told which of its people follow, so that it can compare.
    follower_sync boolean not null default false,
    -- Deliveries that still need it; the last one takes it along.
    pending integer not null,
    created_at timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- Which inbox still has to hear of which activity. A lane is one sender and one host: within it
-- deliveries go out in the order of their ids. No foreign key: it would cost more than the rest
-- of the insert, and `pending` does its work.
create table ferrodon.deliveries (
    id bigint generated always as identity primary key,
    activity_id bigint not null,
    account_id bigint not null,
    inbox_url text not null,
    -- Lower case, without a port; empty if the address has none.
    host text collate "C" not null,
    -- 0 what a person waits for, 1 replies, 2 mass distribution, 3 what can wait.
    priority smallint not null,
    run_at timestamptz not null,
    -- A worker has it until then.
    leased_until timestamptz,
    -- Tries that got no final answer.
    attempt integer not null default 0,
    last_error text
    -- Half of a page is free, so that taking a delivery writes no index.
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

create index deliveries_due on ferrodon.deliveries (priority, run_at, id);
create index deliveries_lane on ferrodon.deliveries (host, account_id, id);

-- What we know of each host we deliver to.
create table ferrodon.hosts (
    host text collate "C" primary key,
    -- Days (UTC) on which deliveries failed, since the last that succeeded.
    failure_days date[] not null default '{}',
    -- Failures in a row, for the length of the next rest.
    failures integer not null default 0,
    resting_until timestamptz,
    paused boolean not null default false,
    -- What it accepts: 'cavage' or 'rfc9421'; null while unknown.
    signature text,
    last_success_at timestamptz,
    last_error text,
    last_error_at timestamptz
);

create index hosts_resting on ferrodon.hosts (resting_until) where resting_until is not null;

-- The one rule on who may see a status. `viewer` is null for someone not signed in.
create function ferrodon.visible_to(status public.statuses, viewer bigint) returns boolean
language sql stable as $$
    select status.deleted_at is null
        and exists (select from public.accounts author
                    where author.id = status.account_id and author.suspended_at is null)
        and case
            when status.account_id = viewer then true
            when status.visibility in (0, 1) then (viewer is null or not exists (
                    select from public.blocks
                    where account_id = status.account_id and target_account_id = viewer))
                and not exists (
                    select from public.account_domain_blocks b, public.accounts v
                    where b.account_id = status.account_id and v.id = viewer and b.domain = v.domain)
            else viewer is not null and (
                exists (select from public.mentions
                        where status_id = status.id and account_id = viewer)
                or status.visibility = 2 and exists (
                    select from public.follows
                    where account_id = viewer and target_account_id = status.account_id))
        end
$$;
