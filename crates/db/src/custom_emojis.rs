//! `custom_emojis`: pictures that stand for `:shortcode:`, ours (`domain` is null) and others'.

use sqlx::PgConnection;

/// An emoji as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomEmoji {
    pub id: i64,
    pub shortcode: String,
    pub domain: Option<String>,
    pub category_id: Option<i64>,
    pub image_file_name: Option<String>,
    pub image_storage_schema_version: Option<i32>,
    pub visible_in_picker: bool,
}

/// The enabled emojis with these pairs of shortcode and domain, which is empty for ours.
pub async fn by_shortcodes(
    conn: &mut PgConnection,
    wanted: &[(String, String)],
) -> sqlx::Result<Vec<CustomEmoji>> {
    let shortcodes: Vec<String> = wanted.iter().map(|(shortcode, _)| shortcode.clone()).collect();
    let domains: Vec<String> = wanted.iter().map(|(_, domain)| domain.clone()).collect();
    sqlx::query_as!(
        CustomEmoji,
        "select emojis.id, emojis.shortcode, emojis.domain, emojis.category_id,
                emojis.image_file_name, emojis.image_storage_schema_version,
                emojis.visible_in_picker
         from unnest($1::text[], $2::text[]) as wanted (shortcode, domain)
         join custom_emojis emojis on emojis.shortcode = wanted.shortcode
             and emojis.domain is not distinct from nullif(wanted.domain, '')
         where not emojis.disabled",
        &shortcodes,
        &domains
    )
    .fetch_all(conn)
    .await
}
