//! `keypairs`: the public keys of remote accounts.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Makes `keys` (address and PEM) the keys of an account, and says whether none of those it had
/// before is left, although it had some.
pub async fn replace(
    conn: &mut PgConnection,
    account_id: AccountId,
    keys: &[(String, String)],
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let (uris, pems): (Vec<String>, Vec<String>) = keys.iter().cloned().unzip();
    let before =
        sqlx::query!("select uri, public_key from keypairs where account_id = $1", account_id as _)
            .fetch_all(&mut *conn)
            .await?;
    let kept = before.iter().filter(|old| pems.contains(&old.public_key)).count();

    sqlx::query!(
        "delete from keypairs where account_id = $1 and uri <> all($2)",
        account_id as _,
        &uris
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into keypairs (account_id, uri, public_key, type, created_at, updated_at)
         select $1, given.uri, given.pem, 0, $4, $4
         from unnest($2::text[], $3::text[]) as given (uri, pem)
         on conflict (uri) do update
         set account_id = excluded.account_id, public_key = excluded.public_key,
             updated_at = excluded.updated_at
         where keypairs.account_id <> excluded.account_id
            or keypairs.public_key <> excluded.public_key",
        account_id as _,
        &uris,
        &pems,
        now
    )
    .execute(conn)
    .await?;
    Ok(!before.is_empty() && kept == 0)
}
