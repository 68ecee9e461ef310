//! `settings`: what admins changed; the values are YAML (see
//! [`ferrodon_core::server_settings`]).

use chrono::NaiveDateTime;
use ferrodon_core::ServerSettings;
use ferrodon_core::server_settings::yaml;
use serde_json::Value;
use sqlx::PgConnection;

/// All of them.
pub async fn all(conn: &mut PgConnection) -> sqlx::Result<ServerSettings> {
    let rows = sqlx::query!("select var, value, updated_at from settings").fetch_all(conn).await?;
    let rows = rows.into_iter().map(|row| (row.var, row.value, row.updated_at.unwrap_or_default()));
    Ok(ServerSettings::read(rows))
}

/// Sets `var`.
pub async fn set(
    conn: &mut PgConnection,
    var: &str,
    value: &Value,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into settings (var, value, created_at, updated_at) values ($1, $2, $3, $3)
         on conflict (var) do update set value = excluded.value, updated_at = excluded.updated_at",
        var,
        yaml::write(value),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
