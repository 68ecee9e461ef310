-- What the rows of each table belong to, and what becomes of them when that is deleted.

alter table account_aliases
    add constraint fk_rails_fc91575d08 foreign key (account_id)
        references accounts on delete cascade;

alter table account_conversations
    add constraint fk_rails_6f5278b6e9 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_1491654f9f foreign key (conversation_id)
        references conversations on delete cascade;

alter table account_deletion_requests
    add constraint fk_rails_45bf2626b9 foreign key (account_id)
        references accounts on delete cascade;

alter table account_domain_blocks
    add constraint fk_206c6029bd foreign key (account_id) references accounts on delete cascade;

alter table account_migrations
    add constraint fk_rails_d9a8dad070 foreign key (target_account_id)
        references accounts on delete set null,
    add constraint fk_rails_c9f701caaf foreign key (account_id)
        references accounts on delete cascade;

alter table account_moderation_notes
    add constraint fk_rails_dd62ed5ac3 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_3f8b75089b foreign key (account_id)
        references accounts on delete cascade;

alter table account_notes
    add constraint fk_rails_2801b48f1a foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_4ee4503c69 foreign key (account_id)
        references accounts on delete cascade;

alter table account_pins
    add constraint fk_rails_a176e26c37 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_d44979e5dd foreign key (account_id)
        references accounts on delete cascade;

alter table account_relationship_severance_events
    add constraint fk_rails_030c916965 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_8a34c3a361 foreign key (relationship_severance_event_id)
        references relationship_severance_events on delete cascade;

alter table account_stats
    add constraint fk_rails_215bb31ff1 foreign key (account_id)
        references accounts on delete cascade;

alter table account_statuses_cleanup_policies
    add constraint fk_rails_23d5f73cfe foreign key (account_id)
        references accounts on delete cascade;

alter table account_warnings
    add constraint fk_rails_a7ebbb1e37 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_a65a1bf71b foreign key (account_id)
        references accounts on delete set null,
    add constraint fk_rails_8f2bab4b16 foreign key (report_id) references reports on delete cascade;

alter table accounts
    add constraint fk_rails_2320833084 foreign key (moved_to_account_id)
        references accounts on delete set null;

alter table admin_action_logs
    add constraint fk_rails_a7667297fa foreign key (account_id)
        references accounts on delete cascade;

alter table announcement_mutes
    add constraint fk_rails_9c99f8e835 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_e35401adf1 foreign key (announcement_id)
        references announcements on delete cascade;

alter table announcement_reactions
    add constraint fk_rails_7444ad831f foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_a1226eaa5c foreign key (announcement_id)
        references announcements on delete cascade,
    add constraint fk_rails_b742c91c0e foreign key (custom_emoji_id)
        references custom_emojis on delete cascade;

alter table appeals
    add constraint fk_rails_a99f14546e foreign key (account_warning_id)
        references account_warnings on delete cascade,
    add constraint fk_rails_9deb2f63ad foreign key (approved_by_account_id)
        references accounts on delete set null,
    add constraint fk_rails_501c3a6e13 foreign key (rejected_by_account_id)
        references accounts on delete set null,
    add constraint fk_rails_ea84881569 foreign key (account_id)
        references accounts on delete cascade;

alter table backups
    add constraint fk_rails_096669d221 foreign key (user_id) references users on delete set null;

alter table blocks
    add constraint fk_9571bfabc1 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_4269e03e65 foreign key (account_id) references accounts on delete cascade;

alter table bookmarks
    add constraint fk_rails_9f6ac182a6 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_11207ffcfd foreign key (status_id)
        references statuses on delete cascade;

alter table bulk_import_rows
    add constraint fk_rails_d39af34335 foreign key (bulk_import_id)
        references bulk_imports on delete cascade;

alter table bulk_imports
    add constraint fk_rails_1d89c0f8b2 foreign key (account_id)
        references accounts on delete cascade;

alter table canonical_email_blocks
    add constraint fk_rails_1ecb262096 foreign key (reference_account_id)
        references accounts on delete cascade;

alter table collection_items
    add constraint fk_rails_2eb992658d foreign key (account_id) references accounts,
    add constraint fk_rails_b1a778644b foreign key (collection_id)
        references collections on delete cascade;

alter table collection_reports
    add constraint fk_rails_0720c1a3d6 foreign key (collection_id)
        references collections on delete cascade,
    add constraint fk_rails_4a504bd5e6 foreign key (report_id) references reports on delete cascade;

alter table collections
    add constraint fk_rails_544f142936 foreign key (account_id) references accounts,
    add constraint fk_rails_70f13aad15 foreign key (tag_id) references tags;

alter table conversation_mutes
    add constraint fk_225b4212bb foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_5ab139311f foreign key (conversation_id)
        references conversations on delete cascade;

alter table custom_emoji_categories
    add constraint fk_rails_ad7840c8cf foreign key (featured_emoji_id)
        references custom_emojis on delete set null;

alter table custom_filter_keywords
    add constraint fk_rails_5a49a74012 foreign key (custom_filter_id)
        references custom_filters on delete cascade;

alter table custom_filter_statuses
    add constraint fk_rails_e2ddaf5b14 foreign key (custom_filter_id)
        references custom_filters on delete cascade,
    add constraint fk_rails_2f6d20c0cf foreign key (status_id)
        references statuses on delete cascade;

alter table custom_filters
    add constraint fk_rails_8b8d786993 foreign key (account_id)
        references accounts on delete cascade;

alter table email_domain_blocks
    add constraint fk_rails_408efe0a15 foreign key (parent_id)
        references email_domain_blocks on delete cascade;

alter table email_subscriptions
    add constraint fk_rails_282940e759 foreign key (account_id)
        references accounts on delete cascade;

alter table fasp_backfill_requests
    add constraint fk_rails_760d761775 foreign key (fasp_provider_id) references fasp_providers;

alter table fasp_debug_callbacks
    add constraint fk_rails_c1650087cd foreign key (fasp_provider_id) references fasp_providers;

alter table fasp_follow_recommendations
    add constraint fk_rails_5c63a5fd1b foreign key (recommended_account_id) references accounts,
    add constraint fk_rails_71623d7e2c foreign key (requesting_account_id) references accounts;

alter table fasp_subscriptions
    add constraint fk_rails_4c021f5938 foreign key (fasp_provider_id) references fasp_providers;

alter table favourites
    add constraint fk_5eb6c2b873 foreign key (account_id) references accounts on delete cascade,
    add constraint fk_b0e856845e foreign key (status_id) references statuses on delete cascade;

alter table featured_tags
    add constraint fk_rails_174efcf15f foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_23a9055c7c foreign key (tag_id) references tags on delete cascade;

alter table follow_recommendation_mutes
    add constraint fk_rails_a9f09ec9a8 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_d36abd69ea foreign key (account_id)
        references accounts on delete cascade;

alter table follow_recommendation_suppressions
    add constraint fk_rails_dfb9a1dbe2 foreign key (account_id)
        references accounts on delete cascade;

alter table follow_requests
    add constraint fk_9291ec025d foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_76d644b0e7 foreign key (account_id) references accounts on delete cascade;

alter table follows
    add constraint fk_745ca29eac foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_32ed1b5560 foreign key (account_id) references accounts on delete cascade;

alter table generated_annual_reports
    add constraint fk_rails_4ca37f035c foreign key (account_id) references accounts;

alter table identities
    add constraint fk_bea040f377 foreign key (user_id) references users on delete cascade;

alter table instance_moderation_notes
    add constraint fk_rails_62f919e09b foreign key (account_id)
        references accounts on delete cascade;

alter table invites
    add constraint fk_rails_ff69dbb2ac foreign key (user_id) references users on delete cascade;

alter table keypairs
    add constraint fk_rails_f5ea7ac36a foreign key (account_id)
        references accounts on delete cascade;

alter table list_accounts
    add constraint fk_rails_85fee9d6ab foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_f11f9d1fcc foreign key (follow_request_id)
        references follow_requests on delete cascade,
    add constraint fk_rails_40f9cc29f1 foreign key (follow_id) references follows on delete cascade,
    add constraint fk_rails_e54e356c88 foreign key (list_id) references lists on delete cascade;

alter table lists
    add constraint fk_rails_3853b78dac foreign key (account_id)
        references accounts on delete cascade;

alter table login_activities
    add constraint fk_rails_e4b6396b41 foreign key (user_id) references users on delete cascade;

alter table markers
    add constraint fk_rails_a7009bc2b6 foreign key (user_id) references users on delete cascade;

alter table media_attachments
    add constraint fk_96dd81e81b foreign key (account_id) references accounts on delete set null,
    add constraint fk_rails_31fc5aeef1 foreign key (scheduled_status_id)
        references scheduled_statuses on delete set null,
    add constraint fk_rails_3ec0cfdd70 foreign key (status_id)
        references statuses on delete set null;

alter table mentions
    add constraint fk_970d43f9d1 foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_59edbe2887 foreign key (status_id)
        references statuses on delete cascade;

alter table mutes
    add constraint fk_eecff219ea foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_b8d8daf315 foreign key (account_id) references accounts on delete cascade;

alter table notification_permissions
    add constraint fk_rails_e3e0aaad70 foreign key (from_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_7c0bed08df foreign key (account_id)
        references accounts on delete cascade;

alter table notification_policies
    add constraint fk_rails_506d62f0da foreign key (account_id)
        references accounts on delete cascade;

alter table notification_requests
    add constraint fk_rails_5632f121b4 foreign key (from_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_881c7f71c4 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_61c7aa9c1f foreign key (last_status_id)
        references statuses on delete set null;

alter table notifications
    add constraint fk_fbd6b0bf9e foreign key (from_account_id)
        references accounts on delete cascade,
    add constraint fk_c141c8ee55 foreign key (account_id) references accounts on delete cascade;

alter table oauth_access_grants
    add constraint fk_34d54b0a33 foreign key (application_id)
        references oauth_applications on delete cascade,
    add constraint fk_63b044929b foreign key (resource_owner_id) references users on delete cascade;

alter table oauth_access_tokens
    add constraint fk_f5fc4c1ee3 foreign key (application_id)
        references oauth_applications on delete cascade,
    add constraint fk_e84df68546 foreign key (resource_owner_id) references users on delete cascade;

alter table oauth_applications
    add constraint fk_b0988c7c0a foreign key (owner_id) references users on delete cascade;

alter table poll_votes
    add constraint fk_rails_b6c18cf44a foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_a6e6974b7e foreign key (poll_id) references polls on delete cascade;

alter table polls
    add constraint fk_rails_5b19a0c011 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_3e0d9f1115 foreign key (status_id)
        references statuses on delete cascade;

alter table preview_card_trends
    add constraint fk_rails_371593db34 foreign key (preview_card_id)
        references preview_cards on delete cascade;

alter table preview_cards
    add constraint fk_rails_dca4905b94 foreign key (author_account_id)
        references accounts on delete set null,
    add constraint fk_rails_6fb2119894 foreign key (unverified_author_account_id)
        references accounts on delete set null;

alter table quotes
    add constraint fk_rails_bfc5276b70 foreign key (quoted_account_id)
        references accounts on delete set null,
    add constraint fk_rails_36d54169fc foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_38068caa0e foreign key (quoted_status_id)
        references statuses on delete set null,
    add constraint fk_rails_bd3ab4462c foreign key (status_id)
        references statuses on delete cascade;

alter table report_notes
    add constraint fk_rails_cae66353f3 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_7fa83a61eb foreign key (report_id) references reports on delete cascade;

alter table reports
    add constraint fk_bca45b75fd foreign key (action_taken_by_account_id)
        references accounts on delete set null,
    add constraint fk_rails_4e7a498fb4 foreign key (assigned_account_id)
        references accounts on delete set null,
    add constraint fk_eb37af34f0 foreign key (target_account_id)
        references accounts on delete cascade,
    add constraint fk_4b81f7522c foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_3deb8c7acb foreign key (application_id)
        references oauth_applications on delete set null;

alter table rule_translations
    add constraint fk_rails_d5fd439dde foreign key (rule_id) references rules on delete cascade;

alter table scheduled_statuses
    add constraint fk_rails_23bd9018f9 foreign key (account_id)
        references accounts on delete cascade;

alter table session_activations
    add constraint fk_957e5bda89 foreign key (access_token_id)
        references oauth_access_tokens on delete cascade,
    add constraint fk_e5fda67334 foreign key (user_id) references users on delete cascade;

alter table severed_relationships
    add constraint fk_rails_98ff099d4c foreign key (local_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_f7afd97ba4 foreign key (remote_account_id)
        references accounts on delete cascade,
    add constraint fk_rails_5054494e1e foreign key (relationship_severance_event_id)
        references relationship_severance_events on delete cascade;

alter table status_edits
    add constraint fk_rails_dc8988c545 foreign key (account_id)
        references accounts on delete set null,
    add constraint fk_rails_a960f234a0 foreign key (status_id)
        references statuses on delete cascade;

alter table status_pins
    add constraint fk_d4cb435b62 foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_65c05552f1 foreign key (status_id)
        references statuses on delete cascade;

alter table status_stats
    add constraint fk_rails_4a247aac42 foreign key (status_id)
        references statuses on delete cascade;

alter table status_trends
    add constraint fk_rails_a6b527ea49 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_68c610dc1a foreign key (status_id)
        references statuses on delete cascade;

alter table statuses
    add constraint fk_c7fa917661 foreign key (in_reply_to_account_id)
        references accounts on delete set null,
    add constraint fk_9bda1543f7 foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_94a6f70399 foreign key (in_reply_to_id)
        references statuses on delete set null,
    add constraint fk_rails_256483a9ab foreign key (reblog_of_id)
        references statuses on delete cascade;

alter table statuses_tags
    add constraint fk_rails_df0fe11427 foreign key (status_id)
        references statuses on delete cascade,
    add constraint fk_3081861e21 foreign key (tag_id) references tags on delete cascade;

alter table tag_follows
    add constraint fk_rails_091e831473 foreign key (account_id)
        references accounts on delete cascade,
    add constraint fk_rails_0deefe597f foreign key (tag_id) references tags on delete cascade;

alter table tag_trends
    add constraint fk_rails_3033046460 foreign key (tag_id) references tags on delete cascade;

alter table tagged_objects
    add constraint fk_rails_087c1d32f7 foreign key (status_id)
        references statuses on delete cascade;

alter table tombstones
    add constraint fk_rails_f95b861449 foreign key (account_id)
        references accounts on delete cascade;

alter table user_invite_requests
    add constraint fk_rails_3773f15361 foreign key (user_id) references users on delete cascade;

alter table users
    add constraint fk_50500f500d foreign key (account_id) references accounts on delete cascade,
    add constraint fk_rails_8fb2a43e88 foreign key (invite_id)
        references invites on delete set null,
    add constraint fk_rails_ecc9536e7c foreign key (created_by_application_id)
        references oauth_applications on delete set null,
    add constraint fk_rails_642f17018b foreign key (role_id)
        references user_roles on delete set null;

alter table web_push_subscriptions
    add constraint fk_rails_751a9f390b foreign key (access_token_id)
        references oauth_access_tokens on delete cascade,
    add constraint fk_rails_b006f28dac foreign key (user_id) references users on delete cascade;

alter table web_settings
    add constraint fk_11910667b2 foreign key (user_id) references users on delete cascade;

alter table webauthn_credentials
    add constraint fk_rails_a4355aef77 foreign key (user_id) references users on delete cascade;
