//! Our things as ActivityPub documents: member for member what Mastodon 4.6 publishes.
//!
//! Each part returns an [`Object`]: its members, and the words its `@context` must explain. Only
//! the outermost one gets a `@context`.

pub mod activity;
pub mod actor;
pub mod collection;
pub mod context;
mod emoji;
pub mod note;

use serde_json::{Map, Value};

pub use actor::{Profile, instance_actor};
pub use context::{Context, Terms};
pub use emoji::emoji;
pub use note::Notes;

/// A thing in the making.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub context: Context,
    pub members: Map<String, Value>,
}

impl Object {
    /// Sets a member; members keep the order in which they were set.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a member to another thing.
    pub fn embed(&mut self, name: &str, object: Object) -> &mut Self {
        self.context.absorb(&object.context);
        self.set(name, object.members)
    }

    /// Sets a member to a list of things.
    pub fn embed_all(
        &mut self,
        name: &str,
        objects: impl IntoIterator<Item = Object>,
    ) -> &mut Self {
        let mut list = Vec::new();
        for object in objects {
            self.context.absorb(&object.context);
            list.push(Value::Object(object.members));
        }
        self.set(name, list)
    }

    /// The whole document.
    #[must_use]
    pub fn into_document(self) -> Value {
        let mut document = Map::with_capacity(self.members.len() + 1);
        document.insert("@context".to_owned(), self.context.to_value());
        document.extend(self.members);
        document.into()
    }
}

/// A picture: the address, its type, and what it shows.
pub(crate) fn image(media_type: Option<&str>, url: String, summary: Option<&str>) -> Object {
    let mut image = Object::default();
    image.context.need(&[Terms::FocalPoint]);
    image.set("type", "Image").set("mediaType", media_type).set("url", url);
    if let Some(summary) = summary.filter(|summary| !summary.trim().is_empty()) {
        image.set("summary", summary);
    }
    image
}

/// A hashtag.
pub(crate) fn hashtag(href: String, name: &str) -> Object {
    let mut tag = Object::default();
    tag.context.need(&[Terms::Hashtag]);
    tag.set("type", "Hashtag").set("href", href).set("name", format!("#{name}"));
    tag
}
