//! The rows that every database of Mastodon has from the beginning.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::accounts::KeyPair;

/// The role that everyone has, and the actor that is the server itself.
const EVERYONE: i64 = -99;
const INSTANCE_ACTOR: i64 = -99;

/// Roles: name, position, permissions (bits). Whoever is nothing else has the first.
const ROLES: [(&str, i32, i64); 4] = [
    ("", -1, 65_536),             // invite_users
    ("Moderator", 10, 1_049_884), // dashboard, audit log, feeds, users, reports, taxonomies
    ("Admin", 100, 2_031_612),    // all but devops and administrator
    ("Owner", 1000, 1),           // administrator: everything
];

/// Names that could be mistaken for the staff's. Whoever has such a name may not sign up by it.
const RESERVED_NAMES: [&str; 21] = [
    "abuse",
    "account",
    "accounts",
    "admin",
    "administration",
    "administrator",
    "admins",
    "help",
    "helpdesk",
    "instance",
    "mod",
    "moderator",
    "moderators",
    "mods",
    "owner",
    "root",
    "security",
    "server",
    "staff",
    "support",
    "webmaster",
];

/// The same, wherever they stand in a name.
const RESERVED_PARTS: [&str; 2] = ["mastodon", "mastadon"];

/// Fills a database that was just created.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    now: NaiveDateTime,
    instance_actor: &KeyPair,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into ar_internal_metadata (key, value, created_at, updated_at)
         values ('environment', 'production', $1, $1)",
        now
    )
    .execute(&mut *conn)
    .await?;

    sqlx::query!(
        "insert into oauth_applications
             (name, uid, secret, redirect_uri, scopes, superapp, created_at, updated_at)
         values ('Web', $1, $2, 'urn:ietf:wg:oauth:2.0:oob', 'read write follow push', true, $3, $3)",
        secret(),
        secret(),
        now
    )
    .execute(&mut *conn)
    .await?;

    sqlx::query!(
        "insert into accounts
             (id, username, actor_type, locked, private_key, public_key, created_at, updated_at)
         values ($1, 'mastodon.internal', 'Application', true, $2, $3, $4, $4)",
        INSTANCE_ACTOR,
        instance_actor.private_key,
        instance_actor.public_key,
        now
    )
    .execute(&mut *conn)
    .await?;

    for (name, position, permissions) in ROLES {
        sqlx::query!(
            "insert into user_roles
                 (id, name, position, permissions, highlighted, created_at, updated_at)
             values (
                 case when $1 = '' then $2 else nextval('user_roles_id_seq') end,
                 $1, $3, $4, $1 <> '', $5, $5
             )",
            name,
            EVERYONE,
            position,
            permissions,
            now
        )
        .execute(&mut *conn)
        .await?;
    }

    let names: Vec<String> =
        RESERVED_NAMES.iter().chain(&RESERVED_PARTS).map(|&name| name.to_owned()).collect();
    let parts: Vec<String> = RESERVED_PARTS.iter().map(|&part| part.to_owned()).collect();
    sqlx::query!(
        "insert into username_blocks
             (username, normalized_username, exact, allow_with_approval, created_at, updated_at)
         select name, name, name <> all ($2), false, $3, $3
         from unnest($1::text[]) with ordinality as reserved (name, position)
         order by position",
        &names,
        &parts,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An id or secret of an app, in the form that Mastodon gives them: 43 characters.
fn secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
