//! The contexts that signed documents name, as tables of what each term means.
//!
//! A context that is not here is not fetched: a document that needs it counts as unsigned.

use serde_json::{Map, Value, json};

/// What stands behind the address of a context.
pub(super) fn built_in(url: &str) -> Option<Value> {
    let url = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    match url.trim_end_matches(['#', '/']) {
        "www.w3.org/ns/activitystreams" | "www.w3.org/ns/activitystreams.jsonld" => {
            Some(activity_streams())
        }
        "w3id.org/security/v1" => Some(security()),
        "w3id.org/identity/v1" => Some(identity()),
        "purl.archive.org/socialweb/webfinger" => Some(json!({
            "wf": "https://purl.archive.org/socialweb/webfinger#",
            "xsd": XSD,
            "webfinger": { "@id": "wf:webfinger", "@type": "xsd:string" },
        })),
        // Only named by documents that carry a proof beside the signature. The proof itself is
        // a graph of its own, which we do not read.
        "w3id.org/security/data-integrity/v1" | "w3id.org/security/data-integrity/v2" => {
            Some(json!({
                "id": "@id",
                "type": "@type",
                "proof": {
                    "@id": "https://w3id.org/security#proof",
                    "@type": "@id",
                    "@container": "@graph",
                },
                "DataIntegrityProof": "https://w3id.org/security#DataIntegrityProof",
            }))
        }
        "w3id.org/security/multikey/v1" => Some(json!({
            "id": "@id",
            "type": "@type",
            "Multikey": { "@id": "https://w3id.org/security#Multikey", "@context": {} },
        })),
        _ => None,
    }
}

/// Everything Mastodon itself publishes with, which is also what our handlers read.
pub(super) fn full() -> Value {
    let toot = |name: &str| json!(format!("http://joinmastodon.org/ns#{name}"));
    let mut own = Map::new();
    for name in [
        "Emoji",
        "blurhash",
        "discoverable",
        "indexable",
        "memorial",
        "suspended",
        "votersCount",
        "showFeatured",
        "showMedia",
        "showRepliesInMedia",
    ] {
        own.insert(name.to_owned(), toot(name));
    }
    for name in ["manuallyApprovesFollowers", "sensitive", "Hashtag"] {
        own.insert(name.to_owned(), json!(format!("{AS}{name}")));
    }
    for name in ["atomUri", "inReplyToAtomUri", "conversation"] {
        own.insert(name.to_owned(), json!(format!("http://ostatus.org#{name}")));
    }
    for name in ["PropertyValue", "value"] {
        own.insert(name.to_owned(), json!(format!("http://schema.org#{name}")));
    }
    for name in ["QuoteRequest", "QuoteAuthorization"] {
        own.insert(name.to_owned(), json!(format!("https://w3id.org/fep/044f#{name}")));
    }
    for name in ["FeaturedCollection", "FeaturedItem", "FeatureRequest", "FeatureAuthorization"] {
        own.insert(name.to_owned(), json!(format!("https://w3id.org/fep/7aa9#{name}")));
    }
    let links = [
        (AS, &["movedTo", "alsoKnownAs"][..]),
        ("http://joinmastodon.org/ns#", &["featured", "featuredTags"]),
        ("https://w3id.org/fep/044f#", &["quote", "quoteAuthorization"]),
        (
            "https://w3id.org/fep/7aa9#",
            &["canFeature", "topic", "featuredObject", "featureAuthorization"],
        ),
        (
            "https://gotosocial.org/ns#",
            &[
                "interactionPolicy",
                "canQuote",
                "automaticApproval",
                "manualApproval",
                "interactingObject",
                "interactionTarget",
            ],
        ),
    ];
    for (namespace, names) in links {
        for name in names {
            own.insert((*name).to_owned(), link(&format!("{namespace}{name}")));
        }
    }
    own.insert("quoteUri".to_owned(), json!("http://fedibird.com/ns#quoteUri"));
    own.insert("_misskey_quote".to_owned(), json!("https://misskey-hub.net/ns#_misskey_quote"));
    let focal_point = json!({ "@id": toot("focalPoint"), "@container": "@list" });
    own.insert("focalPoint".to_owned(), focal_point);
    let domains = json!({ "@id": toot("attributionDomains"), "@container": "@set" });
    own.insert("attributionDomains".to_owned(), domains);
    json!([
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/v1",
        "https://purl.archive.org/socialweb/webfinger",
        own,
    ])
}

const AS: &str = "https://www.w3.org/ns/activitystreams#";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const SEC: &str = "https://w3id.org/security#";

fn link(iri: &str) -> Value {
    json!({ "@id": iri, "@type": "@id" })
}

fn typed(iri: &str, datatype: &str) -> Value {
    json!({ "@id": iri, "@type": format!("{XSD}{datatype}") })
}

/// Adds each of the names, separated by blanks, with what `meaning` makes of it.
fn add(context: &mut Map<String, Value>, names: &str, meaning: impl Fn(&str) -> Value) {
    for name in names.split_whitespace() {
        context.insert(name.to_owned(), meaning(name));
    }
}

fn activity_streams() -> Value {
    let iri = |name: &str| format!("{AS}{name}");
    let mut context = Map::new();
    context.insert("@vocab".to_owned(), json!("_:"));
    add(&mut context, "id type", |name| json!(format!("@{name}")));
    context.insert("as".to_owned(), json!(AS));
    context.insert("xsd".to_owned(), json!(XSD));
    context.insert("ldp".to_owned(), json!("http://www.w3.org/ns/ldp#"));
    context.insert("vcard".to_owned(), json!("http://www.w3.org/2006/vcard/ns#"));
    add(
        &mut context,
        "Accept Activity Add Announce Application Arrive Article Audio Block Collection \
         CollectionPage Create Delete Dislike Document Event Flag Follow Group Ignore Image \
         IntransitiveActivity Invite IsContact IsFollowedBy IsFollowing IsMember Join Leave Like \
         Link Listen Mention Move Note Object Offer OrderedCollection OrderedCollectionPage \
         Organization Page Person Place Profile Question Read Reject Relationship Remove Service \
         TentativeAccept TentativeReject Tombstone Travel Undo Update Video View \
         content hreflang mediaType name preferredUsername rel source summary units",
        |name| json!(iri(name)),
    );
    add(
        &mut context,
        "Public actor alsoKnownAs anyOf attachment attributedTo audience bcc bto cc context \
         current describes endpoints first followers following formerType generator href icon \
         image inReplyTo instrument items last liked likes location next \
         oauthAuthorizationEndpoint oauthTokenEndpoint object oneOf origin outbox partOf prev \
         preview provideClientKey proxyUrl relationship replies result sharedInbox shares \
         signClientKey streams subject tag target to uploadMedia url",
        |name| link(&iri(name)),
    );
    context.insert("inbox".to_owned(), link("http://www.w3.org/ns/ldp#inbox"));
    let ordered = json!({ "@id": iri("items"), "@type": "@id", "@container": "@list" });
    context.insert("orderedItems".to_owned(), ordered);
    for name in ["content", "name", "summary"] {
        let map = json!({ "@id": iri(name), "@container": "@language" });
        context.insert(format!("{name}Map"), map);
    }
    for (datatype, names) in [
        ("dateTime", "closed deleted endTime published startTime updated"),
        ("duration", "duration"),
        ("float", "accuracy altitude latitude longitude radius"),
        ("nonNegativeInteger", "height startIndex totalItems width"),
    ] {
        add(&mut context, names, |name| typed(&iri(name), datatype));
    }
    Value::Object(context)
}

/// Terms about keys and signatures, which both older contexts share.
fn keys_and_signatures() -> Map<String, Value> {
    let iri = |name: &str| format!("{SEC}{name}");
    let mut context = Map::new();
    add(&mut context, "id type", |name| json!(format!("@{name}")));
    context.insert("dc".to_owned(), json!("http://purl.org/dc/terms/"));
    context.insert("sec".to_owned(), json!(SEC));
    context.insert("xsd".to_owned(), json!(XSD));
    context.insert("created".to_owned(), typed("http://purl.org/dc/terms/created", "dateTime"));
    context.insert("creator".to_owned(), link("http://purl.org/dc/terms/creator"));
    context.insert("CryptographicKey".to_owned(), json!(iri("Key")));
    context.insert("signatureAlgorithm".to_owned(), json!(iri("signingAlgorithm")));
    context.insert("expires".to_owned(), typed(&iri("expiration"), "dateTime"));
    add(
        &mut context,
        "EncryptedMessage GraphSignature2012 LinkedDataSignature2015 cipherAlgorithm cipherData \
         cipherKey digestAlgorithm digestValue domain initializationVector nonce \
         normalizationAlgorithm password privateKeyPem publicKeyPem signature signatureValue",
        |name| json!(iri(name)),
    );
    add(&mut context, "owner privateKey publicKey publicKeyService", |name| link(&iri(name)));
    context.insert("revoked".to_owned(), typed(&iri("revoked"), "dateTime"));
    context
}

fn security() -> Value {
    let iri = |name: &str| format!("{SEC}{name}");
    let mut context = keys_and_signatures();
    add(
        &mut context,
        "EcdsaKoblitzSignature2016 Ed25519Signature2018 LinkedDataSignature2016 \
         authenticationTag canonicalizationAlgorithm encryptionKey iterationCount \
         publicKeyBase58 publicKeyWif salt",
        |name| json!(iri(name)),
    );
    context.insert("expiration".to_owned(), typed(&iri("expiration"), "dateTime"));
    Value::Object(context)
}

fn identity() -> Value {
    let mut context = keys_and_signatures();
    for (prefix, namespace) in [
        ("cred", "https://w3id.org/credentials#"),
        ("identity", "https://w3id.org/identity#"),
        ("perm", "https://w3id.org/permissions#"),
        ("ps", "https://w3id.org/payswarm#"),
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("schema", "http://schema.org/"),
    ] {
        context.insert(prefix.to_owned(), json!(namespace));
    }
    context.insert("Group".to_owned(), json!(format!("{AS}Group")));
    let schema = |name: &str| format!("http://schema.org/{name}");
    add(
        &mut context,
        "Organization Person PostalAddress addressCountry addressLocality addressRegion \
         description email familyName givenName name postalCode streetAddress",
        |name| json!(schema(name)),
    );
    add(&mut context, "about address image member memberOf url", |name| link(&schema(name)));
    context.insert("title".to_owned(), json!("http://purl.org/dc/terms/title"));
    add(&mut context, "comment label", |name| json!(format!("rdfs:{name}")));
    add(&mut context, "claim credential issuer recipient", |name| link(&format!("cred:{name}")));
    context.insert("issued".to_owned(), json!({ "@id": "cred:issued", "@type": "xsd:dateTime" }));
    Value::Object(context)
}
