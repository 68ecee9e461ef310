//! `rules` and `rule_translations`: what people agree to.

use sqlx::PgConnection;
use sqlx::types::Json;

/// A rule that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: i64,
    pub text: String,
    pub hint: String,
    /// `text` and `hint` by language.
    pub translations: Json<serde_json::Value>,
}

/// The rules in their order.
pub async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<Rule>> {
    sqlx::query_as!(
        Rule,
        r#"select id, text, hint,
                  (select coalesce(
                       json_object_agg(t.language, json_build_object('text', t.text, 'hint', t.hint)),
                       '{}')
                   from rule_translations t
                   where t.rule_id = rules.id) as "translations!: Json<serde_json::Value>"
           from rules
           where deleted_at is null
           order by priority, id"#
    )
    .fetch_all(conn)
    .await
}
