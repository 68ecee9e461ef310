//! Finding accounts by the beginning of their names.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Words; the last of them may be a beginning.
    pub terms: &'a str,
    /// Whom results are for; those they follow come first.
    pub viewer: Option<AccountId>,
    /// Only those they follow, and themselves.
    pub following: bool,
    pub limit: i64,
    pub offset: i64,
}

/// The accounts whose name, handle or domain has these words, the best first: by how well it
/// fits, how many follow them, and whether the viewer does.
pub async fn find(conn: &mut PgConnection, search: &Search<'_>) -> sqlx::Result<Vec<AccountId>> {
    let Some(query) = tsquery(search.terms) else { return Ok(Vec::new()) };
    sqlx::query_scalar!(
        r#"select accounts.id as "id!: AccountId"
           from accounts
           left join users on users.account_id = accounts.id
           left join account_stats stats on stats.account_id = accounts.id
           left join follows on follows.account_id = $2 and follows.target_account_id = accounts.id
           where (setweight(to_tsvector('simple', accounts.display_name), 'A')
                  || setweight(to_tsvector('simple', accounts.username), 'B')
                  || setweight(to_tsvector('simple', coalesce(accounts.domain, '')), 'C'))
                 @@ to_tsquery('simple', $1)
             and accounts.suspended_at is null
             and accounts.moved_to_account_id is null
             and (accounts.domain is not null
                  or (users.approved and users.confirmed_at is not null))
             and (not $3 or follows.id is not null or accounts.id = $2)
           order by
               (case when follows.id is null then 1 else 2 end)
               * ln(greatest(coalesce(stats.followers_count, 0), 0) + 2)
               * ts_rank_cd(
                   setweight(to_tsvector('simple', accounts.display_name), 'A')
                   || setweight(to_tsvector('simple', accounts.username), 'B')
                   || setweight(to_tsvector('simple', coalesce(accounts.domain, '')), 'C'),
                   to_tsquery('simple', $1), 32) desc,
               accounts.id
           limit $4
           offset $5"#,
        query,
        search.viewer as Option<AccountId>,
        search.following,
        search.limit,
        search.offset
    )
    .fetch_all(conn)
    .await
}

/// The words as one prefix in the language of `to_tsquery`; none without a word.
fn tsquery(terms: &str) -> Option<String> {
    let plain: String =
        terms.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { ' ' }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    (!plain.is_empty()).then(|| format!("'{plain}':*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_an_operator() {
        assert_eq!(tsquery("a' | !b:*"), Some("'a b':*".to_owned()));
        assert_eq!(tsquery("peer.test"), Some("'peer test':*".to_owned()));
        assert_eq!(tsquery(" ?! "), None);
    }
}
