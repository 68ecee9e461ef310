-- The one rule on what people want to see in their feeds of those they follow: used when a new
-- status goes out to followers and when a feed is built anew.
create function ferrodon.wanted_in_feed(status public.statuses, viewer bigint) returns boolean
language sql stable as $$
    select status.account_id = viewer or (
        -- Answers to people the viewer does not follow, or to posts we do not know, are left out.
        (not status.reply or (
            status.in_reply_to_id is not null
            and (status.in_reply_to_account_id in (viewer, status.account_id) or exists (
                select from public.follows
                where account_id = viewer
                  and target_account_id = status.in_reply_to_account_id))))
        and not exists (
            select from public.follows follow
            where follow.account_id = viewer
              and follow.target_account_id = status.account_id
              and (status.reblog_of_id is not null and not follow.show_reblogs
                   or status.language <> all (nullif(follow.languages, '{}'))))
        and not exists (
            select from public.blocks
            where account_id = status.account_id and target_account_id = viewer)
        and not exists (
            select from (
                select status.account_id
                union all
                select account_id from public.statuses where id = status.reblog_of_id
                union all
                select account_id from public.mentions
                where status_id in (status.id, status.reblog_of_id) and not silent
            ) as person (id)
            where exists (select from public.blocks
                          where account_id = viewer and target_account_id = person.id)
               or exists (select from public.mutes
                          where account_id = viewer and target_account_id = person.id))
        and not exists (
            select from public.statuses original
            join public.accounts author on author.id = original.account_id
            where original.id = status.reblog_of_id
              and (exists (select from public.blocks
                           where account_id = original.account_id and target_account_id = viewer)
                   or exists (select from public.account_domain_blocks hidden
                              where hidden.account_id = viewer and hidden.domain = author.domain))))
$$;

-- Home: but for the members of lists that keep them to themselves.
create function ferrodon.wanted_at_home(status public.statuses, viewer bigint) returns boolean
language sql stable as $$
    select ferrodon.wanted_in_feed(status, viewer)
        and (status.account_id = viewer or not exists (
            select from public.list_accounts member
            join public.lists on lists.id = member.list_id
            where lists.account_id = viewer and lists.exclusive
              and member.account_id = status.account_id))
$$;

-- A list: replies as its owner chose (0 to members of the list, 1 to anyone followed, 2 none);
-- replies to its owner and to oneself always.
create function ferrodon.wanted_in_list(status public.statuses, list public.lists) returns boolean
language sql stable as $$
    select ferrodon.wanted_in_feed(status, list.account_id)
        and (not status.reply
             or status.in_reply_to_account_id in (list.account_id, status.account_id)
             or list.replies_policy = 1
             or list.replies_policy = 0 and exists (
                 select from public.list_accounts
                 where list_id = list.id and account_id = status.in_reply_to_account_id))
$$;
