//! `custom_emojis`: pictures that stand for `:shortcode:`, ours (`domain` is null) and others'.

use chrono::NaiveDateTime;
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

/// Stores where remote emoji (shortcode, picture, id) are; those whose picture moved lose their
/// file.
pub async fn upsert_remote(
    conn: &mut PgConnection,
    domain: &str,
    emojis: &[(String, String, Option<String>)],
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if emojis.is_empty() {
        return Ok(());
    }
    let shortcodes: Vec<String> = emojis.iter().map(|(shortcode, ..)| shortcode.clone()).collect();
    let images: Vec<String> = emojis.iter().map(|(_, image, _)| image.clone()).collect();
    let uris: Vec<Option<String>> = emojis.iter().map(|(.., uri)| uri.clone()).collect();
    sqlx::query!(
        "insert into custom_emojis
             (shortcode, domain, image_remote_url, uri, created_at, updated_at)
         select distinct on (given.shortcode) given.shortcode, $1, given.image, given.uri, $5, $5
         from unnest($2::text[], $3::text[], $4::text[]) as given (shortcode, image, uri)
         order by given.shortcode
         on conflict (shortcode, domain) do update
         set image_remote_url = excluded.image_remote_url, uri = excluded.uri,
             image_file_name = null, image_content_type = null, image_file_size = null,
             image_updated_at = null, updated_at = excluded.updated_at
         where custom_emojis.image_remote_url is distinct from excluded.image_remote_url",
        domain,
        &shortcodes,
        &images,
        &uris as &[Option<String>],
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An emoji with its category, for pickers.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub emoji: CustomEmoji,
    pub category: Option<String>,
    /// Whether it stands for its category.
    pub featured: bool,
}

/// Our own emojis that pickers show.
pub async fn listed(conn: &mut PgConnection) -> sqlx::Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"select emojis.id as "id!", emojis.shortcode as "shortcode!", emojis.domain,
                  emojis.category_id, emojis.image_file_name,
                  emojis.image_storage_schema_version,
                  emojis.visible_in_picker as "visible_in_picker!", categories.name as "category?",
                  (categories.featured_emoji_id = emojis.id) as featured
           from custom_emojis emojis
           left join custom_emoji_categories categories on categories.id = emojis.category_id
           where emojis.domain is null and not emojis.disabled and emojis.visible_in_picker
           order by emojis.id"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            emoji: CustomEmoji {
                id: row.id,
                shortcode: row.shortcode,
                domain: row.domain,
                category_id: row.category_id,
                image_file_name: row.image_file_name,
                image_storage_schema_version: row.image_storage_schema_version,
                visible_in_picker: row.visible_in_picker,
            },
            category: row.category,
            featured: row.featured.unwrap_or(false),
        })
        .collect())
}
