//! From environment and files to a [`Config`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::reader::{ConfigError, Found, Place, Problem, Reader};
use super::{Config, Encryption, Secret, Testing, dotenv, secrets, values};

/// Every setting, its default and its meaning.
const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// Secrets that a server starting from nothing makes for itself.
const SECRETS: [&str; 7] = [
    "SECRET_KEY_BASE",
    "OTP_SECRET",
    "ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY",
    "ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY",
    "ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT",
    "VAPID_PRIVATE_KEY",
    "VAPID_PUBLIC_KEY",
];

/// Where settings come from, and how strict to be.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// The folder with `.env.production`; none reads no file.
    pub folder: Option<PathBuf>,
    /// Only the streaming role runs, so `PORT` is its port.
    pub streaming_only: bool,
    /// `--i-know`: settings for tests are taken in production too.
    pub i_know: bool,
}

impl Sources {
    /// The environment of this process and the files of its working directory.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        // Names and values that are no UTF-8 cannot be ours.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            environment: std::env::vars_os().filter_map(text).collect(),
            folder: Some(PathBuf::new()),
            ..Self::default()
        }
    }

    /// These settings and nothing else, as if they stood in the environment.
    pub fn of<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let environment =
            settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { environment: environment.collect(), ..Self::default() }
    }
}

impl Config {
    /// Reads the settings. The error lists everything that is wrong with them.
    ///
    /// With a database of its own and no secrets set, this makes the secrets and the data folder.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let i_know = sources.i_know;
        let streaming_only = sources.streaming_only;
        let mut settings = gather(sources);
        if values::database(&settings).is_none() {
            // Nothing is written to disk before everything else is known to be right.
            let placeholders = SECRETS.map(|name| (name.to_owned(), "-".to_owned())).into();
            let missing: Vec<_> =
                SECRETS.into_iter().filter(|name| settings.set(name).is_none()).collect();
            let trial = settings.clone().with(Path::new(""), placeholders, &missing);
            build(&trial, streaming_only, i_know);
            trial.finish()?;
            settings = add_own_secrets(settings, &missing);
        }
        let config = build(&settings, streaming_only, i_know);
        settings.finish().map(|()| config)
    }
}

/// Puts environment, files and defaults together.
fn gather(sources: Sources) -> Reader {
    let mut found = BTreeMap::new();
    for (name, value) in &sources.environment {
        found.insert(name.clone(), Found { value: value.clone(), place: Place::Environment });
    }
    let mut problems = Vec::new();
    let kind = found.get("RAILS_ENV").map_or("production", |found| found.value.as_str()).to_owned();
    let files = [
        format!(".env.{kind}.local"),
        ".env.local".to_owned(),
        format!(".env.{kind}"),
        ".env".to_owned(),
    ];
    for path in sources.folder.iter().flat_map(|folder| files.iter().map(|f| folder.join(f))) {
        match read_file(&path, &sources.environment) {
            Ok(entries) => {
                for entry in entries {
                    let place = Place::File { path: path.clone(), line: entry.line };
                    let value = Found { value: entry.value, place };
                    // The first file that names a setting decides; within a file, the last line.
                    match found.get(&entry.name) {
                        Some(Found { place: Place::File { path: other, .. }, .. })
                            if *other == path => {}
                        Some(_) => continue,
                        None if entry.name == "RAILS_ENV" => continue,
                        None => {}
                    }
                    found.insert(entry.name, value);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    Reader::new(found, defaults(), problems)
}

fn read_file(
    path: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<dotenv::Entry>, Problem> {
    let problem = |line, expected| {
        let place = Place::File { path: path.to_owned(), line };
        Problem { setting: String::new(), place, expected }
    };
    match std::fs::read_to_string(path) {
        Ok(text) => dotenv::parse(&text, |name| environment.get(name).cloned())
            .map_err(|bad| problem(bad.line, bad.expected.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(problem(1, format!("cannot be read: {error}"))),
    }
}

/// The defaults of `config/default.toml`.
fn defaults() -> BTreeMap<String, String> {
    let table: toml::Table = toml::from_str(DEFAULTS).expect("config/default.toml is valid TOML");
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    table.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Adds the secrets kept in the data folder, making those that are in neither place.
fn add_own_secrets(settings: Reader, missing: &[&'static str]) -> Reader {
    let file = data_dir(&settings).join("secrets.env");
    if missing.is_empty() {
        return settings;
    }
    match secrets::read_or_make(&file, missing) {
        Ok(kept) => settings.with(&file, kept, missing),
        Err(error) => {
            let expected = format!("{} cannot be used: {error}", file.display());
            settings.wrong("FERRODON_DATA_DIR", expected);
            settings
        }
    }
}

fn data_dir(settings: &Reader) -> PathBuf {
    settings.text("FERRODON_DATA_DIR").map_or_else(|| PathBuf::from("data"), PathBuf::from)
}

fn build(settings: &Reader, streaming_only: bool, i_know: bool) -> Config {
    settings.refuse_unknown();
    let production = settings
        .parse("RAILS_ENV", "write production, development or test", |text| {
            ["production", "development", "test"].contains(&text).then_some(text == "production")
        })
        .unwrap_or(true);
    let https = settings.flag("LOCAL_HTTPS") == Some(true) || production;

    let ip = settings
        .parse("BIND", "write an address to listen on, such as 127.0.0.1 or [::]", |text| {
            text.trim_matches(['[', ']']).parse().ok()
        })
        .unwrap_or(std::net::IpAddr::from([127, 0, 0, 1]));
    let port = settings.number("PORT", 1, u16::MAX);
    let streaming_port = settings.number("FERRODON_STREAMING_PORT", 1, u16::MAX);
    let streaming_port = match settings.set("PORT") {
        Some(_) if streaming_only => port,
        _ => streaming_port,
    };

    let host = "write only the host, such as example.com";
    let local_domain = settings.parse("LOCAL_DOMAIN", host, values::host).unwrap_or_else(|| {
        if production && settings.set("LOCAL_DOMAIN").is_none() {
            settings.wrong(
                "LOCAL_DOMAIN",
                "write the domain of this server's handles, such as example.com; for a trial on \
                 this machine set RAILS_ENV=development instead",
            );
        }
        format!("localhost:{port}")
    });
    let web_domain =
        settings.parse("WEB_DOMAIN", host, values::host).unwrap_or_else(|| local_domain.clone());
    let scheme = if https { "https" } else { "http" };
    let database_url = values::database(settings);
    let data_dir = data_dir(settings);
    let media_dir = settings.text("PAPERCLIP_ROOT_PATH").map(PathBuf::from);
    let media_dir = media_dir.unwrap_or_else(|| match database_url {
        Some(_) => PathBuf::from("public/system"),
        None => data_dir.join("media"),
    });
    let secret = |name| required_secret(settings, name);

    Config {
        https,
        web_bind: SocketAddr::new(ip, port),
        streaming_bind: SocketAddr::new(ip, streaming_port),
        trusted_proxies: settings.networks("TRUSTED_PROXY_IP"),
        alternate_domains: settings.list("ALTERNATE_DOMAINS", host, values::host),
        database_pool: settings.number("DB_POOL", 1, 10_000),
        prepared_statements: settings.flag("PREPARED_STATEMENTS").unwrap_or(true),
        redis_url: values::redis(settings),
        media_url: values::media_url(settings, &format!("{scheme}://{web_domain}")),
        secret_key_base: secret("SECRET_KEY_BASE"),
        encryption: Encryption {
            primary_key: secret("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY"),
            deterministic_key: secret("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY"),
            key_derivation_salt: secret("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT"),
        },
        otp_secret: Secret(settings.text("OTP_SECRET").unwrap_or_default()),
        vapid_public_key: settings.text("VAPID_PUBLIC_KEY").unwrap_or_default(),
        vapid_private_key: Secret(settings.text("VAPID_PRIVATE_KEY").unwrap_or_default()),
        single_user_mode: settings.flag("SINGLE_USER_MODE").unwrap_or(false),
        limited_federation: settings.flag("LIMITED_FEDERATION_MODE") == Some(true)
            || settings.flag("WHITELIST_MODE") == Some(true),
        authorized_fetch: settings.flag("AUTHORIZED_FETCH"),
        disallow_unauthenticated_api: settings
            .flag("DISALLOW_UNAUTHENTICATED_API_ACCESS")
            .unwrap_or(false),
        default_locale: settings.text("DEFAULT_LOCALE").unwrap_or_default(),
        streaming_url: settings.parse(
            "STREAMING_API_BASE_URL",
            "write an address that begins with wss://, ws://, https:// or http://",
            |text| {
                let known = ["wss://", "ws://", "https://", "http://"];
                known.iter().any(|scheme| text.starts_with(scheme)).then(|| text.to_owned())
            },
        ),
        user_active_days: settings.number("USER_ACTIVE_DAYS", 1, 36_500),
        max_reactions: settings.number("MAX_REACTIONS", 0, 1_000),
        source_url: source_url(settings),
        translation_enabled: settings.text("DEEPL_API_KEY").is_some()
            | settings
                .parse("LIBRE_TRANSLATE_ENDPOINT", values::WEB_ADDRESS, values::web_address)
                .is_some(),
        allowed_private_addresses: settings.networks("ALLOWED_PRIVATE_ADDRESSES"),
        http_proxy: settings.parse("http_proxy", values::WEB_ADDRESS, values::web_address),
        log_level: settings
            .parse("RAILS_LOG_LEVEL", "write debug, info, warn, error, fatal or unknown", |text| {
                ["debug", "info", "warn", "error", "fatal", "unknown"]
                    .contains(&text)
                    .then(|| text.to_owned())
            })
            .unwrap_or_default(),
        log_json: settings
            .parse("FERRODON_LOG_FORMAT", "write text or json", |text| match text {
                "text" => Some(false),
                "json" => Some(true),
                _ => None,
            })
            .unwrap_or(false),
        metrics_bind: metrics_bind(settings),
        ca_file: settings.text("FERRODON_CA_FILE").map(PathBuf::from),
        testing: testing(settings, production && !i_know),
        local_domain,
        web_domain,
        database_url,
        data_dir,
        media_dir,
    }
}

/// A secret without which the data in the database cannot be used.
fn required_secret(settings: &Reader, name: &'static str) -> Secret {
    let text = settings.text(name).unwrap_or_default();
    if text.is_empty() {
        settings.wrong(
            name,
            "write the value this database was made with; `.env.production` of the server has it",
        );
    } else if text.ends_with("DO_NOT_USE_IN_PRODUCTION") {
        settings.wrong(name, "this value is public; write the one that is yours");
    }
    Secret(text)
}

fn source_url(settings: &Reader) -> String {
    let base = settings.parse("SOURCE_BASE_URL", values::WEB_ADDRESS, values::web_address);
    base.unwrap_or_else(|| {
        let repository = settings.text("GITHUB_REPOSITORY").unwrap_or_default();
        format!("https://github.com/{repository}")
    })
}

fn testing(settings: &Reader, refused: bool) -> Testing {
    const NAMES: [&str; 5] = [
        "FERRODON_CLOCK",
        "FERRODON_RESOLVE",
        "FERRODON_CA_FILE",
        "FERRODON_NO_ROW_CACHE",
        "FERRODON_NO_WORKERS",
    ];
    for name in NAMES {
        if refused && settings.set(name).is_some_and(|found| found.value.trim() != "false") {
            settings.wrong(
                name,
                "this is for tests; take it out, or give --i-know if it is really meant",
            );
        }
    }
    Testing {
        clock: settings.parse(
            "FERRODON_CLOCK",
            "write an instant such as 2026-11-24T14:38:00Z",
            |text| DateTime::parse_from_rfc3339(text).ok().map(DateTime::<Utc>::from),
        ),
        resolve: settings.resolved("FERRODON_RESOLVE"),
        no_row_cache: settings.flag("FERRODON_NO_ROW_CACHE").unwrap_or(false),
        no_workers: settings.flag("FERRODON_NO_WORKERS").unwrap_or(false),
    }
}

#[cfg(test)]
mod tests;

/// Where metrics are served; none unless they are turned on.
fn metrics_bind(settings: &Reader) -> Option<SocketAddr> {
    let on = settings.flag("MASTODON_PROMETHEUS_EXPORTER_ENABLED") == Some(true);
    let port = settings.number("MASTODON_PROMETHEUS_EXPORTER_PORT", 1, 65_535);
    let expected = "write an IP address of this machine, or localhost";
    let host = settings.parse("MASTODON_PROMETHEUS_EXPORTER_HOST", expected, |text| match text {
        "localhost" => Some(std::net::Ipv4Addr::LOCALHOST.into()),
        text => text.parse::<std::net::IpAddr>().ok(),
    });
    on.then(|| SocketAddr::new(host.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into()), port))
}
