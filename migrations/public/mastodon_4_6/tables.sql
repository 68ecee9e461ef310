-- The tables of Mastodon 4.6 and their indexes, in alphabetical order.
--
-- Longer than a file of ours should be, because it is one list: who looks for a table finds it by
-- its name. Names, types, defaults and indexes are Mastodon's to decide, so nothing is added here.
-- Foreign keys are in foreign_keys.sql. Each timestamp is UTC.

-- Former names a local account may be moved from: each is listed in its actor's alsoKnownAs.
create table account_aliases (
    id bigserial primary key,
    account_id bigint not null,
    acct varchar not null default '',
    created_at timestamp not null,
    updated_at timestamp not null,
    uri varchar not null default ''
);

create unique index index_account_aliases_on_account_id_and_uri
    on account_aliases (account_id, uri);

-- The direct messages of one account, one row for each set of people in a conversation.
create table account_conversations (
    id bigserial primary key,
    account_id bigint not null,
    conversation_id bigint not null,
    last_status_id bigint,
    lock_version integer not null default 0,
    participant_account_ids bigint[] not null default '{}',
    status_ids bigint[] not null default '{}',
    unread boolean not null default false
);

create unique index index_unique_conversations
    on account_conversations (account_id, conversation_id, participant_account_ids);
create index index_account_conversations_on_conversation_id
    on account_conversations (conversation_id);

-- Accounts whose data is to be deleted once the grace period is over.
create table account_deletion_requests (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    updated_at timestamp not null
);

create index index_account_deletion_requests_on_account_id
    on account_deletion_requests (account_id);

-- Domains that one account does not want to hear of.
create table account_domain_blocks (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    domain varchar not null,
    updated_at timestamp not null
);

create unique index index_account_domain_blocks_on_account_id_and_domain
    on account_domain_blocks (account_id, domain);

-- Moves of local accounts to others, newest last; they limit how soon the next may follow.
create table account_migrations (
    id bigserial primary key,
    account_id bigint,
    acct varchar not null default '',
    created_at timestamp not null,
    followers_count bigint not null default 0,
    target_account_id bigint,
    updated_at timestamp not null
);

create index index_account_migrations_on_account_id on account_migrations (account_id);
create index index_account_migrations_on_target_account_id on account_migrations (target_account_id)
    where target_account_id is not null;

-- What moderators wrote down about an account.
create table account_moderation_notes (
    id bigserial primary key,
    account_id bigint not null,
    content text not null,
    created_at timestamp not null,
    target_account_id bigint not null,
    updated_at timestamp not null
);

create index index_account_moderation_notes_on_account_id on account_moderation_notes (account_id);
create index index_account_moderation_notes_on_target_account_id
    on account_moderation_notes (target_account_id);

-- What one account wrote down, for itself alone, about another.
create table account_notes (
    id bigserial primary key,
    account_id bigint not null,
    comment text not null,
    created_at timestamp not null,
    target_account_id bigint not null,
    updated_at timestamp not null
);

create unique index index_account_notes_on_account_id_and_target_account_id
    on account_notes (account_id, target_account_id);
create index index_account_notes_on_target_account_id on account_notes (target_account_id);

-- Accounts that somebody features on their profile.
create table account_pins (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    target_account_id bigint not null,
    updated_at timestamp not null
);

create unique index index_account_pins_on_account_id_and_target_account_id
    on account_pins (account_id, target_account_id);
create index index_account_pins_on_target_account_id on account_pins (target_account_id);

-- How many follows one account lost in one severance event.
create table account_relationship_severance_events (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    followers_count integer not null default 0,
    following_count integer not null default 0,
    relationship_severance_event_id bigint not null,
    updated_at timestamp(6) not null
);

create unique index idx_on_account_id_relationship_severance_event_id_7bd82bf20e
    on account_relationship_severance_events (account_id, relationship_severance_event_id);
create index idx_on_relationship_severance_event_id_403f53e707
    on account_relationship_severance_events (relationship_severance_event_id);

-- Counters of an account, kept apart because they change often.
create table account_stats (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    followers_count bigint not null default 0,
    following_count bigint not null default 0,
    last_status_at timestamp,
    statuses_count bigint not null default 0,
    updated_at timestamp not null
);

create unique index index_account_stats_on_account_id on account_stats (account_id);
create index index_account_stats_on_last_status_at_and_account_id
    on account_stats (last_status_at desc nulls last, account_id);

-- Which of their own old posts people want deleted automatically.
create table account_statuses_cleanup_policies (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    enabled boolean not null default true,
    keep_direct boolean not null default true,
    keep_media boolean not null default false,
    keep_pinned boolean not null default true,
    keep_polls boolean not null default false,
    keep_self_bookmark boolean not null default true,
    keep_self_fav boolean not null default true,
    min_favs integer,
    min_reblogs integer,
    min_status_age integer not null default 1209600,
    updated_at timestamp(6) not null
);

create index index_account_statuses_cleanup_policies_on_account_id
    on account_statuses_cleanup_policies (account_id);

-- Texts that moderators choose from when they warn somebody.
create table account_warning_presets (
    id bigserial primary key,
    created_at timestamp not null,
    text text not null default '',
    title varchar not null default '',
    updated_at timestamp not null
);

-- Strikes: what moderators did to an account, and why.
create table account_warnings (
    id bigserial primary key,
    account_id bigint,
    action integer not null default 0,
    created_at timestamp not null,
    overruled_at timestamp,
    report_id bigint,
    status_ids varchar[],
    target_account_id bigint,
    text text not null default '',
    updated_at timestamp not null
);

create index index_account_warnings_on_account_id on account_warnings (account_id);
create index index_account_warnings_on_target_account_id on account_warnings (target_account_id);

-- Every actor we know. A local one has no domain, and a private key; id -99 is the server
-- itself.
create sequence accounts_id_seq;

create table accounts (
    id bigint primary key default timestamp_id('accounts'),
    actor_type varchar,
    also_known_as varchar[],
    attribution_domains varchar[] default '{}',
    avatar_content_type varchar,
    avatar_description varchar not null default '',
    avatar_file_name varchar,
    avatar_file_size integer,
    avatar_remote_url varchar,
    avatar_storage_schema_version integer,
    avatar_updated_at timestamp,
    collections_url varchar,
    created_at timestamp not null,
    discoverable boolean,
    display_name varchar not null default '',
    domain varchar,
    feature_approval_policy integer not null default 0,
    featured_collection_url varchar,
    fields jsonb,
    followers_url varchar not null default '',
    following_url varchar not null default '',
    header_content_type varchar,
    header_description varchar not null default '',
    header_file_name varchar,
    header_file_size integer,
    header_remote_url varchar not null default '',
    header_storage_schema_version integer,
    header_updated_at timestamp,
    hide_collections boolean,
    id_scheme integer default 1,
    inbox_url varchar not null default '',
    indexable boolean not null default false,
    last_webfingered_at timestamp,
    locked boolean not null default false,
    memorial boolean not null default false,
    moved_to_account_id bigint,
    note text not null default '',
    outbox_url varchar not null default '',
    private_key text,
    protocol integer not null default 0,
    public_key text not null default '',
    requested_review_at timestamp,
    reviewed_at timestamp,
    sensitized_at timestamp,
    shared_inbox_url varchar not null default '',
    show_featured boolean not null default true,
    show_media boolean not null default true,
    show_media_replies boolean not null default true,
    silenced_at timestamp,
    suspended_at timestamp,
    suspension_origin integer,
    trendable boolean,
    updated_at timestamp not null,
    uri varchar not null default '',
    url varchar,
    username varchar not null default ''
);

create index search_index on accounts using gin ((
        setweight(to_tsvector('simple', display_name), 'A')
        || setweight(to_tsvector('simple', username), 'B')
        || setweight(to_tsvector('simple', coalesce(domain, '')), 'C')
    ));
create unique index index_accounts_on_username_and_domain_lower
    on accounts (lower(username), coalesce(lower(domain), ''));
create index index_accounts_on_domain_and_id on accounts (domain, id);
create index index_accounts_on_moved_to_account_id on accounts (moved_to_account_id)
    where moved_to_account_id is not null;
create index index_accounts_on_uri on accounts (uri);
create index index_accounts_on_url on accounts (url text_pattern_ops) where url is not null;

-- Hashtags in the profiles of accounts.
create table accounts_tags (
    account_id bigint not null,
    tag_id bigint not null,
    primary key (tag_id, account_id)
);

create index index_accounts_tags_on_account_id_and_tag_id on accounts_tags (account_id, tag_id);

-- Who of the staff did what to whom or what.
create table admin_action_logs (
    id bigserial primary key,
    account_id bigint not null,
    action varchar not null default '',
    created_at timestamp not null,
    human_identifier varchar,
    permalink varchar,
    route_param varchar,
    target_id bigint,
    target_type varchar,
    updated_at timestamp not null
);

create index index_admin_action_logs_on_account_id on admin_action_logs (account_id);
create index index_admin_action_logs_on_target_type_and_target_id
    on admin_action_logs (target_type, target_id);

-- Announcements that an account has dismissed.
create table announcement_mutes (
    id bigserial primary key,
    account_id bigint not null,
    announcement_id bigint not null,
    created_at timestamp not null,
    updated_at timestamp not null
);

create unique index index_announcement_mutes_on_account_id_and_announcement_id
    on announcement_mutes (account_id, announcement_id);
create index index_announcement_mutes_on_announcement_id on announcement_mutes (announcement_id);

-- Emoji with which accounts reacted to an announcement.
create table announcement_reactions (
    id bigserial primary key,
    account_id bigint not null,
    announcement_id bigint not null,
    created_at timestamp not null,
    custom_emoji_id bigint,
    name varchar not null default '',
    updated_at timestamp not null
);

create unique index index_announcement_reactions_on_account_id_and_announcement_id
    on announcement_reactions (account_id, announcement_id, name);
create index index_announcement_reactions_on_announcement_id
    on announcement_reactions (announcement_id);
create index index_announcement_reactions_on_custom_emoji_id
    on announcement_reactions (custom_emoji_id)
    where custom_emoji_id is not null;

-- Messages of the staff to everyone here.
create table announcements (
    id bigserial primary key,
    all_day boolean not null default false,
    created_at timestamp not null,
    ends_at timestamp,
    notification_sent_at timestamp(6),
    published boolean not null default false,
    published_at timestamp,
    scheduled_at timestamp,
    starts_at timestamp,
    status_ids bigint[],
    text text not null default '',
    updated_at timestamp not null
);

-- How much each account posted in a year, to tell a report's percentiles.
create table annual_report_statuses_per_account_counts (
    id bigserial primary key,
    account_id bigint not null,
    statuses_count bigint not null,
    year integer not null
);

create unique index idx_on_year_account_id_ff3e167cef
    on annual_report_statuses_per_account_counts (year, account_id);

-- Objections to strikes.
create table appeals (
    id bigserial primary key,
    account_id bigint not null,
    account_warning_id bigint not null,
    approved_at timestamp,
    approved_by_account_id bigint,
    created_at timestamp(6) not null,
    rejected_at timestamp,
    rejected_by_account_id bigint,
    text text not null default '',
    updated_at timestamp(6) not null
);

create index index_appeals_on_account_id on appeals (account_id);
create unique index index_appeals_on_account_warning_id on appeals (account_warning_id);
create index index_appeals_on_approved_by_account_id on appeals (approved_by_account_id)
    where approved_by_account_id is not null;
create index index_appeals_on_rejected_by_account_id on appeals (rejected_by_account_id)
    where rejected_by_account_id is not null;

-- Archives of their own posts that people asked for.
create table backups (
    id bigserial primary key,
    created_at timestamp not null,
    dump_content_type varchar,
    dump_file_name varchar,
    dump_file_size bigint,
    dump_updated_at timestamp,
    processed boolean not null default false,
    updated_at timestamp not null,
    user_id bigint
);

create index index_backups_on_user_id on backups (user_id);

-- Who blocks whom.
create table blocks (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    target_account_id bigint not null,
    updated_at timestamp not null,
    uri varchar
);

create unique index index_blocks_on_account_id_and_target_account_id
    on blocks (account_id, target_account_id);
create index index_blocks_on_target_account_id on blocks (target_account_id);

-- Statuses that somebody keeps for later.
create table bookmarks (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    status_id bigint not null,
    updated_at timestamp not null
);

create unique index index_bookmarks_on_account_id_and_status_id
    on bookmarks (account_id, status_id);
create index index_bookmarks_on_status_id on bookmarks (status_id);

-- One line of a file that somebody imports.
create table bulk_import_rows (
    id bigserial primary key,
    bulk_import_id bigint not null,
    created_at timestamp(6) not null,
    data jsonb,
    updated_at timestamp(6) not null
);

create index index_bulk_import_rows_on_bulk_import_id on bulk_import_rows (bulk_import_id);

-- Files of follows, blocks and the like that people import, and how far each is.
create table bulk_imports (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    finished_at timestamp,
    imported_items integer not null default 0,
    likely_mismatched boolean not null default false,
    missing_status boolean not null default false,
    original_filename varchar not null default '',
    overwrite boolean not null default false,
    processed_items integer not null default 0,
    state integer not null,
    total_items integer not null default 0,
    type integer not null,
    updated_at timestamp(6) not null
);

create index index_bulk_imports_on_account_id on bulk_imports (account_id);
create index index_bulk_imports_unconfirmed on bulk_imports (id) where state = 0;

-- Hashes of the e-mail addresses that may not sign up again.
create table canonical_email_blocks (
    id bigserial primary key,
    canonical_email_hash varchar not null default '',
    created_at timestamp(6) not null,
    reference_account_id bigint,
    updated_at timestamp(6) not null
);

create unique index index_canonical_email_blocks_on_canonical_email_hash
    on canonical_email_blocks (canonical_email_hash);
create index index_canonical_email_blocks_on_reference_account_id
    on canonical_email_blocks (reference_account_id);

-- Who is in a collection, and whether they agreed.
create sequence collection_items_id_seq;

create table collection_items (
    id bigint primary key default timestamp_id('collection_items'),
    account_id bigint,
    activity_uri varchar,
    approval_last_verified_at timestamp(6),
    approval_uri varchar,
    collection_id bigint not null,
    created_at timestamp(6) not null,
    object_uri varchar,
    position integer not null default 1,
    state integer not null default 0,
    updated_at timestamp(6) not null,
    uri varchar
);

create unique index index_collection_items_on_account_id_and_collection_id
    on collection_items (account_id, collection_id);
create unique index index_collection_items_on_approval_uri on collection_items (approval_uri)
    where approval_uri is not null;
create index index_collection_items_on_collection_id on collection_items (collection_id);
create index index_collection_items_on_state on collection_items (state) where state in (2, 3);
create unique index index_collection_items_on_uri on collection_items (uri) where uri is not null;

-- Collections that a report is about.
create table collection_reports (
    id bigserial primary key,
    collection_id bigint not null,
    created_at timestamp(6) not null,
    report_id bigint not null,
    updated_at timestamp(6) not null
);

create index index_collection_reports_on_collection_id on collection_reports (collection_id);
create index index_collection_reports_on_report_id on collection_reports (report_id);

-- Lists of accounts that somebody recommends in public.
create sequence collections_id_seq;

create table collections (
    id bigint primary key default timestamp_id('collections'),
    account_id bigint not null,
    created_at timestamp(6) not null,
    description text,
    description_html text,
    discoverable boolean not null,
    item_count integer not null default 0,
    language varchar,
    local boolean not null,
    name varchar not null,
    original_number_of_items integer,
    sensitive boolean not null,
    tag_id bigint,
    updated_at timestamp(6) not null,
    uri varchar,
    url varchar
);

create index index_collections_on_account_id on collections (account_id);
create index index_collections_on_tag_id on collections (tag_id);
create unique index index_collections_on_uri on collections (uri) where uri is not null;

-- Conversations that an account wants no notifications from.
create table conversation_mutes (
    id bigserial primary key,
    account_id bigint not null,
    conversation_id bigint not null
);

create unique index index_conversation_mutes_on_account_id_and_conversation_id
    on conversation_mutes (account_id, conversation_id);

-- Threads: what statuses that answer each other have in common.
create table conversations (
    id bigserial primary key,
    created_at timestamp not null,
    parent_account_id bigint,
    parent_status_id bigint,
    updated_at timestamp not null,
    uri varchar
);

create unique index index_conversations_on_parent_status_id on conversations (parent_status_id)
    where parent_status_id is not null;
create unique index index_conversations_on_uri on conversations (uri text_pattern_ops)
    where uri is not null;

-- Headings under which the emoji picker shows custom emoji.
create table custom_emoji_categories (
    id bigserial primary key,
    created_at timestamp not null,
    featured_emoji_id bigint,
    name varchar,
    updated_at timestamp not null
);

create unique index index_custom_emoji_categories_on_name on custom_emoji_categories (name);

-- Custom emoji, our own (no domain) and those of other servers.
create table custom_emojis (
    id bigserial primary key,
    category_id bigint,
    created_at timestamp not null,
    disabled boolean not null default false,
    domain varchar,
    image_content_type varchar,
    image_file_name varchar,
    image_file_size integer,
    image_remote_url varchar,
    image_storage_schema_version integer,
    image_updated_at timestamp,
    shortcode varchar not null default '',
    updated_at timestamp not null,
    uri varchar,
    visible_in_picker boolean not null default true
);

create unique index index_custom_emojis_on_shortcode_and_domain
    on custom_emojis (shortcode, domain);

-- Words that a filter looks for.
create table custom_filter_keywords (
    id bigserial primary key,
    created_at timestamp(6) not null,
    custom_filter_id bigint not null,
    keyword text not null default '',
    updated_at timestamp(6) not null,
    whole_word boolean not null default true
);

create index index_custom_filter_keywords_on_custom_filter_id
    on custom_filter_keywords (custom_filter_id);

-- Single statuses that a filter hides.
create table custom_filter_statuses (
    id bigserial primary key,
    created_at timestamp(6) not null,
    custom_filter_id bigint not null,
    status_id bigint not null,
    updated_at timestamp(6) not null
);

create index index_custom_filter_statuses_on_custom_filter_id
    on custom_filter_statuses (custom_filter_id);
create unique index index_custom_filter_statuses_on_status_id_and_custom_filter_id
    on custom_filter_statuses (status_id, custom_filter_id);

-- What people do not want to read, where, and until when.
create table custom_filters (
    id bigserial primary key,
    account_id bigint not null,
    action integer not null default 0,
    context varchar[] not null default '{}',
    created_at timestamp not null,
    expires_at timestamp,
    phrase text not null default '',
    updated_at timestamp not null
);

create index index_custom_filters_on_account_id on custom_filters (account_id);

-- In limited federation mode: the domains that we talk to.
create table domain_allows (
    id bigserial primary key,
    created_at timestamp not null,
    domain varchar not null default '',
    updated_at timestamp not null
);

create unique index index_domain_allows_on_domain on domain_allows (domain);

-- Domains that the staff limited, suspended, or keep media or reports from.
create table domain_blocks (
    id bigserial primary key,
    created_at timestamp not null,
    domain varchar not null default '',
    obfuscate boolean not null default false,
    private_comment text,
    public_comment text,
    reject_media boolean not null default false,
    reject_reports boolean not null default false,
    severity integer default 0,
    updated_at timestamp not null
);

create unique index index_domain_blocks_on_domain on domain_blocks (domain);

-- Domains of e-mail addresses (or of their mail servers) that may not sign up.
create table email_domain_blocks (
    id bigserial primary key,
    allow_with_approval boolean not null default false,
    created_at timestamp not null,
    domain varchar not null default '',
    parent_id bigint,
    updated_at timestamp not null
);

create unique index index_email_domain_blocks_on_domain on email_domain_blocks (domain);

-- Readers who get an account's posts by e-mail.
create table email_subscriptions (
    id bigserial primary key,
    account_id bigint not null,
    confirmation_token varchar,
    confirmed_at timestamp(6),
    created_at timestamp(6) not null,
    email varchar not null,
    locale varchar not null,
    updated_at timestamp(6) not null
);

create unique index index_email_subscriptions_on_account_id_and_email
    on email_subscriptions (account_id, email);
create unique index index_email_subscriptions_on_confirmation_token
    on email_subscriptions (confirmation_token)
    where confirmation_token is not null;

-- How far an auxiliary provider has read our older content.
create table fasp_backfill_requests (
    id bigserial primary key,
    category varchar not null,
    created_at timestamp(6) not null,
    cursor varchar,
    fasp_provider_id bigint not null,
    fulfilled boolean not null default false,
    max_count integer not null default 100,
    updated_at timestamp(6) not null
);

create index index_fasp_backfill_requests_on_fasp_provider_id
    on fasp_backfill_requests (fasp_provider_id);

-- Answers to test calls made to auxiliary providers.
create table fasp_debug_callbacks (
    id bigserial primary key,
    created_at timestamp(6) not null,
    fasp_provider_id bigint not null,
    ip varchar not null,
    request_body text not null,
    updated_at timestamp(6) not null
);

create index index_fasp_debug_callbacks_on_fasp_provider_id
    on fasp_debug_callbacks (fasp_provider_id);

-- Accounts that auxiliary providers recommended to somebody.
create table fasp_follow_recommendations (
    id bigserial primary key,
    created_at timestamp(6) not null,
    recommended_account_id bigint not null,
    requesting_account_id bigint not null,
    updated_at timestamp(6) not null
);

create index index_fasp_follow_recommendations_on_recommended_account_id
    on fasp_follow_recommendations (recommended_account_id);
create index index_fasp_follow_recommendations_on_requesting_account_id
    on fasp_follow_recommendations (requesting_account_id);

-- Fediverse auxiliary service providers: search, trends or recommendations made elsewhere.
create table fasp_providers (
    id bigserial primary key,
    base_url varchar not null,
    capabilities jsonb not null default '[]',
    confirmed boolean not null default false,
    contact_email varchar,
    created_at timestamp(6) not null,
    delivery_last_failed_at timestamp(6),
    fediverse_account varchar,
    name varchar not null,
    privacy_policy jsonb,
    provider_public_key_pem varchar not null,
    remote_identifier varchar not null,
    server_private_key_pem varchar not null,
    sign_in_url varchar,
    updated_at timestamp(6) not null
);

create unique index index_fasp_providers_on_base_url on fasp_providers (base_url);

-- What auxiliary providers want to be told of.
create table fasp_subscriptions (
    id bigserial primary key,
    category varchar not null,
    created_at timestamp(6) not null,
    fasp_provider_id bigint not null,
    max_batch_size integer not null,
    subscription_type varchar not null,
    threshold_likes integer,
    threshold_replies integer,
    threshold_shares integer,
    threshold_timeframe integer,
    updated_at timestamp(6) not null
);

create index index_fasp_subscriptions_on_fasp_provider_id on fasp_subscriptions (fasp_provider_id);

-- Who favourited which status.
create table favourites (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    status_id bigint not null,
    updated_at timestamp not null
);

create index index_favourites_on_account_id_and_id on favourites (account_id, id);
create unique index index_favourites_on_account_id_and_status_id
    on favourites (account_id, status_id);
create index index_favourites_on_status_id on favourites (status_id);

-- Hashtags that an account shows on its profile.
create table featured_tags (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    last_status_at timestamp,
    name varchar,
    statuses_count bigint not null default 0,
    tag_id bigint not null,
    updated_at timestamp not null
);

create unique index index_featured_tags_on_account_id_and_tag_id
    on featured_tags (account_id, tag_id);
create index index_featured_tags_on_tag_id on featured_tags (tag_id);

-- Recommendations that somebody does not want to see again.
create table follow_recommendation_mutes (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    target_account_id bigint not null,
    updated_at timestamp(6) not null
);

create unique index idx_on_account_id_target_account_id_a8c8ddf44e
    on follow_recommendation_mutes (account_id, target_account_id);
create index index_follow_recommendation_mutes_on_target_account_id
    on follow_recommendation_mutes (target_account_id);

-- Accounts that the staff do not want recommended.
create table follow_recommendation_suppressions (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    updated_at timestamp(6) not null
);

create unique index index_follow_recommendation_suppressions_on_account_id
    on follow_recommendation_suppressions (account_id);

-- Follows that wait for the followed account to agree.
create table follow_requests (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    languages varchar[],
    notify boolean not null default false,
    show_reblogs boolean not null default true,
    target_account_id bigint not null,
    updated_at timestamp not null,
    uri varchar
);

create unique index index_follow_requests_on_account_id_and_target_account_id
    on follow_requests (account_id, target_account_id);

-- Who follows whom.
create table follows (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    languages varchar[],
    notify boolean not null default false,
    show_reblogs boolean not null default true,
    target_account_id bigint not null,
    updated_at timestamp not null,
    uri varchar
);

create unique index index_follows_on_account_id_and_target_account_id
    on follows (account_id, target_account_id);
create index index_follows_on_target_account_id_and_account_id
    on follows (target_account_id, account_id);

-- Reviews of a year, one for each account that wanted it.
create table generated_annual_reports (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    data jsonb not null,
    schema_version integer not null,
    share_key varchar,
    updated_at timestamp(6) not null,
    viewed_at timestamp(6),
    year integer not null
);

create unique index index_generated_annual_reports_on_account_id_and_year
    on generated_annual_reports (account_id, year);

-- Logins at other services (SAML, CAS, OpenID Connect) that belong to a user.
create table identities (
    id bigserial primary key,
    created_at timestamp not null,
    provider varchar not null default '',
    uid varchar not null default '',
    updated_at timestamp not null,
    user_id bigint
);

create unique index index_identities_on_uid_and_provider on identities (uid, provider);
create index index_identities_on_user_id on identities (user_id);

-- What moderators wrote down about another server.
create table instance_moderation_notes (
    id bigserial primary key,
    account_id bigint not null,
    content text,
    created_at timestamp(6) not null,
    domain varchar not null,
    updated_at timestamp(6) not null
);

create index index_instance_moderation_notes_on_domain on instance_moderation_notes (domain);

-- Links that let people sign up.
create table invites (
    id bigserial primary key,
    autofollow boolean not null default false,
    code varchar not null default '',
    comment text,
    created_at timestamp not null,
    expires_at timestamp,
    max_uses integer,
    updated_at timestamp not null,
    user_id bigint not null,
    uses integer not null default 0
);

create unique index index_invites_on_code on invites (code);
create index index_invites_on_user_id on invites (user_id);

-- Address ranges that may not sign up, or not come here at all.
create table ip_blocks (
    id bigserial primary key,
    comment text not null default '',
    created_at timestamp not null,
    expires_at timestamp,
    ip inet not null default '0.0.0.0',
    severity integer not null default 0,
    updated_at timestamp not null
);

create unique index index_ip_blocks_on_ip on ip_blocks (ip);

-- Public keys of remote actors, each known by its key id.
create table keypairs (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    expires_at timestamp(6),
    private_key varchar,
    public_key varchar not null,
    revoked boolean not null default false,
    type integer not null,
    updated_at timestamp(6) not null,
    uri varchar not null
);

create index index_keypairs_on_account_id on keypairs (account_id);
create unique index index_keypairs_on_uri on keypairs (uri);

-- Who is on a list.
create table list_accounts (
    id bigserial primary key,
    account_id bigint not null,
    follow_id bigint,
    follow_request_id bigint,
    list_id bigint not null
);

create unique index index_list_accounts_on_account_id_and_list_id
    on list_accounts (account_id, list_id);
create index index_list_accounts_on_follow_id on list_accounts (follow_id)
    where follow_id is not null;
create index index_list_accounts_on_follow_request_id on list_accounts (follow_request_id)
    where follow_request_id is not null;
create index index_list_accounts_on_list_id_and_account_id on list_accounts (list_id, account_id);

-- Lists of followed accounts; each is a timeline of its own.
create table lists (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    exclusive boolean not null default false,
    replies_policy integer not null default 0,
    title varchar not null default '',
    updated_at timestamp not null
);

create index index_lists_on_account_id on lists (account_id);

-- Attempts to sign in, for their owner to look at.
create table login_activities (
    id bigserial primary key,
    authentication_method varchar,
    created_at timestamp,
    failure_reason varchar,
    ip inet,
    provider varchar,
    success boolean,
    user_agent varchar,
    user_id bigint not null
);

create index index_login_activities_on_user_id on login_activities (user_id);

-- How far somebody has read the home timeline or the notifications.
create table markers (
    id bigserial primary key,
    created_at timestamp not null,
    last_read_id bigint not null default 0,
    lock_version integer not null default 0,
    timeline varchar not null default '',
    updated_at timestamp not null,
    user_id bigint not null
);

create unique index index_markers_on_user_id_and_timeline on markers (user_id, timeline);

-- Pictures, videos and sounds of statuses, also before they are posted.
create sequence media_attachments_id_seq;

create table media_attachments (
    id bigint primary key default timestamp_id('media_attachments'),
    account_id bigint,
    blurhash varchar,
    created_at timestamp not null,
    description text,
    file_content_type varchar,
    file_file_name varchar,
    file_file_size integer,
    file_meta json,
    file_storage_schema_version integer,
    file_updated_at timestamp,
    processing integer,
    remote_url varchar not null default '',
    scheduled_status_id bigint,
    shortcode varchar,
    status_id bigint,
    thumbnail_content_type varchar,
    thumbnail_file_name varchar,
    thumbnail_file_size integer,
    thumbnail_remote_url varchar,
    thumbnail_storage_schema_version integer,
    thumbnail_updated_at timestamp,
    type integer not null default 0,
    updated_at timestamp not null
);

create index index_media_attachments_on_account_id_and_status_id
    on media_attachments (account_id, status_id desc);
create index index_media_attachments_on_scheduled_status_id
    on media_attachments (scheduled_status_id)
    where scheduled_status_id is not null;
create unique index index_media_attachments_on_shortcode
    on media_attachments (shortcode text_pattern_ops)
    where shortcode is not null;
create index index_media_attachments_on_status_id on media_attachments (status_id);

-- Who is mentioned in a status; a silent mention only gives access to it.
create table mentions (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    silent boolean not null default false,
    status_id bigint not null,
    updated_at timestamp not null
);

create unique index index_mentions_on_account_id_and_status_id on mentions (account_id, status_id);
create index index_mentions_on_status_id on mentions (status_id);

-- Who does not want to see whom, and until when.
create table mutes (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    expires_at timestamp,
    hide_notifications boolean not null default true,
    target_account_id bigint not null,
    updated_at timestamp not null
);

create unique index index_mutes_on_account_id_and_target_account_id
    on mutes (account_id, target_account_id);
create index index_mutes_on_target_account_id on mutes (target_account_id);

-- Senders whom somebody lets through their notification policy.
create table notification_permissions (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    from_account_id bigint not null,
    updated_at timestamp(6) not null
);

create index index_notification_permissions_on_account_id on notification_permissions (account_id);
create index index_notification_permissions_on_from_account_id
    on notification_permissions (from_account_id);

-- Whose notifications an account lets through, holds back or drops.
create table notification_policies (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    for_bots integer not null default 0,
    for_limited_accounts integer not null default 1,
    for_new_accounts integer not null default 0,
    for_not_followers integer not null default 0,
    for_not_following integer not null default 0,
    for_private_mentions integer not null default 1,
    updated_at timestamp(6) not null
);

create unique index index_notification_policies_on_account_id on notification_policies (account_id);

-- Senders whose notifications are held back until the recipient decides.
create sequence notification_requests_id_seq;

create table notification_requests (
    id bigint primary key default timestamp_id('notification_requests'),
    account_id bigint not null,
    created_at timestamp(6) not null,
    from_account_id bigint not null,
    last_status_id bigint,
    notifications_count bigint not null default 0,
    updated_at timestamp(6) not null
);

create unique index index_notification_requests_on_account_id_and_from_account_id
    on notification_requests (account_id, from_account_id);
create index index_notification_requests_on_from_account_id
    on notification_requests (from_account_id);
create index index_notification_requests_on_last_status_id
    on notification_requests (last_status_id);

-- What an account is to be told of.
create table notifications (
    id bigserial primary key,
    account_id bigint not null,
    activity_id bigint not null,
    activity_type varchar not null,
    created_at timestamp not null,
    filtered boolean not null default false,
    from_account_id bigint not null,
    group_key varchar,
    type varchar,
    updated_at timestamp not null
);

create index index_notifications_on_account_id_and_group_key
    on notifications (account_id, group_key)
    where group_key is not null;
create index index_notifications_on_account_id_and_id_and_type
    on notifications (account_id, id desc, type);
create index index_notifications_on_filtered on notifications (account_id, id desc, type)
    where filtered = false;
create index index_notifications_on_activity_id_and_activity_type
    on notifications (activity_id, activity_type);
create index index_notifications_on_from_account_id on notifications (from_account_id);

-- Codes that an app exchanges for a token, once.
create table oauth_access_grants (
    id bigserial primary key,
    application_id bigint not null,
    code_challenge varchar,
    code_challenge_method varchar,
    created_at timestamp not null,
    expires_in integer not null,
    redirect_uri text not null,
    resource_owner_id bigint not null,
    revoked_at timestamp,
    scopes varchar,
    token varchar not null
);

create index index_oauth_access_grants_on_resource_owner_id
    on oauth_access_grants (resource_owner_id);
create unique index index_oauth_access_grants_on_token on oauth_access_grants (token);

-- What apps show to act for somebody.
create table oauth_access_tokens (
    id bigserial primary key,
    application_id bigint,
    created_at timestamp not null,
    expires_in integer,
    last_used_at timestamp,
    last_used_ip inet,
    refresh_token varchar,
    resource_owner_id bigint,
    revoked_at timestamp,
    scopes varchar,
    token varchar not null
);

create unique index index_oauth_access_tokens_on_refresh_token
    on oauth_access_tokens (refresh_token text_pattern_ops)
    where refresh_token is not null;
create index index_oauth_access_tokens_on_resource_owner_id
    on oauth_access_tokens (resource_owner_id)
    where resource_owner_id is not null;
create unique index index_oauth_access_tokens_on_token on oauth_access_tokens (token);

-- Apps that asked to be known; the superapp is the web interface.
create table oauth_applications (
    id bigserial primary key,
    confidential boolean not null default true,
    created_at timestamp,
    name varchar not null,
    owner_id bigint,
    owner_type varchar,
    redirect_uri text not null,
    scopes varchar not null default '',
    secret varchar not null,
    superapp boolean not null default false,
    uid varchar not null,
    updated_at timestamp,
    website varchar
);

create index index_oauth_applications_on_owner_id_and_owner_type
    on oauth_applications (owner_id, owner_type);
create index index_oauth_applications_on_superapp on oauth_applications (superapp)
    where superapp = true;
create unique index index_oauth_applications_on_uid on oauth_applications (uid);

-- Sizes of tables over time, for the database pages of administrators.
create table pghero_space_stats (
    id bigserial primary key,
    captured_at timestamp,
    database text,
    relation text,
    schema text,
    size bigint
);

create index index_pghero_space_stats_on_database_and_captured_at
    on pghero_space_stats (database, captured_at);

-- Who voted for which option of a poll.
create table poll_votes (
    id bigserial primary key,
    account_id bigint not null,
    choice integer not null default 0,
    created_at timestamp not null,
    poll_id bigint not null,
    updated_at timestamp not null,
    uri varchar
);

create index index_poll_votes_on_account_id on poll_votes (account_id);
create index index_poll_votes_on_poll_id on poll_votes (poll_id);

-- Polls of statuses, with the votes counted.
create table polls (
    id bigserial primary key,
    account_id bigint not null,
    cached_tallies bigint[] not null default '{}',
    created_at timestamp not null,
    expires_at timestamp,
    hide_totals boolean not null default false,
    last_fetched_at timestamp,
    lock_version integer not null default 0,
    multiple boolean not null default false,
    options varchar[] not null default '{}',
    status_id bigint not null,
    updated_at timestamp not null,
    voters_count bigint,
    votes_count bigint not null default 0
);

create index index_polls_on_account_id on polls (account_id);
create index index_polls_on_status_id on polls (status_id);

-- Sites that link previews come from, and whether their links may trend.
create table preview_card_providers (
    id bigserial primary key,
    created_at timestamp(6) not null,
    domain varchar not null default '',
    icon_content_type varchar,
    icon_file_name varchar,
    icon_file_size bigint,
    icon_updated_at timestamp,
    requested_review_at timestamp,
    reviewed_at timestamp,
    trendable boolean,
    updated_at timestamp(6) not null
);

create unique index index_preview_card_providers_on_domain on preview_card_providers (domain);

-- Links that are popular at the moment.
create table preview_card_trends (
    id bigserial primary key,
    allowed boolean not null default false,
    language varchar,
    preview_card_id bigint not null,
    rank integer not null default 0,
    score double precision not null default 0.0
);

create unique index index_preview_card_trends_on_preview_card_id
    on preview_card_trends (preview_card_id);

-- Previews of linked pages.
create table preview_cards (
    id bigserial primary key,
    author_account_id bigint,
    author_name varchar not null default '',
    author_url varchar not null default '',
    blurhash varchar,
    created_at timestamp not null,
    description varchar not null default '',
    embed_url varchar not null default '',
    height integer not null default 0,
    html text not null default '',
    image_content_type varchar,
    image_description varchar not null default '',
    image_file_name varchar,
    image_file_size integer,
    image_storage_schema_version integer,
    image_updated_at timestamp,
    language varchar,
    link_type integer,
    max_score double precision,
    max_score_at timestamp,
    provider_name varchar not null default '',
    provider_url varchar not null default '',
    published_at timestamp(6),
    title varchar not null default '',
    trendable boolean,
    type integer not null default 0,
    unverified_author_account_id bigint,
    updated_at timestamp not null,
    url varchar not null default '',
    width integer not null default 0
);

create index index_preview_cards_on_author_account_id on preview_cards (author_account_id)
    where author_account_id is not null;
create index index_preview_cards_on_unverified_author_account_id_and_id
    on preview_cards (unverified_author_account_id, id)
    where unverified_author_account_id is not null;
create unique index index_preview_cards_on_url on preview_cards (url);

-- Which preview a status shows.
create table preview_cards_statuses (
    preview_card_id bigint not null,
    status_id bigint not null,
    url varchar,
    primary key (status_id, preview_card_id)
);

-- Which status quotes which, and whether the quoted author agreed.
create sequence quotes_id_seq;

create table quotes (
    id bigint primary key default timestamp_id('quotes'),
    account_id bigint not null,
    activity_uri varchar,
    approval_uri varchar,
    created_at timestamp(6) not null,
    legacy boolean not null default false,
    quoted_account_id bigint,
    quoted_status_id bigint,
    state integer not null default 0,
    status_id bigint not null,
    updated_at timestamp(6) not null
);

create index index_quotes_on_account_id_and_quoted_account_id_and_id
    on quotes (account_id, quoted_account_id, id);
create unique index index_quotes_on_activity_uri on quotes (activity_uri)
    where activity_uri is not null;
create index index_quotes_on_approval_uri on quotes (approval_uri) where approval_uri is not null;
create index index_quotes_on_quoted_account_id on quotes (quoted_account_id);
create index index_quotes_on_quoted_status_id_and_id on quotes (quoted_status_id, id);
create unique index index_quotes_on_status_id on quotes (status_id);

-- Occasions at which follows were cut, such as the block of a domain.
create table relationship_severance_events (
    id bigserial primary key,
    created_at timestamp(6) not null,
    purged boolean not null default false,
    target_name varchar not null,
    type integer not null,
    updated_at timestamp(6) not null
);

create index index_relationship_severance_events_on_type_and_target_name
    on relationship_severance_events (type, target_name);

-- Relays that we exchange public posts with.
create table relays (
    id bigserial primary key,
    created_at timestamp not null,
    follow_activity_id varchar,
    inbox_url varchar not null default '',
    state integer not null default 0,
    updated_at timestamp not null
);

-- What moderators wrote down about a report.
create table report_notes (
    id bigserial primary key,
    account_id bigint not null,
    content text not null,
    created_at timestamp not null,
    report_id bigint not null,
    updated_at timestamp not null
);

create index index_report_notes_on_account_id on report_notes (account_id);
create index index_report_notes_on_report_id on report_notes (report_id);

-- Accounts (and their statuses) that somebody reported to the staff.
create table reports (
    id bigserial primary key,
    account_id bigint not null,
    action_taken_at timestamp,
    action_taken_by_account_id bigint,
    application_id bigint,
    assigned_account_id bigint,
    category integer not null default 0,
    comment text not null default '',
    created_at timestamp not null,
    forwarded boolean,
    rule_ids bigint[],
    status_ids bigint[] not null default '{}',
    target_account_id bigint not null,
    updated_at timestamp not null,
    uri varchar
);

create index index_reports_on_account_id on reports (account_id);
create index index_reports_on_action_taken_by_account_id on reports (action_taken_by_account_id)
    where action_taken_by_account_id is not null;
create index index_reports_on_assigned_account_id on reports (assigned_account_id)
    where assigned_account_id is not null;
create index index_reports_on_target_account_id on reports (target_account_id);

-- Rules of this server in other languages.
create table rule_translations (
    id bigserial primary key,
    created_at timestamp(6) not null,
    hint text not null default '',
    language varchar not null,
    rule_id bigint not null,
    text text not null default '',
    updated_at timestamp(6) not null
);

create unique index index_rule_translations_on_rule_id_and_language
    on rule_translations (rule_id, language);

-- Rules of this server.
create table rules (
    id bigserial primary key,
    created_at timestamp not null,
    deleted_at timestamp,
    hint text not null default '',
    priority integer not null default 0,
    text text not null default '',
    updated_at timestamp not null
);

-- Posts that are to be published later.
create table scheduled_statuses (
    id bigserial primary key,
    account_id bigint not null,
    params jsonb,
    scheduled_at timestamp
);

create index index_scheduled_statuses_on_account_id on scheduled_statuses (account_id);
create index index_scheduled_statuses_on_scheduled_at on scheduled_statuses (scheduled_at);

-- Browsers that are signed in.
create table session_activations (
    id bigserial primary key,
    access_token_id bigint,
    created_at timestamp not null,
    ip inet,
    session_id varchar not null,
    updated_at timestamp not null,
    user_agent varchar not null default '',
    user_id bigint not null,
    web_push_subscription_id bigint
);

create index index_session_activations_on_access_token_id on session_activations (access_token_id);
create unique index index_session_activations_on_session_id on session_activations (session_id);
create index index_session_activations_on_user_id on session_activations (user_id);

-- What administrators changed of this server's settings, as YAML.
create table settings (
    id bigserial primary key,
    created_at timestamp,
    updated_at timestamp,
    value text,
    var varchar not null
);

create unique index index_settings_on_var on settings (var);

-- Follows that a severance event cut.
create table severed_relationships (
    id bigserial primary key,
    created_at timestamp(6) not null,
    direction integer not null,
    languages varchar[],
    local_account_id bigint not null,
    notify boolean,
    relationship_severance_event_id bigint not null,
    remote_account_id bigint not null,
    show_reblogs boolean,
    updated_at timestamp(6) not null
);

create index index_severed_relationships_on_local_account_and_event
    on severed_relationships (local_account_id, relationship_severance_event_id);
create unique index index_severed_relationships_on_unique_tuples
    on severed_relationships (relationship_severance_event_id, local_account_id, direction, remote_account_id);
create index index_severed_relationships_on_remote_account_id
    on severed_relationships (remote_account_id);

-- Pictures of this server itself: thumbnail, mascot, icons.
create table site_uploads (
    id bigserial primary key,
    blurhash varchar,
    created_at timestamp not null,
    file_content_type varchar,
    file_file_name varchar,
    file_file_size integer,
    file_updated_at timestamp,
    meta json,
    updated_at timestamp not null,
    var varchar not null default ''
);

create unique index index_site_uploads_on_var on site_uploads (var);

-- Versions of Mastodon that are newer than this one.
create table software_updates (
    id bigserial primary key,
    created_at timestamp(6) not null,
    release_notes varchar not null default '',
    type integer not null default 0,
    updated_at timestamp(6) not null,
    urgent boolean not null default false,
    version varchar not null
);

create unique index index_software_updates_on_version on software_updates (version);

-- Earlier versions of edited statuses, the first one included.
create table status_edits (
    id bigserial primary key,
    account_id bigint,
    created_at timestamp(6) not null,
    media_descriptions text[],
    ordered_media_attachment_ids bigint[],
    poll_options varchar[],
    quote_id bigint,
    sensitive boolean,
    spoiler_text text not null default '',
    status_id bigint not null,
    text text not null default '',
    updated_at timestamp(6) not null
);

create index index_status_edits_on_account_id on status_edits (account_id);
create index index_status_edits_on_status_id on status_edits (status_id);

-- Statuses that their authors pinned to their profiles.
create table status_pins (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp not null,
    status_id bigint not null,
    updated_at timestamp not null
);

create unique index index_status_pins_on_account_id_and_status_id
    on status_pins (account_id, status_id);
create index index_status_pins_on_status_id on status_pins (status_id);

-- Counters of a status, kept apart because they change often.
create table status_stats (
    id bigserial primary key,
    created_at timestamp not null,
    favourites_count bigint not null default 0,
    quotes_count bigint not null default 0,
    reblogs_count bigint not null default 0,
    replies_count bigint not null default 0,
    status_id bigint not null,
    untrusted_favourites_count bigint,
    untrusted_reblogs_count bigint,
    updated_at timestamp not null
);

create unique index index_status_stats_on_status_id on status_stats (status_id);

-- Statuses that are popular at the moment.
create table status_trends (
    id bigserial primary key,
    account_id bigint not null,
    allowed boolean not null default false,
    language varchar,
    rank integer not null default 0,
    score double precision not null default 0.0,
    status_id bigint not null
);

create index index_status_trends_on_account_id on status_trends (account_id);
create unique index index_status_trends_on_status_id on status_trends (status_id);

-- What people post. A reblog is a row whose reblog_of_id is set.
create sequence statuses_id_seq;

create table statuses (
    id bigint primary key default timestamp_id('statuses'),
    account_id bigint not null,
    application_id bigint,
    conversation_id bigint,
    created_at timestamp not null,
    deleted_at timestamp,
    edited_at timestamp,
    fetched_replies_at timestamp(6),
    in_reply_to_account_id bigint,
    in_reply_to_id bigint,
    language varchar,
    local boolean,
    ordered_media_attachment_ids bigint[],
    poll_id bigint,
    quote_approval_policy integer not null default 0,
    reblog_of_id bigint,
    reply boolean not null default false,
    sensitive boolean not null default false,
    spoiler_text text not null default '',
    text text not null default '',
    trendable boolean,
    updated_at timestamp not null,
    uri varchar,
    url varchar,
    visibility integer not null default 0
);

create index index_statuses_20190820 on statuses (account_id, id desc, visibility, updated_at)
    where deleted_at is null;
create index index_statuses_on_account_id on statuses (account_id);
create index index_statuses_on_conversation_id on statuses (conversation_id);
create index index_statuses_on_deleted_at on statuses (deleted_at) where deleted_at is not null;
create index index_statuses_local_20190824 on statuses (id desc, account_id)
    where (local or uri is null) and deleted_at is null and visibility = 0 and reblog_of_id is null
        and (not reply or in_reply_to_account_id = account_id);
create index index_statuses_public_20250129 on statuses (id desc, language, account_id)
    where deleted_at is null and visibility = 0 and reblog_of_id is null
        and (not reply or in_reply_to_account_id = account_id);
create index index_statuses_on_in_reply_to_account_id on statuses (in_reply_to_account_id)
    where in_reply_to_account_id is not null;
create index index_statuses_on_in_reply_to_id on statuses (in_reply_to_id)
    where in_reply_to_id is not null;
create index index_statuses_on_reblog_of_id_and_account_id on statuses (reblog_of_id, account_id);
create unique index index_statuses_on_uri on statuses (uri text_pattern_ops) where uri is not null;

-- Hashtags in statuses.
create table statuses_tags (
    status_id bigint not null,
    tag_id bigint not null,
    primary key (tag_id, status_id)
);

create index index_statuses_tags_on_status_id on statuses_tags (status_id);

-- Hashtags that somebody follows.
create table tag_follows (
    id bigserial primary key,
    account_id bigint not null,
    created_at timestamp(6) not null,
    tag_id bigint not null,
    updated_at timestamp(6) not null
);

create unique index index_tag_follows_on_account_id_and_tag_id on tag_follows (account_id, tag_id);
create index index_tag_follows_on_tag_id on tag_follows (tag_id);

-- Hashtags that are popular at the moment.
create table tag_trends (
    id bigserial primary key,
    allowed boolean not null default false,
    language varchar not null default '',
    rank integer not null default 0,
    score double precision not null default 0.0,
    tag_id bigint not null
);

create unique index index_tag_trends_on_tag_id_and_language on tag_trends (tag_id, language);

-- Objects other than people and hashtags that a status refers to.
create table tagged_objects (
    id bigserial primary key,
    ap_type varchar not null,
    created_at timestamp(6) not null,
    object_id bigint,
    object_type varchar,
    status_id bigint not null,
    updated_at timestamp(6) not null,
    uri varchar
);

create index index_tagged_objects_on_object on tagged_objects (object_type, object_id);
create unique index idx_on_status_id_object_type_object_id_d6ebe374bd
    on tagged_objects (status_id, object_type, object_id)
    where object_type is not null and object_id is not null;
create unique index index_tagged_objects_on_status_id_and_uri on tagged_objects (status_id, uri)
    where uri is not null;

-- Hashtags, in lower case, with the spelling to show.
create table tags (
    id bigserial primary key,
    created_at timestamp not null,
    display_name varchar,
    last_status_at timestamp,
    listable boolean,
    max_score double precision,
    max_score_at timestamp,
    name varchar not null default '',
    requested_review_at timestamp,
    reviewed_at timestamp,
    trendable boolean,
    updated_at timestamp not null,
    usable boolean
);

create unique index index_tags_on_name_lower_btree on tags (lower(name) text_pattern_ops);

-- Terms of service, one row for each version.
create table terms_of_services (
    id bigserial primary key,
    changelog text not null default '',
    created_at timestamp(6) not null,
    effective_date date,
    notification_sent_at timestamp(6),
    published_at timestamp(6),
    text text not null default '',
    updated_at timestamp(6) not null
);

create unique index index_terms_of_services_on_effective_date on terms_of_services (effective_date)
    where effective_date is not null;

-- Addresses of deleted remote statuses, so that they do not come back.
create table tombstones (
    id bigserial primary key,
    account_id bigint not null,
    by_moderator boolean,
    created_at timestamp not null,
    updated_at timestamp not null,
    uri varchar not null
);

create index index_tombstones_on_account_id on tombstones (account_id);
create index index_tombstones_on_uri on tombstones (uri);

-- Domains that we gave up delivering to.
create table unavailable_domains (
    id bigserial primary key,
    created_at timestamp not null,
    domain varchar not null default '',
    updated_at timestamp not null
);

create unique index index_unavailable_domains_on_domain on unavailable_domains (domain);

-- Why somebody wants to join, as they wrote when they signed up.
create table user_invite_requests (
    id bigserial primary key,
    created_at timestamp not null,
    text text,
    updated_at timestamp not null,
    user_id bigint not null
);

create index index_user_invite_requests_on_user_id on user_invite_requests (user_id);

-- What members of the staff may do; id -99 is what everyone may do.
create table user_roles (
    id bigserial primary key,
    collection_limit integer not null default 10,
    color varchar not null default '',
    created_at timestamp(6) not null,
    highlighted boolean not null default false,
    name varchar not null default '',
    permissions bigint not null default 0,
    position integer not null default 0,
    require_2fa boolean not null default false,
    updated_at timestamp(6) not null
);

-- User names (or parts of them) that may not be taken.
create table username_blocks (
    id bigserial primary key,
    allow_with_approval boolean not null default false,
    created_at timestamp(6) not null,
    exact boolean not null default false,
    normalized_username varchar not null,
    updated_at timestamp(6) not null,
    username varchar not null
);

create unique index index_username_blocks_on_username_lower_btree
    on username_blocks (lower(username));
create index index_username_blocks_on_normalized_username on username_blocks (normalized_username);

-- Logins: the e-mail address, password and preferences behind a local account.
create table users (
    id bigserial primary key,
    account_id bigint not null,
    age_verified_at timestamp(6),
    approved boolean not null default true,
    chosen_languages varchar[],
    confirmation_sent_at timestamp,
    confirmation_token varchar,
    confirmed_at timestamp,
    consumed_timestep integer,
    created_at timestamp not null,
    created_by_application_id bigint,
    current_sign_in_at timestamp,
    disabled boolean not null default false,
    email varchar not null default '',
    encrypted_password varchar not null default '',
    invite_id bigint,
    last_emailed_at timestamp,
    last_sign_in_at timestamp,
    locale varchar,
    otp_backup_codes varchar[],
    otp_required_for_login boolean not null default false,
    otp_secret varchar,
    require_tos_interstitial boolean not null default false,
    reset_password_sent_at timestamp,
    reset_password_token varchar,
    role_id bigint,
    settings text,
    sign_in_count integer not null default 0,
    sign_in_token varchar,
    sign_in_token_sent_at timestamp,
    sign_up_ip inet,
    skip_sign_in_token boolean,
    time_zone varchar,
    unconfirmed_email varchar,
    updated_at timestamp not null,
    webauthn_id varchar
);

create index index_users_on_account_id on users (account_id);
create unique index index_users_on_confirmation_token on users (confirmation_token);
create index index_users_on_created_by_application_id on users (created_by_application_id)
    where created_by_application_id is not null;
create unique index index_users_on_email on users (email);
create unique index index_users_on_reset_password_token
    on users (reset_password_token text_pattern_ops)
    where reset_password_token is not null;
create index index_users_on_role_id on users (role_id) where role_id is not null;
create index index_users_on_unconfirmed_email on users (unconfirmed_email)
    where unconfirmed_email is not null;

-- Browsers and apps that want notifications pushed to them.
create table web_push_subscriptions (
    id bigserial primary key,
    access_token_id bigint not null,
    created_at timestamp not null,
    data json,
    endpoint varchar not null,
    key_auth varchar not null,
    key_p256dh varchar not null,
    standard boolean not null default false,
    updated_at timestamp not null,
    user_id bigint not null
);

create index index_web_push_subscriptions_on_access_token_id
    on web_push_subscriptions (access_token_id)
    where access_token_id is not null;
create index index_web_push_subscriptions_on_user_id on web_push_subscriptions (user_id);

-- What the web interface remembers for a user.
create table web_settings (
    id bigserial primary key,
    created_at timestamp not null,
    data json,
    updated_at timestamp not null,
    user_id bigint not null
);

create unique index index_web_settings_on_user_id on web_settings (user_id);

-- Security keys of users.
create table webauthn_credentials (
    id bigserial primary key,
    created_at timestamp not null,
    external_id varchar not null,
    nickname varchar not null,
    public_key varchar not null,
    sign_count bigint not null default 0,
    updated_at timestamp not null,
    user_id bigint
);

create unique index index_webauthn_credentials_on_external_id on webauthn_credentials (external_id);
create unique index index_webauthn_credentials_on_user_id_and_nickname
    on webauthn_credentials (user_id, nickname);

-- Addresses that are called when something happens here.
create table webhooks (
    id bigserial primary key,
    created_at timestamp(6) not null,
    enabled boolean not null default true,
    events varchar[] not null default '{}',
    secret varchar not null default '',
    template text,
    updated_at timestamp(6) not null,
    url varchar not null
);

create unique index index_webhooks_on_url on webhooks (url);

-- Versions of the schema that are in place; Mastodon compares them with its own.
create table schema_migrations (
    version varchar primary key
);

-- What Mastodon's framework remembers about the database.
create table ar_internal_metadata (
    key varchar primary key,
    value varchar,
    created_at timestamp(6) not null,
    updated_at timestamp(6) not null
);
