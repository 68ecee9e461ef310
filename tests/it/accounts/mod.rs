//! Accounts of this server, and the logins behind them.

use ferrodon_activitypub::keys::{PublicKey, SigningKey};
use ferrodon_app::accounts::{CreateError, NewLocal, ProblemKind, create_local};
use ferrodon_test_support::TestServer;

fn alice() -> NewLocal {
    NewLocal {
        username: "Alice".into(),
        email: " Alice@Example.com".into(),
        password: "correct horse".into(),
        role_id: None,
        confirmed: false,
        approve: false,
        reattach: false,
    }
}

/// The rows of the login and the account, but for keys and hashes, as JSON without empty fields.
async fn rows(server: &TestServer) -> String {
    sqlx::query_scalar(
        "select jsonb_pretty(jsonb_strip_nulls(
             to_jsonb(accounts) - 'id' - 'private_key' - 'public_key'
             || jsonb_build_object(
                 'user',
                 to_jsonb(users) - 'account_id' - 'encrypted_password' - 'confirmation_token'
             )
         ))
         from accounts join users on users.account_id = accounts.id",
    )
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_login_is_stored_as_mastodon_stores_it() {
    let server = TestServer::start().await;
    let created = create_local(&server.app, alice()).await.unwrap();
    insta::assert_snapshot!(rows(&server).await);

    let (private, public, hash, token): (String, String, String, String) = sqlx::query_as(
        "select private_key, public_key, encrypted_password, confirmation_token
         from accounts join users on users.account_id = accounts.id where accounts.id = $1",
    )
    .bind(created.account_id.0)
    .fetch_one(&mut *server.conn().await)
    .await
    .unwrap();
    assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "not PKCS#1");
    let signature = SigningKey::from_pem(&private).unwrap().sign(b"psst").unwrap();
    assert!(PublicKey::from_pem(&public).unwrap().verifies(b"psst", &signature));
    assert!(hash.starts_with("$2a$10$"), "{hash}");
    assert!(ferrodon_app::sessions::matches_hash(&hash, "correct horse").await.unwrap());
    assert_eq!(created.confirmation_token.as_deref(), Some(&*token));
    assert_eq!(token.len(), 20);
    // Snowflakes carry the time at which the database made them.
    assert!(created.account_id.0 >> 16 > 1_700_000_000_000, "{}", created.account_id);
}

#[tokio::test]
async fn an_operator_can_let_someone_in_at_once() {
    let server = TestServer::start().await;
    let new = NewLocal { confirmed: true, approve: true, role_id: Some(3), ..alice() };
    let created = create_local(&server.app, new).await.unwrap();
    assert_eq!(created.confirmation_token, None);
    let (approved, confirmed, role): (bool, bool, Option<i64>) =
        sqlx::query_as("select approved, confirmed_at is not null, role_id from users")
            .fetch_one(&mut *server.conn().await)
            .await
            .unwrap();
    assert_eq!((approved, confirmed, role), (true, true, Some(3)));
}

#[tokio::test]
async fn who_comes_when_sign_ups_are_open_is_approved() {
    let server = TestServer::start().await;
    for (value, open) in [
        ("--- approved\n", false),
        ("--- open\n", true),
        ("--- 'open'\n", true),
        ("--- :open\n...\n", true),
    ] {
        let mut conn = server.conn().await;
        sqlx::query("delete from users").execute(&mut *conn).await.unwrap();
        sqlx::query("delete from accounts where id > 0").execute(&mut *conn).await.unwrap();
        sqlx::query(
            "insert into settings (var, value, created_at, updated_at)
             values ('registrations_mode', $1, now(), now())
             on conflict (var) do update set value = excluded.value",
        )
        .bind(value)
        .execute(&mut *conn)
        .await
        .unwrap();
        create_local(&server.app, alice()).await.unwrap();
        let approved: bool =
            sqlx::query_scalar("select approved from users").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(approved, open, "{value:?}");
    }
}

#[tokio::test]
async fn names_and_addresses_are_taken_once_whatever_their_case() {
    let server = TestServer::start().await;
    create_local(&server.app, alice()).await.unwrap();
    let other = NewLocal { username: "aLICE".into(), email: "ALICE@example.com".into(), ..alice() };
    let Err(CreateError::Invalid(problems)) = create_local(&server.app, other).await else {
        panic!("taken twice")
    };
    let found: Vec<_> = problems.iter().map(|problem| (problem.attribute, problem.kind)).collect();
    assert_eq!(found, [("account.username", ProblemKind::Taken), ("email", ProblemKind::Taken)]);
}

#[tokio::test]
async fn an_account_without_a_login_can_be_taken_again() {
    let server = TestServer::start().await;
    let first = create_local(&server.app, alice()).await.unwrap();
    let again = NewLocal { username: "alice".into(), reattach: true, ..alice() };
    let in_use = NewLocal { email: "other@example.com".into(), ..again.clone() };
    assert!(matches!(create_local(&server.app, in_use).await, Err(CreateError::InUse)));

    let mut conn = server.conn().await;
    sqlx::query("delete from users").execute(&mut *conn).await.unwrap();
    sqlx::query("update accounts set suspended_at = now() where id > 0")
        .execute(&mut *conn)
        .await
        .unwrap();
    let second = create_local(&server.app, again).await.unwrap();
    assert_eq!(second.account_id, first.account_id);
    let suspended: bool =
        sqlx::query_scalar("select suspended_at is not null from accounts where id > 0")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
    assert!(!suspended);
}
