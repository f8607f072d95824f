//! A JSON body of a request, as far as endpoints look into it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::refusal::Refusal;

/// The fields of a JSON object, read without copies where its texts have no escapes.
#[derive(Default)]
pub(crate) struct JsonBody<'a>(Vec<(Cow<'a, str>, Field<'a>)>);

enum Field<'a> {
    Nothing,
    Flag(bool),
    Text(Cow<'a, str>),
    /// No endpoint wants one of these.
    Other,
}

impl<'a> JsonBody<'a> {
    /// # Errors
    ///
    /// 44002 when there is no body, 47001 when it is something else.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Err(Refusal::EMPTY_POST_DATA);
        }
        serde_json::from_slice(body).map_err(|_| Refusal::DATA_FORMAT)
    }

    /// A text field; an empty one counts as missing.
    ///
    /// # Errors
    ///
    /// 47001 when it is there and not a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.field(name) {
            Field::Nothing => Ok(None),
            Field::Text(text) => Ok(Some(text.as_ref()).filter(|text| !text.is_empty())),
            Field::Flag(_) | Field::Other => Err(Refusal::DATA_FORMAT),
        }
    }

    /// A yes-or-no field; a missing one means no.
    ///
    /// # Errors
    ///
    /// 47001 when it is there and neither `true` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.field(name) {
            Field::Nothing => Ok(false),
            Field::Flag(flag) => Ok(*flag),
            Field::Text(_) | Field::Other => Err(Refusal::DATA_FORMAT),
        }
    }

    /// The last of several counts.
    fn field(&self, name: &str) -> &Field<'a> {
        let named = self.0.iter().rev().find(|(key, _)| key == name);
        named.map_or(&Field::Nothing, |(_, field)| field)
    }
}

impl<'de> Deserialize<'de> for JsonBody<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = JsonBody<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(4);
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(JsonBody(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Field<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Field::Nothing)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Field::Flag(flag))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Field::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Field::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Field::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Field::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Field::Other)
            }

            // What nobody looks at must be right all the same, so it is read as a value.
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<Value>()?.is_some() {}
                Ok(Field::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                while fields.next_entry::<String, Value>()?.is_some() {}
                Ok(Field::Other)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_fields_counts() {
        let body = JsonBody::read(br#"{"a":1,"a":"x","b":true,"c":null,"d":"\u0041"}"#).unwrap_or_default();
        assert_eq!(body.text("a"), Ok(Some("x")));
        assert_eq!((body.flag("b"), body.flag("c")), (Ok(true), Ok(false)));
        assert_eq!(body.text("d"), Ok(Some("A")));
        assert_eq!(body.text("b"), Err(Refusal::DATA_FORMAT));
    }

    #[test]
    fn what_nobody_looks_at_must_be_json_all_the_same() {
        for body in [
            "[]",
            "1",
            "{",
            "{} {}",
            r#"{"a":[1,]}"#,
            r#"{"a":{"b":1e999}}"#,
            r#"{"a":["\ud800"]}"#,
            r#"{"a":["\x00"]}"#,
            r#"{1:1}"#,
        ] {
            let refused = JsonBody::read(body.as_bytes()).err();
            assert_eq!(refused, Some(Refusal::DATA_FORMAT), "{body}");
        }
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(JsonBody::read(deep.as_bytes()).is_err());
    }
}
