//! `terms_of_services`: terms that were published, and from when they count.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::PgConnection;

/// Terms that were published.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Markdown.
    pub text: String,
    pub effective_date: Option<NaiveDate>,
    pub published_at: Option<NaiveDateTime>,
    /// When the next ones begin to count.
    pub succeeded_by: Option<NaiveDate>,
}

/// `select` with the columns of [`Terms`].
macro_rules! select_terms {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Terms,
            "select text, effective_date, published_at,
                    (select min(next.effective_date) from terms_of_services next
                     where next.published_at is not null
                       and next.effective_date > terms.effective_date) as succeeded_by
             from terms_of_services terms
             where published_at is not null " + $rest
            $(, $bind)*
        )
    };
}

/// The terms that count on `today`, else the first that will.
pub async fn current(conn: &mut PgConnection, today: NaiveDate) -> sqlx::Result<Option<Terms>> {
    select_terms!(
        "order by (effective_date is null or effective_date <= $1) desc,
                  case when effective_date <= $1 then effective_date end desc nulls last,
                  effective_date, id desc
         limit 1",
        today
    )
    .fetch_optional(conn)
    .await
}

/// The terms that count from `date`.
pub async fn from_date(conn: &mut PgConnection, date: NaiveDate) -> sqlx::Result<Option<Terms>> {
    select_terms!("and effective_date = $1 limit 1", date).fetch_optional(conn).await
}
