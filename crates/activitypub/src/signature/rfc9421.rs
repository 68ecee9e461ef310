//! HTTP Message Signatures (RFC 9421), as Mastodon accepts them: RSASSA-PKCS1-v1_5 with SHA-256
//! over at least the method, the address and, for a POST, the digest of the body.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use super::structured::{self, Bare, Member, Parameters};
use super::{
    CONTENT_DIGEST, Refused, Request, SIGNATURE, SIGNATURE_INPUT, SignError, Signer, Unverified,
    check_window, joined, signature_header, timestamp,
};
use crate::digest;

/// Signatures of one request that are looked at.
const MAX_LABELS: usize = 4;

/// Makes the headers of a signed request. `body` is given for a POST. Mastodon itself sends no
/// such signatures to other servers; this is for peers that ask for them.
pub fn sign(
    signer: Signer<'_>,
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<HeaderMap, SignError> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| SignError::Request);
    let host = url.host_str().ok_or(SignError::Request)?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(header::HOST, value(&host)?);
    let mut covered = vec!["@method", "@target-uri"];
    if let Some(body) = body {
        headers.insert(CONTENT_DIGEST, value(&digest::content_digest_header(body))?);
        covered.push("content-digest");
    }
    let covered: Vec<(Bare, Parameters)> = covered
        .into_iter()
        .map(|name| (Bare::String(name.to_owned()), Parameters::new()))
        .collect();
    let parameters = vec![
        ("created".to_owned(), Bare::Integer(now.timestamp())),
        ("keyid".to_owned(), Bare::String(signer.key_id.to_owned())),
        ("alg".to_owned(), Bare::String("rsa-v1_5-sha256".to_owned())),
    ];
    let path = url
        .query()
        .map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let request = Request {
        method,
        scheme: url.scheme(),
        path_and_query: &path,
        headers: &headers,
        body: body.unwrap_or_default(),
    };
    let text = base(&request, &covered, &parameters).map_err(|_| SignError::Request)?;
    let signature = Bare::Bytes(signer.key.sign(text.as_bytes())?);
    let signature = structured::write_item(&signature, &Parameters::new());
    let input = structured::write_list(&covered, &parameters);
    headers.insert(SIGNATURE_INPUT, value(&format!("sig1={input}"))?);
    headers.insert(SIGNATURE, value(&format!("sig1={signature}"))?);
    Ok(headers)
}

/// Checks everything but the signature. Of several signatures, the first usable one counts.
pub(super) fn read(request: &Request<'_>, now: DateTime<Utc>) -> Result<Unverified, Refused> {
    let parse = |name| {
        structured::dictionary(&signature_header(request.headers, name)?)
            .map_err(|_| Refused::new(format!("Error parsing the {name} header")))
    };
    let inputs = parse("signature-input")?;
    let signatures = parse("signature")?;
    let mut refused = None;
    for (label, input) in inputs.iter().take(MAX_LABELS) {
        let signature = signatures
            .iter()
            .find(|(name, _)| name == label)
            .and_then(|(_, signature)| signature.bytes());
        match (input, signature) {
            (Member::List(covered, parameters), Some(signature)) => {
                match read_one(request, covered, parameters, signature, now) {
                    Ok(unverified) => return Ok(unverified),
                    Err(reason) => refused = refused.or(Some(reason)),
                }
            }
            _ => refused = refused.or(Some(Refused::new("Error parsing signature parameters"))),
        }
    }
    Err(refused.unwrap_or_else(|| Refused::new("Request not signed")))
}

fn read_one(
    request: &Request<'_>,
    covered: &[(Bare, Parameters)],
    parameters: &Parameters,
    signature: &[u8],
    now: DateTime<Utc>,
) -> Result<Unverified, Refused> {
    let parameter =
        |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let (Some(Bare::String(key_id)), Some(Bare::Integer(created))) =
        (parameter("keyid"), parameter("created"))
    else {
        return Err(Refused::new("Incompatible request signature. keyid and created are required"));
    };
    let expires = match parameter("expires") {
        None => None,
        Some(Bare::Integer(seconds)) => Some(timestamp(*seconds)?),
        Some(_) => return Err(Refused::new("Error parsing signature parameters")),
    };
    check_window(timestamp(*created)?, expires, now)?;

    let covers = |wanted: &str| {
        covered
            .iter()
            .any(|(name, of)| of.is_empty() && matches!(name, Bare::String(name) if name == wanted))
    };
    if !(covers("@method") && covers("@target-uri")) {
        return Err(Refused::new(
            "Mastodon requires the @method and @target-uri derived components to be signed",
        ));
    }
    if covers("content-digest") {
        let value = joined(request.headers, CONTENT_DIGEST.as_str())?
            .ok_or_else(|| Refused::new("Content-Digest header missing"))?;
        digest::check_content_digest(&value, request.body)?;
    } else if request.method == Method::POST {
        return Err(Refused::new(
            "Mastodon requires the Content-Digest header to be signed when doing a POST request",
        ));
    }
    // Unlike the window above, this one has no tolerance.
    if expires.is_some_and(|expires| expires < now) {
        return Err(Refused::new("Verification failed: the signature has expired"));
    }
    Ok(Unverified {
        key_id: key_id.clone(),
        signature: signature.to_vec(),
        texts: vec![base(request, covered, parameters)?],
    })
}

/// The signature base: one line for each component, and the parameters.
fn base(
    request: &Request<'_>,
    covered: &[(Bare, Parameters)],
    parameters: &Parameters,
) -> Result<String, Refused> {
    let mut text = String::with_capacity(512);
    for (index, (name, of)) in covered.iter().enumerate() {
        let Bare::String(component) = name else {
            return Err(Refused::new("Error parsing signature parameters"));
        };
        if covered[..index].iter().any(|before| before == &covered[index]) {
            return Err(Refused::new(format!("{component:?} is covered twice")));
        }
        text.push_str(&structured::write_item(name, of));
        text.push_str(": ");
        text.push_str(&value(request, component, of)?);
        text.push('\n');
    }
    text.push_str("\"@signature-params\": ");
    text.push_str(&structured::write_list(covered, parameters));
    Ok(text)
}

/// What a component stands for in this request.
fn value(request: &Request<'_>, component: &str, of: &Parameters) -> Result<String, Refused> {
    let absent = || Refused::new(format!("A signed component is missing: {component:?}"));
    let target = request.path_and_query;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let authority = || {
        let host = joined(request.headers, "host")?.ok_or_else(absent)?.to_ascii_lowercase();
        let default = if request.scheme == "https" { ":443" } else { ":80" };
        Ok(host.strip_suffix(default).map(str::to_owned).unwrap_or(host))
    };
    if let ("@query-param", [(name, Bare::String(wanted))]) = (component, of.as_slice())
        && name == "name"
    {
        let mut values = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .filter(|(name, _)| name == wanted);
        return match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(encode(&value)),
            _ => Err(absent()),
        };
    }
    if !of.is_empty() {
        return Err(Refused::new(format!("Parameters of {component:?} are not supported")));
    }
    match component {
        "@method" => Ok(request.method.as_str().to_owned()),
        "@target-uri" => Ok(format!("{}://{}{target}", request.scheme, authority()?)),
        "@authority" => authority(),
        "@scheme" => Ok(request.scheme.to_owned()),
        "@request-target" => Ok(target.to_owned()),
        "@path" => Ok(if path.is_empty() { "/" } else { path }.to_owned()),
        "@query" => Ok(format!("?{}", query.unwrap_or_default())),
        field if field.starts_with('@') || field.chars().any(|c| c.is_ascii_uppercase()) => {
            Err(absent())
        }
        field => joined(request.headers, field)?.ok_or_else(absent),
    }
}

/// Percent-encodes the value of a query parameter as the RFC wants it: no `+` for blanks.
fn encode(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes())
        .map(|part| if part == "+" { "%20" } else { part })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn what_we_sign_we_verify_and_not_when_changed() {
        let pem = keys::generate().unwrap();
        let key = keys::SigningKey::from_pem(&pem.private).unwrap();
        let public = keys::PublicKey::from_pem(&pem.public).unwrap();
        let signer = Signer { key_id: "https://a.example/users/a#main-key", key: &key };
        let url: Url = "https://b.example/inbox?x=1".parse().unwrap();
        let now = DateTime::UNIX_EPOCH;
        let headers = sign(signer, &Method::POST, &url, Some(b"{}"), now).unwrap();
        let mut request = Request {
            method: &Method::POST,
            scheme: "https",
            path_and_query: "/inbox?x=1",
            headers: &headers,
            body: b"{}",
        };
        let read = super::super::read(&request, now).unwrap();
        assert_eq!(read.key_id(), "https://a.example/users/a#main-key");
        assert!(read.verifies(&public));

        request.path_and_query = "/inbox?x=2";
        assert!(!super::super::read(&request, now).unwrap().verifies(&public));
        request.body = b"[]";
        let refused = super::super::read(&request, now).unwrap_err();
        assert!(refused.message.starts_with("Invalid Digest value"), "{refused}");
    }
}
