//! Canonical forms and hashes against the vectors, and what a forger would try.

use super::*;

#[test]
fn every_vector_has_its_canonical_form_and_verdict() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let id = vector["id"].as_str().unwrap().to_owned();
        let document = &vector["document"];
        let options = document["signature"].as_object().unwrap();
        let read = read(document).unwrap();
        let mut problems = Vec::new();
        if hash_options(options).unwrap() != vector["options_sha256_hex"] {
            problems.push("options");
        }
        let same = read.text == vector["to_be_signed"];
        if same != (vector["reason"] != "hash of the document differs") {
            problems.push("document");
            println!("{}", n_quads(document));
        }
        if same && n_quads(document) != vector["document_canonical_nquads"].as_str().unwrap() {
            problems.push("canonical form");
        }
        let verified = read.verify(&key("public_pem", PublicKey::from_pem)).is_some();
        if verified != vector["valid"] {
            problems.push("verdict");
        }
        let word = if problems.is_empty() { "ok   " } else { "WRONG" };
        println!("{word} {id}: {} {problems:?}", if verified { "good" } else { "not good" });
        wrong.extend(problems.first().map(|_| id));
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_we_sign_others_can_check() {
    let key_id = "https://remote.example/users/alice#main-key";
    let signing = key("private_pem", SigningKey::from_pem);
    for vector in vectors().into_iter().filter(|vector| vector["valid"] == true) {
        let document = &vector["document"];
        let created = document["signature"]["created"].as_str().unwrap();
        let now = DateTime::parse_from_rfc3339(created).unwrap().to_utc();
        let signed = sign(document, key_id, &signing, now).unwrap();
        if document["signature"].get("nonce").is_none() {
            assert_eq!(signed["signature"], document["signature"], "{}", vector["id"]);
        }
        let public = key("public_pem", PublicKey::from_pem);
        assert!(read(&signed).unwrap().verify(&public).is_some());
    }
}

#[test]
fn documents_recorded_from_mastodon_verify() {
    let recorded: Value =
        serde_json::from_str(include_str!("../../fixtures/mastodon/deliveries.json")).unwrap();
    let mut signed = 0;
    for request in recorded["requests"].as_array().unwrap() {
        let document: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
        if !is_signed(&document) {
            continue;
        }
        let read = read(&document).unwrap();
        let key = recorded["keys"][read.creator()].as_str().unwrap();
        let readable = read.verify(&PublicKey::from_pem(key).unwrap()).unwrap();
        assert_eq!(plain(&readable), plain(&document));
        signed += 1;
    }
    assert!(signed > 5, "{signed}");
}

#[test]
fn other_names_for_the_same_are_read_as_what_they_state() {
    let signing = key("private_pem", SigningKey::from_pem);
    let public = key("public_pem", PublicKey::from_pem);
    let document = json!({
        "@context": ACTIVITY_STREAMS,
        "id": "https://a.example/1",
        "type": "Create",
        "actor": "https://a.example/a",
        "to": "as:Public",
        "object": { "id": "https://a.example/2", "type": "Note", "content": "yes", "name": "no" },
    });
    let mut signed =
        sign(&document, "https://a.example/a#k", &signing, DateTime::UNIX_EPOCH).unwrap();
    // Somebody swaps two names, in the context and in the text alike.
    signed["@context"] =
        json!([ACTIVITY_STREAMS, SECURITY, { "content": "as:name", "name": "as:content" }]);
    signed["object"]["content"] = json!("no");
    signed["object"]["name"] = json!("yes");
    // And adds what no context defines.
    signed["undefined"] = json!("more");
    let readable = read(&signed).unwrap().verify(&public).unwrap();
    assert_eq!(readable["object"]["content"], "yes");
    assert_eq!(readable["object"]["name"], "no");
    assert_eq!(readable["to"], "https://www.w3.org/ns/activitystreams#Public");
    assert_eq!(readable.get("undefined"), None);
    assert_eq!(readable.get("_:undefined"), None);
}

#[test]
fn hard_and_strange_documents_are_refused_in_time() {
    let options =
        json!({ "type": KIND, "creator": "https://a.example/k", "signatureValue": "AAAA" });
    let signed = |mut document: Value| {
        document["signature"] = options.clone();
        document["@context"] = match document.get("@context") {
            Some(own) => json!([ACTIVITY_STREAMS, own]),
            None => json!(ACTIVITY_STREAMS),
        };
        read(&document).map(|_| ())
    };
    assert_eq!(signed(json!({ "@graph": [] })), Err(Error::Unsupported));
    assert_eq!(signed(json!({ "tag": [{ "@reverse": {} }] })), Err(Error::Unsupported));
    assert_eq!(signed(json!({ "@context": "https://b.example/c" })), Err(Error::UnknownContext));
    assert_eq!(signed(json!({ "@context": { "a": "b:c", "b": "a:c" } })), Err(Error::Malformed));
    assert_eq!(
        signed(json!({ "@context": { "p": { "@id": "as:p", "@container": "@graph" } }, "p": {} })),
        Err(Error::Unsupported)
    );
    let chain: Map<String, Value> =
        (0..1_900).map(|n| (format!("t{n}"), json!(format!("t{}:x", n + 1)))).collect();
    assert_eq!(signed(json!({ "@context": chain })), Err(Error::TooLarge));
    let ring: Vec<Value> = (0..900)
        .map(|n| json!({ "id": format!("_:n{n}"), "tag": format!("_:n{}", (n + 1) % 900) }))
        .collect();
    assert_eq!(signed(json!({ "tag": ring })), Err(Error::TooLarge));
    let many: Vec<Value> = (0..5_000).map(|_| json!({})).collect();
    assert_eq!(signed(json!({ "tag": many })), Err(Error::TooLarge));
    // Every node tied to every other: each order of them would have to be tried.
    let names: Vec<String> = (0..12).map(|index| format!("_:n{index}")).collect();
    let clique: Vec<Value> = names
        .iter()
        .map(|name| {
            let others: Vec<&String> = names.iter().filter(|other| *other != name).collect();
            json!({ "id": name, "tag": others })
        })
        .collect();
    assert_eq!(signed(json!({ "tag": clique })), Err(Error::TooLarge));
}

/// A document without what compaction may change: nulls, arrays of one, empty arrays, order.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(values) => match values.as_slice() {
            [one] => plain(one),
            values => values.iter().map(plain).collect(),
        },
        Value::Object(object) => object
            .iter()
            .filter(|(key, value)| {
                let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.is_null();
                !is_empty && !matches!(key.as_str(), "@context" | "signature")
            })
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        value => value.clone(),
    }
}

fn n_quads(document: &Value) -> String {
    let mut document = document.clone();
    document.as_object_mut().unwrap().remove("signature");
    let tree = expand::document(&document, &Context::default()).unwrap();
    canonical::n_quads(&rdf::triples(&tree).unwrap()).unwrap()
}

fn vectors() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/ld");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 8);
    let read = |file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    files.iter().map(read).collect()
}

fn key<T>(kind: &str, read: impl Fn(&str) -> Result<T, KeyError>) -> T {
    let keys: Value =
        serde_json::from_str(include_str!("../../fixtures/vectors/keys.json")).unwrap();
    read(keys["alice"][kind].as_str().unwrap()).unwrap()
}
