//! Settings that are made of several: host names, the connections to PostgreSQL and Redis, the
//! addresses of media.

use url::Url;

use super::Secret;
use super::reader::Reader;

/// A host name with or without a port, in small letters and in its ASCII form. `None` if it is more
/// than that (a scheme, a path, a handle) or less.
pub(super) fn host(text: &str) -> Option<String> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse::<u16>().ok()?)),
        None => (text, None),
    };
    let ascii = idna::domain_to_ascii(name).ok().filter(|ascii| {
        !ascii.is_empty()
            && !ascii.starts_with('.')
            && ascii.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    })?;
    Some(match port {
        Some(port) => format!("{ascii}:{port}"),
        None => ascii,
    })
}

/// The address of the database, or `None` when nothing is said of one.
pub(super) fn database(settings: &Reader) -> Option<Secret> {
    const PARTS: [&str; 6] = ["DB_HOST", "DB_PORT", "DB_USER", "DB_PASS", "DB_NAME", "DB_SSLMODE"];
    let [host, port, user, password, name, ssl] = PARTS.map(|part| settings.text(part));
    let ssl = ssl.and_then(|mode| match mode.as_str() {
        "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" => Some(mode),
        "no-verify" => Some("require".to_owned()),
        _ => {
            settings.wrong(
                "DB_SSLMODE",
                "write disable, allow, prefer, require, verify-ca, verify-full or no-verify",
            );
            None
        }
    });
    let expected = "write an address such as postgres://user:password@host:5432/name";
    if settings.text("DATABASE_URL").is_some() {
        let mut url = settings.parse("DATABASE_URL", expected, |text| {
            let known = ["postgres://", "postgresql://", "postgis://"];
            let rest = known.iter().find_map(|scheme| text.strip_prefix(scheme))?;
            Url::parse(&format!("postgres://{rest}")).ok()
        })?;
        if url.password().is_none() && password.is_some() && !url.username().is_empty() {
            url.set_password(password.as_deref()).ok()?;
        }
        return Some(Secret(url.into()));
    }
    if PARTS.iter().all(|part| settings.set(part).is_none()) {
        return None;
    }
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let socket = host.starts_with('/');
    let mut url = Url::parse("postgres://localhost").ok()?;
    if !socket && url.set_host(Some(&host)).is_err() {
        settings.wrong("DB_HOST", "write a host name, an address, or the folder of a socket");
    }
    if let Some(port) = port {
        match port.parse::<u16>() {
            Ok(port) => url.set_port(Some(port)).ok()?,
            Err(_) => settings.wrong("DB_PORT", "write a port number, such as 5432"),
        }
    }
    url.set_username(user.as_deref().unwrap_or("mastodon")).ok()?;
    url.set_password(password.as_deref()).ok()?;
    let name = name.unwrap_or_else(|| "mastodon_production".to_owned());
    url.path_segments_mut().ok()?.clear().push(&name);
    if socket {
        url.query_pairs_mut().append_pair("host", &host);
    }
    if let Some(ssl) = ssl {
        url.query_pairs_mut().append_pair("sslmode", &ssl);
    }
    Some(Secret(url.into()))
}

/// The address of Redis, or `None` when nothing is said of one.
pub(super) fn redis(settings: &Reader) -> Option<Secret> {
    const PARTS: [&str; 5] =
        ["REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_USER", "REDIS_PASSWORD"];
    let [host, port, db, user, password] = PARTS.map(|part| settings.text(part));
    if settings.set("REDIS_NAMESPACE").is_some() {
        settings.wrong(
            "REDIS_NAMESPACE",
            "there are no namespaces any more; rename the keys or use another REDIS_DB, and take \
             this out",
        );
    }
    if settings.set("REDIS_SENTINELS").is_some() {
        settings.wrong(
            "REDIS_SENTINELS",
            "sentinels are not supported; write the address of the main server in REDIS_URL",
        );
    }
    if settings.text("REDIS_URL").is_some() {
        let expected = "write an address such as redis://host:6379/0 or rediss://host:6379/0";
        return settings.parse("REDIS_URL", expected, |text| {
            let url = Url::parse(text).ok()?;
            matches!(url.scheme(), "redis" | "rediss" | "unix" | "redis+unix")
                .then(|| Secret(text.to_owned()))
        });
    }
    if PARTS.iter().all(|part| settings.set(part).is_none()) {
        return None;
    }
    let mut url = Url::parse("redis://localhost:6379").ok()?;
    if host.is_some_and(|host| url.set_host(Some(&host)).is_err()) {
        settings.wrong("REDIS_HOST", "write a host name or an address");
    }
    if let Some(port) = port {
        match port.parse::<u16>() {
            Ok(port) => url.set_port(Some(port)).ok()?,
            Err(_) => settings.wrong("REDIS_PORT", "write a port number, such as 6379"),
        }
    }
    match db.as_deref().unwrap_or("0").parse::<u16>() {
        Ok(db) => url.set_path(&db.to_string()),
        Err(_) => settings.wrong("REDIS_DB", "write the number of a database, such as 0"),
    }
    if let Some(user) = user {
        url.set_username(&user).ok()?;
    }
    url.set_password(password.as_deref()).ok()?;
    Some(Secret(url.into()))
}

/// What the addresses of uploads begin with, without a slash at the end.
pub(super) fn media_url(settings: &Reader, base_url: &str) -> String {
    let root = settings.text("PAPERCLIP_ROOT_URL").unwrap_or_default();
    let host = settings.parse("CDN_HOST", WEB_ADDRESS, web_address);
    let root = root.trim_end_matches('/');
    if root.starts_with('/') {
        format!("{}{root}", host.as_deref().unwrap_or(base_url))
    } else if web_address(root).is_some() {
        root.to_owned()
    } else {
        settings.wrong("PAPERCLIP_ROOT_URL", "write a path such as /system or an https:// address");
        String::new()
    }
}

pub(super) const WEB_ADDRESS: &str = "write an address that begins with https:// or http://";

/// An `http` or `https` address, without a slash at its end.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    web.then(|| text.trim_end_matches('/').to_owned())
}
