//! Signatures after draft-cavage-http-signatures, with Mastodon's rules on top.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_signature_normalization::verify::ParsedHeader;
use url::Url;

use super::{
    DIGEST, MAX_COVERED, Refused, Request, SIGNATURE, SignError, Signer, Unverified, check_window,
    joined, signature_header, timestamp,
};
use crate::{digest, keys};

const REQUEST_TARGET: &str = "(request-target)";
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// A time as HTTP headers show it.
#[must_use]
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format(HTTP_DATE).to_string()
}

/// Makes the headers of a request signed as Mastodon does: `host`, `date`, then `headers` in
/// their order, and the request target last.
pub(super) fn sign(
    signer: Signer<'_>,
    method: &Method,
    url: &Url,
    headers: &[(HeaderName, &str)],
    now: DateTime<Utc>,
) -> Result<HeaderMap, SignError> {
    // Mastodon leaves a port out of `Host`, and with it out of what is signed.
    let host = url.host_str().ok_or(SignError::Request)?;
    let date = http_date(now);
    let mut names = String::new();
    let mut text = String::with_capacity(512);
    let mut all = HeaderMap::with_capacity(6);
    let first = [(header::HOST, host), (header::DATE, date.as_str())];
    for (name, value) in first.iter().chain(headers) {
        names.push_str(name.as_str());
        names.push(' ');
        for part in [name.as_str(), ": ", value, "\n"] {
            text.push_str(part);
        }
        all.insert(name.clone(), HeaderValue::from_str(value).map_err(|_| SignError::Request)?);
    }
    text.push_str(REQUEST_TARGET);
    text.push_str(": ");
    text.push_str(&method.as_str().to_ascii_lowercase());
    text.push(' ');
    text.push_str(url.path());
    if let Some(query) = url.query() {
        text.push('?');
        text.push_str(query);
    }
    let value = format!(
        "keyId=\"{}\",algorithm=\"rsa-sha256\",headers=\"{names}{REQUEST_TARGET}\",signature=\"{}\"",
        signer.key_id,
        signer.key.sign_base64(text.as_bytes())?,
    );
    all.insert(SIGNATURE, HeaderValue::from_str(&value).map_err(|_| SignError::Request)?);
    Ok(all)
}

/// Checks everything but the signature.
pub(super) fn read(request: &Request<'_>, now: DateTime<Utc>) -> Result<Unverified, Refused> {
    let parameters = Parameters::parse(&signature_header(request.headers, "signature")?)?;
    let date = joined(request.headers, "date")?;
    parameters.check_time(date.as_deref(), now)?;
    parameters.check_covered(request.method, date.is_some())?;
    if parameters.covers("digest") {
        let value = joined(request.headers, DIGEST.as_str())?
            .ok_or_else(|| Refused::new("Digest header missing"))?;
        digest::check(&value, request.body)?;
    }
    let mut texts = vec![parameters.text(request, request.path_and_query)?];
    // Older servers leave the query out of what they sign.
    if let Some((path, _)) = request.path_and_query.split_once('?')
        && parameters.covers(REQUEST_TARGET)
    {
        texts.push(parameters.text(request, path)?);
    }
    Ok(Unverified {
        signature: keys::lenient_base64(&parameters.signature),
        key_id: parameters.key_id,
        texts,
    })
}

/// The content of a `Signature` header.
#[derive(Debug)]
struct Parameters {
    key_id: String,
    signature: String,
    /// `rsa-sha256`, or else `hs2019`; the arithmetic is the same.
    rsa_sha256: bool,
    covered: Vec<String>,
    created: Option<i64>,
    expires: Option<i64>,
}

impl Parameters {
    fn parse(header: &str) -> Result<Self, Refused> {
        let mut pairs = parameters(header.strip_prefix("Signature ").unwrap_or(header))?;
        let mut take = |name: &str| pairs.remove(name).filter(|value| !value.trim().is_empty());
        let (Some(key_id), Some(signature)) = (take("keyId"), take("signature")) else {
            return Err(Refused::new(
                "Incompatible request signature. keyId and signature are required",
            ));
        };
        let rsa_sha256 = match take("algorithm").as_deref() {
            Some("rsa-sha256") => true,
            Some("hs2019") | None => false,
            Some(_) => {
                return Err(Refused::new(
                    "Unsupported signature algorithm (only rsa-sha256 and hs2019 are supported)",
                ));
            }
        };
        let covered = take("headers")
            .unwrap_or_else(|| if rsa_sha256 { "date" } else { "(created)" }.to_owned())
            .to_ascii_lowercase();
        let covered: Vec<String> = covered.split_ascii_whitespace().map(str::to_owned).collect();
        if covered.len() > MAX_COVERED || !covered.iter().all(|name| is_name(name)) {
            return Err(Refused::new("Error parsing signature parameters"));
        }
        let mut seconds = |name: &str| match take(name).map(|text| text.parse()) {
            None => Ok(None),
            Some(Ok(seconds)) => Ok(Some(seconds)),
            Some(Err(_)) => Err(Refused::new("Error parsing signature parameters")),
        };
        let (created, expires) = (seconds("created")?, seconds("expires")?);
        Ok(Self { key_id, signature, rsa_sha256, covered, created, expires })
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|covered| covered == name)
    }

    fn check_time(&self, date: Option<&str>, now: DateTime<Utc>) -> Result<(), Refused> {
        let created = match (self.created, date) {
            (Some(seconds), _) if !self.rsa_sha256 => timestamp(seconds)?,
            (_, Some(date)) => NaiveDateTime::parse_from_str(date, HTTP_DATE)
                .map_err(|_| {
                    let date: String = date.chars().take(100).collect();
                    Refused::new(format!("Invalid Date header: not an HTTP date: {date:?}"))
                })?
                .and_utc(),
            // Without any time it is not covered either, which is refused next.
            (_, None) => return Ok(()),
        };
        check_window(created, self.expires.map(timestamp).transpose()?, now)
    }

    fn check_covered(&self, method: &Method, has_date: bool) -> Result<(), Refused> {
        let covers = |name| self.covers(name);
        // Mastodon lets an absent date pass, and with it a request of any age.
        let missing = if !(covers("date") && has_date || covers("(created)")) {
            "Mastodon requires the Date header or (created) pseudo-header to be signed"
        } else if !(covers(REQUEST_TARGET) || covers("digest")) {
            "Mastodon requires the Digest header or (request-target) pseudo-header to be signed"
        } else if method == Method::GET && !covers("host") {
            "Mastodon requires the Host header to be signed when doing a GET request"
        } else if method == Method::POST && !covers("digest") {
            "Mastodon requires the Digest header to be signed when doing a POST request"
        } else {
            return Ok(());
        };
        Err(Refused::new(missing))
    }

    /// What must have been signed. A covered header that is absent is refused.
    fn text(&self, request: &Request<'_>, target: &str) -> Result<String, Refused> {
        let mut values = BTreeMap::new();
        for name in &self.covered {
            let value = match name.as_str() {
                REQUEST_TARGET => continue,
                "(created)" => self.pseudo_header(name, self.created)?,
                "(expires)" => self.pseudo_header(name, self.expires)?,
                _ => match joined(request.headers, name)? {
                    Some(value) => value,
                    None => continue,
                },
            };
            values.insert(name.clone(), value);
        }
        // Times were checked by our own rules, so none are told.
        let header = format!("keyId=\"-\",signature=\"-\",headers=\"{}\"", self.covered.join(" "));
        let parsed: ParsedHeader =
            header.parse().map_err(|_| Refused::new("Error parsing signature parameters"))?;
        let unverified = parsed
            .into_unvalidated(request.method.as_str(), target, &mut values, HashSet::new())
            .map_err(|_| Refused::new("A signed header is missing"))?
            .validate(FOREVER)
            .map_err(|_| Refused::new("Signed request date outside acceptable time window"))?;
        Ok(unverified.signing_string().to_owned())
    }

    fn pseudo_header(&self, name: &str, value: Option<i64>) -> Result<String, Refused> {
        if self.rsa_sha256 {
            return Err(Refused::new(format!("Invalid pseudo-header {name} for rsa-sha256")));
        }
        value.map(|seconds| seconds.to_string()).ok_or_else(|| {
            Refused::new(format!("Pseudo-header {name} used but corresponding argument missing"))
        })
    }
}

/// Three centuries: the library's own clock is not to decide.
const FOREVER: Duration = Duration::from_secs(300 * 365 * 86_400);

/// Reads `name=value` or `name="value"`, separated by commas, each name once.
pub(crate) fn parameters(header: &str) -> Result<BTreeMap<String, String>, Refused> {
    let broken = || Refused::new("Error parsing signature parameters");
    let mut pairs = BTreeMap::new();
    let mut rest = header.trim();
    loop {
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start().strip_prefix('=').ok_or_else(broken)?.trim_start();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_at(quoted_length(quoted).ok_or_else(broken)?),
            None => after.split_at(after.find(|c: char| !is_token(c)).unwrap_or(after.len())),
        };
        let after = after.strip_prefix('"').unwrap_or(after).trim_start();
        if name.is_empty() {
            return Err(broken());
        }
        if pairs.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Refused::new("Error parsing signature with duplicate keys"));
        }
        if after.is_empty() {
            return Ok(pairs);
        }
        rest = after.strip_prefix(',').ok_or_else(broken)?.trim_start();
    }
}

/// How long the text before the closing quote is.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.find(|c| match c {
        _ if escaped => {
            escaped = false;
            false
        }
        '\\' => {
            escaped = true;
            false
        }
        c => c == '"',
    })
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// A header's name, or a pseudo-header's.
fn is_name(name: &str) -> bool {
    let name = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(name);
    !name.is_empty() && name.chars().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<BTreeMap<String, String>, String> {
        parameters(header).map_err(|refused| refused.message)
    }

    #[test]
    fn parameters_are_read_with_and_without_quotes_and_blanks() {
        let read = parse(r#"a="x, y" , b = 3,c="q\"r""#).unwrap();
        assert_eq!(read["a"], "x, y");
        assert_eq!(read["b"], "3");
        assert_eq!(read["c"], r#"q\"r"#);
    }

    #[test]
    fn broken_parameters_are_refused() {
        for broken in ["", "a", "a=\"x", "=x", "a=x b=y", "a=\"x\"y", "a=x,", ",", "a=\"\\"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
        assert_eq!(parse("a=1,a=2").unwrap_err(), "Error parsing signature with duplicate keys");
    }

    #[test]
    fn what_we_send_is_what_other_software_verifies() {
        let pem = keys::generate().unwrap();
        let key = keys::SigningKey::from_pem(&pem.private).unwrap();
        let signer = Signer { key_id: "https://a.example/users/a#main-key", key: &key };
        let url: Url = "https://b.example:8443/users/b?page=1".parse().unwrap();
        let headers =
            super::super::sign_get(signer, &url, Some("x/y"), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(headers["host"], "b.example");
        assert_eq!(headers["date"], "Thu, 01 Jan 1970 00:00:00 GMT");
        let sent = headers["signature"].to_str().unwrap();
        assert!(sent.starts_with(
            "keyId=\"https://a.example/users/a#main-key\",algorithm=\"rsa-sha256\",\
             headers=\"host date accept (request-target)\",signature=\""
        ));
        let all: BTreeMap<String, String> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let public = keys::PublicKey::from_pem(&pem.public).unwrap();
        let verified = http_signature_normalization::Config::new()
            .mastodon_compat()
            .set_expiration(FOREVER)
            .begin_verify("GET", "/users/b?page=1", all)
            .unwrap()
            .verify(|signature, text| {
                public.verifies(text.as_bytes(), &keys::lenient_base64(signature))
            });
        assert!(verified);
    }
}
