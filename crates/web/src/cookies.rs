//! Cookies of browsers: reading one, and the two that we set.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// A random name for a browser, so that forms can be told from forged ones before anyone signed
/// in. It identifies nobody and ends with the browser's session.
pub(crate) const BROWSER: &str = "_ferrodon_browser";

/// The value of cookie `name`, percent-decoded.
pub(crate) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let found = all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })?;
    Some(percent_decode(found))
}

/// The cookie that names a browser.
pub(crate) fn browser(value: &str, https: bool) -> HeaderValue {
    set(BROWSER, value, "", https)
}

/// The cookie that keeps someone signed in, for a year.
pub(crate) fn session(signed: &str, https: bool) -> HeaderValue {
    let value: String = url::form_urlencoded::byte_serialize(signed.as_bytes()).collect();
    let age = ferrodon_app::sessions::LIFETIME.num_seconds();
    set(ferrodon_app::sessions::COOKIE, &value, &format!("; Max-Age={age}"), https)
}

/// Takes the session cookie away.
pub(crate) fn no_session(https: bool) -> HeaderValue {
    set(ferrodon_app::sessions::COOKIE, "", "; Max-Age=0", https)
}

/// Whether it has the form of a name we gave.
pub(crate) fn is_browser_id(value: &str) -> bool {
    value.len() == 43
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn set(name: &str, value: &str, age: &str, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

fn percent_decode(text: &str) -> String {
    // A cookie's plus is a plus, unlike a form's.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("v={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_and_decoded() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a=1; _session_id=eyJ%3D%3D--+f; b=2".parse().unwrap());
        assert_eq!(find(&headers, "_session_id").as_deref(), Some("eyJ==--+f"));
        assert_eq!(find(&headers, "session_id"), None);
    }
}
