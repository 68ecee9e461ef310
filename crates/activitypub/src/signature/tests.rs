//! Every signature vector and every recorded delivery of a Mastodon 4.6.5, against our verifier.
//! Run with `--nocapture` to see one verdict a line.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::keys::PublicKey;
use crate::signature::{self, Refused, Request, Unverified};

/// Where we differ from Mastodon 4.6.5 on purpose: the vector, our status, and why.
const DEVIATIONS: [(&str, u16, &str); 3] = [
    ("cavage-absent-header", 401, "a signed header that is not there is refused"),
    ("cavage-date-signed-but-absent", 401, "without a date the request would never grow old"),
    ("rfc9421-two-labels", 200, "the first usable signature counts, where Mastodon fails"),
];

#[test]
fn every_http_vector_gets_its_verdict() {
    let alice = public_key("alice");
    let mut wrong = Vec::new();
    let vectors = vectors("http");
    for vector in &vectors {
        let id = text(&vector["id"]);
        let now = DateTime::parse_from_rfc3339(text(&vector["now"])).unwrap().to_utc();
        let verdict = verdict(read(vector, now), &alice);
        let got = verdict.as_ref().err().map_or(200, |refused| refused.status.as_u16());
        let deviation = DEVIATIONS.iter().find(|(known, ..)| *known == id);
        let expected = match deviation {
            Some((_, status, _)) => u64::from(*status),
            None => vector["http_status"].as_u64().unwrap(),
        };
        let reason = verdict.err().map(|refused| refused.message);
        let words = reason.as_deref().unwrap_or("signature accepted");
        let same_words = deviation.is_some()
            || words.to_lowercase().starts_with(&text(&vector["reason"]).to_lowercase())
            || (words == UNFIT && text(&vector["reason"]).starts_with(UNFIT));
        let good = u64::from(got) == expected && same_words;
        println!("{} {id}: {got} {words}", if good { "ok   " } else { "WRONG" });
        if let Some((_, _, why)) = deviation {
            println!("      differs from Mastodon: {why}");
        }
        if !good {
            wrong.push(id);
        }
    }
    assert_eq!(vectors.len(), 67);
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_delivery_recorded_from_mastodon_verifies() {
    let recorded = json("fixtures/mastodon/deliveries.json");
    let requests = recorded["requests"].as_array().unwrap();
    for request in requests {
        let headers = headers(&request["headers"]);
        let date = headers["date"].to_str().unwrap();
        let now = DateTime::parse_from_rfc2822(date).unwrap().to_utc();
        let request = Request {
            method: &Method::POST,
            scheme: "https",
            path_and_query: text(&request["path"]),
            headers: &headers,
            body: text(&request["body"]).as_bytes(),
        };
        let read = signature::read(&request, now).unwrap();
        let key = PublicKey::from_pem(text(&recorded["keys"][read.key_id()])).unwrap();
        assert!(read.verifies(&key), "{request:?}");
        println!("ok    {} {date}", read.key_id());
    }
    assert_eq!(requests.len(), 17);
}

const UNFIT: &str = "verification failed";

fn verdict(read: Result<Unverified, Refused>, key: &PublicKey) -> Result<(), Refused> {
    if read?.verifies(key) { Ok(()) } else { Err(Refused::new(UNFIT)) }
}

fn read(vector: &Value, now: DateTime<Utc>) -> Result<Unverified, Refused> {
    let request = Request {
        method: &text(&vector["method"]).parse().unwrap(),
        scheme: "https",
        path_and_query: text(&vector["url"]).strip_prefix("https://social.example").unwrap(),
        headers: &headers(&vector["headers"]),
        body: vector["body"].as_str().unwrap_or_default().as_bytes(),
    };
    signature::read(&request, now)
}

fn headers(list: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for pair in list.as_array().unwrap() {
        let name: HeaderName = text(&pair[0]).parse().unwrap();
        headers.append(name, HeaderValue::from_str(text(&pair[1])).unwrap());
    }
    headers
}

fn public_key(name: &str) -> PublicKey {
    let keys = json("fixtures/vectors/keys.json");
    PublicKey::from_pem(text(&keys[name]["public_pem"])).unwrap()
}

fn vectors(kind: &str) -> Vec<Value> {
    let folder = path(&format!("fixtures/vectors/{kind}"));
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

fn json(file: &str) -> Value {
    serde_json::from_slice(&fs::read(path(file)).unwrap()).unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
