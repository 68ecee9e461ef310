//! Signatures inside documents (RsaSignature2017), which stay good when somebody else forwards
//! the document.
//!
//! What is signed is not the text but what it states, as RDF. A forwarded document could state
//! the same with other names, so that a reader of plain JSON sees something else; therefore a
//! document is read only after it was rewritten with our names, and it is that form whose
//! signature is checked.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

mod canonical;
mod compact;
mod context;
mod contexts;
mod expand;
mod rdf;

use crate::keys::{self, KeyError, PublicKey, SigningKey};
use crate::value;
use canonical::sha256_hex;
use context::Context;

/// Why a document has no signature that we can check. It then counts as unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is none, or not of the one kind that is in use.
    #[error("no RsaSignature2017")]
    NotSigned,
    /// It is no valid JSON-LD.
    #[error("malformed linked data")]
    Malformed,
    /// It uses what nobody signs: graphs, reversed properties, contexts within terms.
    #[error("a form of linked data that is not supported")]
    Unsupported,
    /// It names a context that we do not know.
    #[error("a context that is not known")]
    UnknownContext,
    /// To check it would take too long.
    #[error("too much to check")]
    TooLarge,
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A document with a signature that is yet to be checked.
#[derive(Clone, Debug)]
pub struct Unverified {
    creator: String,
    /// The document with our names, without its signature, and without what no context defines.
    document: Value,
    text: String,
    signature: Vec<u8>,
}

impl Unverified {
    /// The key that is said to have signed. Nothing is proved by it.
    #[must_use]
    pub fn creator(&self) -> &str {
        &self.creator
    }

    /// The document as it may be read, if this key made its signature.
    #[must_use]
    pub fn verify(self, key: &PublicKey) -> Option<Value> {
        key.verifies(self.text.as_bytes(), &self.signature).then_some(self.document)
    }
}

/// Whether a document carries something that could be a signature.
#[must_use]
pub fn is_signed(document: &Value) -> bool {
    document.get("signature").is_some_and(Value::is_object)
}

/// Reads a signed document: what it states, and who is said to have signed that.
pub fn read(document: &Value) -> Result<Unverified, Error> {
    let (Value::Object(document), Some(Value::Object(options))) =
        (document, document.get("signature"))
    else {
        return Err(Error::NotSigned);
    };
    let text = |name: &str| options.get(name).and_then(Value::as_str).ok_or(Error::NotSigned);
    if text("type")? != KIND {
        return Err(Error::NotSigned);
    }
    let (creator, signature) = (text("creator")?, text("signatureValue")?);
    let mut unsigned = document.clone();
    unsigned.remove("signature");
    let unsigned = Value::Object(unsigned);
    // They hide statements from a reader of plain JSON.
    if value::has_graph_keywords(&unsigned) {
        return Err(Error::Unsupported);
    }
    let tree = expand::document(&unsigned, &Context::default())?;
    let again = expand::document(&compact::node(&tree, true), &compact::FULL)?;
    let text = format!("{}{}", hash_options(options)?, hash(&again)?);
    let mut readable = compact::node(&tree, false);
    if let Value::Object(readable) = &mut readable {
        let contexts = [ACTIVITY_STREAMS, SECURITY];
        readable.insert("@context".to_owned(), json!(contexts));
    }
    Ok(Unverified {
        creator: creator.to_owned(),
        document: readable,
        text,
        signature: keys::lenient_base64(signature),
    })
}

/// The document with a signature by this key. Its contexts must be among those we know.
pub fn sign(
    document: &Value,
    key_id: &str,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> Result<Value, Error> {
    let Value::Object(document) = document else { return Err(Error::Malformed) };
    let mut signed = document.clone();
    signed.remove("signature");
    let tree = expand::document(&Value::Object(signed.clone()), &Context::default())?;
    let mut options = Map::new();
    options.insert("type".to_owned(), json!(KIND));
    options.insert("creator".to_owned(), json!(key_id));
    options.insert("created".to_owned(), json!(now.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
    let text = format!("{}{}", hash_options(&options)?, hash(&tree)?);
    options.insert("signatureValue".to_owned(), json!(key.sign_base64(text.as_bytes())?));
    let mut contexts = match signed.get("@context") {
        Some(Value::Array(contexts)) => contexts.clone(),
        Some(context) => vec![context.clone()],
        None => return Err(Error::Malformed),
    };
    if !contexts.iter().any(|context| context == SECURITY) {
        contexts.push(json!(SECURITY));
    }
    signed.insert("@context".to_owned(), Value::Array(contexts));
    signed.insert("signature".to_owned(), Value::Object(options));
    Ok(Value::Object(signed))
}

const KIND: &str = "RsaSignature2017";
const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
const SECURITY: &str = "https://w3id.org/security/v1";

/// The hash of everything about the signature but itself.
fn hash_options(options: &Map<String, Value>) -> Result<String, Error> {
    let mut options = options.clone();
    for name in ["type", "id", "signatureValue"] {
        options.remove(name);
    }
    options.insert("@context".to_owned(), json!("https://w3id.org/identity/v1"));
    hash(&expand::document(&Value::Object(options), &Context::default())?)
}

fn hash(tree: &expand::Node) -> Result<String, Error> {
    Ok(sha256_hex(&canonical::n_quads(&rdf::triples(tree)?)?))
}

#[cfg(test)]
mod tests;
