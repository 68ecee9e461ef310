//! `user_roles`: what members of staff, and everyone (role -99), may do.

use sqlx::PgConnection;

/// The bits of `permissions`.
pub mod permission {
    pub const ADMINISTRATOR: i64 = 1;
    pub const VIEW_DEVOPS: i64 = 1 << 1;
    pub const VIEW_AUDIT_LOG: i64 = 1 << 2;
    pub const VIEW_DASHBOARD: i64 = 1 << 3;
    pub const MANAGE_REPORTS: i64 = 1 << 4;
    pub const MANAGE_FEDERATION: i64 = 1 << 5;
    pub const MANAGE_SETTINGS: i64 = 1 << 6;
    pub const MANAGE_BLOCKS: i64 = 1 << 7;
    pub const MANAGE_TAXONOMIES: i64 = 1 << 8;
    pub const MANAGE_APPEALS: i64 = 1 << 9;
    pub const MANAGE_USERS: i64 = 1 << 10;
    pub const MANAGE_INVITES: i64 = 1 << 11;
    pub const MANAGE_RULES: i64 = 1 << 12;
    pub const MANAGE_ANNOUNCEMENTS: i64 = 1 << 13;
    pub const MANAGE_CUSTOM_EMOJIS: i64 = 1 << 14;
    pub const MANAGE_WEBHOOKS: i64 = 1 << 15;
    pub const INVITE_USERS: i64 = 1 << 16;
    pub const MANAGE_ROLES: i64 = 1 << 17;
    pub const MANAGE_USER_ACCESS: i64 = 1 << 18;
    pub const DELETE_USER_DATA: i64 = 1 << 19;
    pub const VIEW_FEEDS: i64 = 1 << 20;
    pub const INVITE_BYPASS_APPROVAL: i64 = 1 << 21;
    pub const MANAGE_EMAIL_SUBSCRIPTIONS: i64 = 1 << 22;
    /// Every bit there is.
    pub const ALL: i64 = (1 << 23) - 1;
}

/// What a role with bits `own` may do when everyone may do `everyone`.
#[must_use]
pub fn effective(own: i64, everyone: i64) -> i64 {
    let bits = own | everyone;
    if bits & permission::ADMINISTRATOR != 0 { permission::ALL } else { bits }
}

/// The role of exactly this name.
pub async fn id_by_name(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select id from user_roles where name = $1 order by id limit 1", name)
        .fetch_optional(conn)
        .await
}

/// What everyone may do.
pub async fn everyone_permissions(conn: &mut PgConnection) -> sqlx::Result<i64> {
    let bits = sqlx::query_scalar!("select permissions from user_roles where id = -99")
        .fetch_optional(conn)
        .await?;
    Ok(bits.unwrap_or(permission::INVITE_USERS))
}
