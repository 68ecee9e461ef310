//! Reads a tree of parameters into a type as leniently as Mastodon does: a value that does not
//! fit its place counts as not sent.

use std::fmt;

use ferrodon_core::page::leading_digits;
use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde_json::{Map, Value};

/// How many values that do not fit are looked past before the request is refused.
const MISFITS: usize = 64;

/// Reads a `T`. What does not fit is taken out of the tree, and reading starts again.
pub(super) fn read<T: DeserializeOwned>(mut tree: Value) -> Result<T, Error> {
    for _ in 0..MISFITS {
        match T::deserialize(Lenient(&tree)) {
            Err(Error::Misfit { path, .. }) if !path.is_empty() => remove(&mut tree, &path),
            done => return done,
        }
    }
    Err(Error::misfit("too many values that do not fit"))
}

/// Why parameters could not be read.
#[derive(Debug)]
pub(super) enum Error {
    /// A field that must be there is not.
    Missing(&'static str),
    /// A value is not what its place wants; `path` leads to it, from the inside out.
    Misfit { message: String, path: Vec<Step> },
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Error {
    fn misfit(message: impl fmt::Display) -> Self {
        Self::Misfit { message: message.to_string(), path: Vec::new() }
    }

    fn inside(mut self, step: Step) -> Self {
        if let Self::Misfit { path, .. } = &mut self {
            path.push(step);
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => {
                write!(f, "param is missing or the value is empty or invalid: {name}")
            }
            Self::Misfit { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::misfit(message)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

fn remove(tree: &mut Value, path: &[Step]) {
    let mut place = tree;
    let Some((last, way)) = path.split_first() else { return };
    for step in way.iter().rev() {
        let next = match (place, step) {
            (Value::Object(map), Step::Key(key)) => map.get_mut(key),
            (Value::Array(list), Step::Index(index)) => list.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    match (place, last) {
        (Value::Object(map), Step::Key(key)) => {
            map.shift_remove(key);
        }
        (Value::Array(list), Step::Index(index)) if *index < list.len() => {
            list.remove(*index);
        }
        _ => {}
    }
}

struct Lenient<'a>(&'a Value);

impl Lenient<'_> {
    fn text(&self) -> Result<String, Error> {
        match self.0 {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(Error::misfit("no text")),
        }
    }

    fn integer(&self) -> Result<i64, Error> {
        match self.0 {
            Value::Number(number) => Ok(number
                .as_i64()
                .or_else(|| number.as_f64().map(|float| float as i64))
                .unwrap_or(i64::MAX)),
            Value::String(text) if !text.trim().is_empty() => Ok(leading_digits(text)),
            _ => Err(Error::misfit("no number")),
        }
    }

    fn float(&self) -> Result<f64, Error> {
        match self.0 {
            Value::Number(number) => Ok(number.as_f64().unwrap_or_default()),
            Value::String(text) if !text.trim().is_empty() => {
                Ok(text.trim().parse().ok().filter(|f: &f64| f.is_finite()).unwrap_or_default())
            }
            _ => Err(Error::misfit("no number")),
        }
    }

    fn flag(&self) -> Result<bool, Error> {
        match self.0 {
            Value::Bool(flag) => Ok(*flag),
            Value::Number(number) => Ok(number.as_f64() != Some(0.0)),
            Value::String(text) if text.is_empty() => Err(Error::misfit("blank")),
            Value::String(text) => {
                Ok(!matches!(&**text, "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF"))
            }
            _ => Err(Error::misfit("neither true nor false")),
        }
    }
}

macro_rules! scalars {
    ($($method:ident => $visit:ident($read:ident)),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.$read()?)
        }
    )+};
}

impl<'de> de::Deserializer<'de> for Lenient<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(_) => self.0.clone().deserialize_any(visitor).map_err(Error::misfit),
            Value::String(text) => visitor.visit_str(text),
            Value::Array(list) => visitor.visit_seq(Items::of_list(list)),
            Value::Object(map) => visitor.visit_map(Fields::of(map)),
        }
    }

    scalars! {
        deserialize_bool => visit_bool(flag),
        deserialize_i8 => visit_i64(integer),
        deserialize_i16 => visit_i64(integer),
        deserialize_i32 => visit_i64(integer),
        deserialize_i64 => visit_i64(integer),
        deserialize_u8 => visit_i64(integer),
        deserialize_u16 => visit_i64(integer),
        deserialize_u32 => visit_i64(integer),
        deserialize_u64 => visit_i64(integer),
        deserialize_f32 => visit_f64(float),
        deserialize_f64 => visit_f64(float),
        deserialize_char => visit_string(text),
        deserialize_str => visit_string(text),
        deserialize_string => visit_string(text),
        deserialize_identifier => visit_string(text),
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => visitor.visit_seq(Items::of_list(list)),
            Value::Object(map) => visitor.visit_seq(Items::of_map(map)),
            _ => Err(Error::misfit("no list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, v: V) -> Result<V::Value, Error> {
        self.deserialize_seq(v)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) => visitor.visit_map(Fields::of(map)),
            _ => Err(Error::misfit("no names with values")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Word(self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct }
}

/// The items of a list, or of a map whose keys are only there to keep them apart.
struct Items<'a> {
    items: std::vec::IntoIter<(Step, &'a Value)>,
}

impl<'a> Items<'a> {
    fn of_list(list: &'a [Value]) -> Self {
        let items: Vec<_> =
            list.iter().enumerate().map(|(index, value)| (Step::Index(index), value)).collect();
        Self { items: items.into_iter() }
    }

    fn of_map(map: &'a Map<String, Value>) -> Self {
        let items: Vec<_> =
            map.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect();
        Self { items: items.into_iter() }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((step, value)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Lenient(value)).map(Some).map_err(|error| error.inside(step))
    }
}

struct Fields<'a> {
    fields: serde_json::map::Iter<'a>,
    value: Option<(&'a str, &'a Value)>,
}

impl<'a> Fields<'a> {
    fn of(map: &'a Map<String, Value>) -> Self {
        Self { fields: map.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((key, value));
        let key: StringDeserializer<Error> = key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, value) = self.value.take().ok_or_else(|| Error::misfit("no value"))?;
        seed.deserialize(Lenient(value)).map_err(|error| error.inside(Step::Key(key.to_owned())))
    }
}

/// A word that stands for one of several.
struct Word(String);

impl<'de> EnumAccess<'de> for Word {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StringDeserializer<Error> = self.0.clone().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Err(Error::misfit("no such word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::misfit("no such word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error::misfit("no such word"))
    }
}
