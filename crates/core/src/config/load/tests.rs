//! What settings become, and what is said of those that are wrong.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use super::*;

const DATABASE: [(&str, &str); 6] = [
    ("LOCAL_DOMAIN", "example.com"),
    ("DATABASE_URL", "postgres://a@localhost/b"),
    ("SECRET_KEY_BASE", "k"),
    ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", "p"),
    ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", "d"),
    ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", "s"),
];

fn load(more: &[(&str, &str)]) -> Config {
    Config::load(Sources::of(DATABASE.iter().chain(more).copied())).unwrap()
}

fn problems(more: &[(&str, &str)]) -> Vec<String> {
    let error = Config::load(Sources::of(DATABASE.iter().chain(more).copied())).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ferrodon-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_setting_read_is_documented_and_every_documented_one_read() {
    let settings = gather(Sources::of(DATABASE));
    build(&settings, false, false);
    let documented = defaults();
    let documented: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(settings.names_read(), documented);
}

#[test]
fn defaults_come_from_the_file_of_defaults() {
    let config = load(&[]);
    assert_eq!(config.web_domain, "example.com");
    assert_eq!(config.base_url(), "https://example.com");
    assert_eq!(config.web_bind.to_string(), "127.0.0.1:3000");
    assert_eq!(config.streaming_bind.to_string(), "127.0.0.1:4000");
    assert_eq!(config.media_url, "https://example.com/system");
    assert_eq!(config.media_dir, PathBuf::from("public/system"));
    assert_eq!(config.trusted_proxies.len(), 6);
    assert_eq!(config.user_active_days, 7);
    assert_eq!(config.authorized_fetch, None);
    assert!(config.redis_url.is_none());
    assert!(config.testing.clock.is_none());
}

#[test]
fn the_settings_of_an_existing_server() {
    let folder = Folder::new("existing");
    let file = "# made by the set-up\n\
        LOCAL_DOMAIN=Ferro.test\n\
        WEB_DOMAIN=social.ferro.test\n\
        export SECRET_KEY_BASE=aaaa\n\
        OTP_SECRET=bbbb\n\
        ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY=apMY\n\
        ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT='IYIG'\n\
        ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY=\"AOM2\"\n\
        VAPID_PRIVATE_KEY=Q-dcmg=\n\
        VAPID_PUBLIC_KEY=BJM9LN=\n\
        EMAIL_DOMAIN_ALLOWLIST=example.com\n\
        ALLOWED_PRIVATE_ADDRESSES=127.0.0.0/8,::1/128\n\
        DB_HOST=/var/run/postgresql\n\
        DB_NAME=mastodon\n\
        DB_PASS=p@ss/word\n\
        REDIS_HOST=cache\n\
        SMTP_DELIVERY_METHOD=file\n";
    std::fs::write(folder.0.join(".env.production"), file).unwrap();
    std::fs::write(folder.0.join(".env"), "WEB_DOMAIN=other.test\nDEFAULT_LOCALE=de\n").unwrap();
    let mut sources = Sources::of([("REDIS_HOST", "10.0.0.7"), ("PATH", "/bin")]);
    sources.folder = Some(folder.0.clone());

    let config = Config::load(sources).unwrap();
    assert_eq!(config.local_domain, "ferro.test");
    assert_eq!(config.url("/about"), "https://social.ferro.test/about");
    assert_eq!(config.default_locale, "de");
    assert_eq!(config.vapid_private_key.0, "Q-dcmg=");
    assert_eq!(config.encryption.key_derivation_salt.0, "IYIG");
    assert_eq!(config.allowed_private_addresses.len(), 2);
    assert_eq!(
        config.database_url.unwrap().0,
        "postgres://mastodon:p%40ss%2Fword@localhost/mastodon?host=%2Fvar%2Frun%2Fpostgresql"
    );
    assert_eq!(config.redis_url.unwrap().0, "redis://10.0.0.7:6379/0");
}

#[test]
fn connections_from_their_parts() {
    let database = |parts: &[(&str, &str)]| {
        let mut all = DATABASE.to_vec();
        all.retain(|(name, _)| *name != "DATABASE_URL");
        all.extend(parts);
        Config::load(Sources::of(all)).unwrap().database_url.unwrap().0
    };
    assert_eq!(
        database(&[("DB_HOST", "db"), ("DB_PORT", "6432"), ("DB_SSLMODE", "no-verify")]),
        "postgres://mastodon@db:6432/mastodon_production?sslmode=require"
    );
    assert_eq!(
        database(&[("DATABASE_URL", "postgresql://u@h/n?sslmode=verify-full"), ("DB_PASS", "x")]),
        "postgres://u:x@h/n?sslmode=verify-full"
    );
    let redis = |parts: &[(&str, &str)]| load(parts).redis_url.unwrap().0;
    assert_eq!(redis(&[("REDIS_DB", "3")]), "redis://localhost:6379/3");
    assert_eq!(
        redis(&[("REDIS_USER", "u"), ("REDIS_PASSWORD", "a:b"), ("REDIS_PORT", "7000")]),
        "redis://u:a%3Ab@localhost:7000/0"
    );
    assert_eq!(redis(&[("REDIS_URL", "rediss://r:1/2"), ("REDIS_DB", "3")]), "rediss://r:1/2");
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_would_be_right() {
    assert_eq!(
        problems(&[
            ("BIND", "here"),
            ("DB_POOL", "0"),
            ("FERRODON_DATADIR", "x"),
            ("LOCAL_DOMAIN", "https://example.com"),
            ("SINGLE_USER_MODE", "yes"),
            ("TRUSTED_PROXY_IP", "10.0.0.0/99"),
        ]),
        [
            "FERRODON_DATADIR (environment): there is no such setting; did you mean FERRODON_DATA_DIR?",
            "BIND (environment): write an address to listen on, such as 127.0.0.1 or [::]",
            "LOCAL_DOMAIN (environment): write only the host, such as example.com",
            "TRUSTED_PROXY_IP (environment): write addresses or networks, such as 10.0.0.0/8, fd00::/8",
            "DB_POOL (environment): write a whole number from 1 to 10000",
            "SINGLE_USER_MODE (environment): write true or false",
        ]
    );
}

#[test]
fn a_wrong_line_of_a_file_is_named() {
    let folder = Folder::new("wrong-line");
    let path = folder.0.join(".env.production");
    std::fs::write(&path, "PORT=3001\n\nDB_POOL=many\nFERRODON_X=1\n").unwrap();
    let mut sources = Sources::of(DATABASE);
    sources.folder = Some(folder.0.clone());
    let error = Config::load(sources.clone()).unwrap_err().to_string();
    let place = path.display();
    assert!(error.contains(&format!("DB_POOL ({place}:3): write a whole number")), "{error}");
    assert!(error.contains(&format!("FERRODON_X ({place}:4): there is no such")), "{error}");

    std::fs::write(&path, "PORT=3001\nwhat is this\n").unwrap();
    let error = Config::load(sources).unwrap_err().to_string();
    assert!(error.contains(&format!("{place}:2: a line is NAME=value")), "{error}");
}

#[test]
fn secrets_of_an_existing_database_are_required() {
    let error = Config::load(Sources::of([
        ("LOCAL_DOMAIN", "example.com"),
        ("DB_NAME", "mastodon_production"),
    ]));
    let named: Vec<_> = error.unwrap_err().problems.into_iter().map(|p| p.setting).collect();
    assert_eq!(
        named,
        [
            "SECRET_KEY_BASE",
            "ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY",
            "ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY",
            "ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT",
        ]
    );
}

#[test]
fn a_server_from_nothing_makes_its_secrets_once() {
    let folder = Folder::new("secrets");
    let data = folder.0.join("data");
    let sources =
        Sources::of([("LOCAL_DOMAIN", "new.test"), ("FERRODON_DATA_DIR", data.to_str().unwrap())]);
    let first = Config::load(sources.clone()).unwrap();
    let second = Config::load(sources).unwrap();

    assert!(first.database_url.is_none());
    assert_eq!(first.media_dir, data.join("media"));
    assert_eq!(first.secret_key_base.0.len(), 128);
    assert_eq!(first.encryption.primary_key.0.len(), 32);
    assert_eq!(first.vapid_public_key.len(), 88);
    assert_eq!(first.vapid_private_key.0.len(), 44);
    assert_eq!(first.secret_key_base, second.secret_key_base);
    assert_eq!(first.vapid_public_key, second.vapid_public_key);
    let mode = std::fs::metadata(data.join("secrets.env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn settings_for_tests_are_refused_in_production() {
    let settings = [
        ("FERRODON_CLOCK", "2026-11-24T14:38:00Z"),
        ("FERRODON_RESOLVE", "peer.test=127.0.0.1:4100 ferro.test=127.0.0.1:4443"),
        ("FERRODON_CA_FILE", "/tmp/ca.pem"),
        ("FERRODON_NO_ROW_CACHE", "true"),
        ("FERRODON_NO_WORKERS", "true"),
    ];
    let refused = problems(&settings);
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(refused[0].starts_with("FERRODON_CLOCK (environment): this is for tests"));

    let mut sources = Sources::of(DATABASE.iter().chain(&settings).copied());
    sources.i_know = true;
    let testing = Config::load(sources).unwrap().testing;
    assert_eq!(testing.resolve[1], ("ferro.test".into(), "127.0.0.1:4443".parse().unwrap()));
    assert!(testing.clock.is_some() && testing.no_row_cache && testing.no_workers);

    let trial = load(&[("RAILS_ENV", "development"), ("FERRODON_NO_WORKERS", "true")]);
    assert!(trial.testing.no_workers);
}

#[test]
fn a_trial_on_this_machine_needs_no_domain() {
    let all = DATABASE.into_iter().skip(1);
    let sources = Sources::of(all.chain([("RAILS_ENV", "development"), ("PORT", "3123")]));
    let config = Config::load(sources).unwrap();
    assert_eq!(config.base_url(), "http://localhost:3123");
}

#[test]
fn the_streaming_role_alone_takes_its_port_from_port() {
    let mut sources = Sources::of(DATABASE.into_iter().chain([("PORT", "4001")]));
    sources.streaming_only = true;
    assert_eq!(Config::load(sources).unwrap().streaming_bind.port(), 4001);
}

#[test]
fn nothing_is_written_before_the_settings_are_right() {
    let folder = Folder::new("nothing-written");
    let data = folder.0.join("data");
    let error = Config::load(Sources::of([("FERRODON_DATA_DIR", data.to_str().unwrap())]));
    let named: Vec<_> = error.unwrap_err().problems.into_iter().map(|p| p.setting).collect();
    assert_eq!(named, ["LOCAL_DOMAIN"]);
    assert!(!data.exists());
}

#[test]
fn public_secrets_are_refused() {
    let wrong = problems(&[("SECRET_KEY_BASE", "x_DO_NOT_USE_IN_PRODUCTION")]);
    assert_eq!(wrong.len(), 1);
    assert!(!wrong[0].contains("x_DO_NOT"));
}
