//! The union of the fields that any form of archive has, parsed once and borrowed where possible.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Where a value is read to: moving one there afterwards would take as long as reading it.
struct Place<'r, T>(&'r mut T);

/// Defines an object whose fields have other names in JSON. Fields `in place` are never moved.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident $json:literal: $kind:tt $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'a> {
            $($(#[$field_meta])* pub(super) $field: Option<$type>,)*
        }

        impl<'de: 'a, 'a> Visitor<'de> for Place<'_, $name<'a>> {
            type Value = ();

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
                #[derive(Clone, Copy, Deserialize)]
                #[serde(field_identifier)]
                #[expect(non_camel_case_types, reason = "one for every field, under its name")]
                enum Field {
                    $(#[serde(rename = $json)] $field,)*
                    #[serde(other)]
                    Other,
                }
                let mut seen = 0_u64;
                while let Some(field) = entries.next_key::<Field>()? {
                    let bit = if matches!(field, Field::Other) { 0 } else { 1 << field as u32 };
                    if seen & bit != 0 {
                        return Err(de::Error::custom("a field is there twice"));
                    }
                    seen |= bit;
                    match field {
                        $(Field::$field => read_field!($kind, entries, self.0.$field),)*
                        Field::Other => drop(entries.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(())
            }
        }

        impl<'de: 'a, 'a> DeserializeSeed<'de> for Place<'_, $name<'a>> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut object = Self::default();
                Place(&mut object).deserialize(deserializer)?;
                Ok(object)
            }
        }
    };
}

macro_rules! read_field {
    (in_place, $entries:ident, $field:expr) => {
        $entries.next_value_seed(Place(&mut $field))?
    };
    (moved, $entries:ident, $field:expr) => {
        $field = $entries.next_value()?
    };
}

object! {
    /// A value of any form.
    Raw {
        id "id": in_place Scalar<'a>,
        id_str "id_str": in_place Scalar<'a>,
        text "text": in_place Scalar<'a>,
        full_text "full_text": in_place Scalar<'a>,
        extended_tweet "extended_tweet": moved Extended<'a>,
        note_tweet "note_tweet": moved Extended<'a>,
        created_at "created_at": in_place Scalar<'a>,
        lang "lang": in_place Scalar<'a>,
        language "language": in_place Scalar<'a>,
        user "user": in_place User<'a>,
        author_id "author_id": in_place Scalar<'a>,
        in_reply_to "in_reply_to": moved Links<'a>,
        in_reply_to_status_id "in_reply_to_status_id": in_place Scalar<'a>,
        in_reply_to_status_id_str "in_reply_to_status_id_str": in_place Scalar<'a>,
        referenced_tweets "referenced_tweets": moved Vec<Reference<'a>>,
        retweeted_status "retweeted_status": moved IgnoredAny,
        tweet "tweet": moved Box<Raw<'a>>,
        data "data": moved OneOrMany<'a>,
        includes "includes": moved Includes<'a>,
        /// Says that something was deleted.
        delete "delete": moved IgnoredAny,
        // Reddit.
        author "author": in_place Scalar<'a>,
        body "body": in_place Scalar<'a>,
        title "title": in_place Scalar<'a>,
        selftext "selftext": in_place Scalar<'a>,
        parent_id "parent_id": in_place Scalar<'a>,
        created_utc "created_utc": in_place Scalar<'a>,
        // Mastodon and ActivityPub.
        content "content": in_place Scalar<'a>,
        account "account": in_place User<'a>,
        in_reply_to_id "in_reply_to_id": in_place Scalar<'a>,
        reblog "reblog": moved IgnoredAny,
        kind "type": in_place Scalar<'a>,
        object "object": moved Object<'a>,
        activity_parent "inReplyTo": in_place Scalar<'a>,
        activity_author "attributedTo": in_place Scalar<'a>,
        published "published": in_place Scalar<'a>,
    }
}

object! {
    /// The fields of an author that any platform has.
    UserFields {
        id "id": in_place Scalar<'a>,
        id_str "id_str": in_place Scalar<'a>,
        screen_name "screen_name": in_place Scalar<'a>,
        username "username": in_place Scalar<'a>,
        description "description": in_place Scalar<'a>,
        note "note": in_place Scalar<'a>,
        bot "bot": in_place Scalar<'a>,
    }
}

impl<'a> Raw<'a> {
    /// Reads an object over an empty value.
    ///
    /// # Errors
    /// Those of `serde_json`.
    pub(crate) fn read(&mut self, json: &'a str) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(json);
        Place(self).deserialize(&mut json)?;
        json.end()
    }

    /// Whether any field with a text of its own is there.
    pub(super) fn has_content(&self) -> bool {
        [&self.full_text, &self.body, &self.title, &self.content].iter().any(|field| field.is_some())
    }
}

/// A string, or a number or truth value as it is written. Anything else counts as an empty string.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scalar<'a>(pub(crate) Cow<'a, str>);

impl Scalar<'_> {
    /// The text, or nothing where it is empty.
    pub(super) fn filled(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut scalar = None;
        Place(&mut scalar).deserialize(deserializer)?;
        Ok(scalar.unwrap_or_default())
    }
}

/// The methods of a visitor that sets its place to a text, or to a whole number as text.
macro_rules! set_text_or_number {
    () => {
        fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<(), E> {
            self.set(Cow::Borrowed(text))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
            self.set(Cow::Owned(text.to_owned()))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
            self.set(Cow::Owned(number.to_string()))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
            self.set(Cow::Owned(number.to_string()))
        }
    };
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Place<'_, Option<Scalar<'a>>> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Place<'_, Option<Scalar<'a>>> {
    fn set<E>(self, text: Cow<'a, str>) -> Result<(), E> {
        *self.0 = Some(Scalar(text));
        Ok(())
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Place<'_, Option<Scalar<'a>>> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    set_text_or_number!();

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        self.set(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.set(Cow::Borrowed(if value { "true" } else { "" }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.set(Cow::Borrowed(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.set(Cow::Borrowed(""))
    }
}

/// An author: an object with fields, or an id alone.
#[derive(Debug, Default)]
pub(crate) struct User<'a> {
    pub(super) is_object: bool,
    pub(super) fields: UserFields<'a>,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Place<'_, Option<User<'a>>> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Place<'_, Option<User<'a>>> {
    fn set<E>(self, id: Cow<'a, str>) -> Result<(), E> {
        self.0.get_or_insert_default().fields.id = Some(Scalar(id));
        Ok(())
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Place<'_, Option<User<'a>>> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a user")
    }

    set_text_or_number!();

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        let user = self.0.get_or_insert_default();
        user.is_object = true;
        Place(&mut user.fields).visit_map(entries)
    }
}

/// The posts that a post answers: nothing, an id or a list of ids.
#[derive(Debug, Deserialize)]
#[serde(untagged, bound = "'de: 'a")]
pub(crate) enum Links<'a> {
    /// A list.
    Many(Vec<Scalar<'a>>),
    /// One.
    One(Scalar<'a>),
}

/// A text in an object of its own, where the status has it cut.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'a")]
pub(crate) struct Extended<'a> {
    #[serde(alias = "text")]
    pub(super) full_text: Option<Scalar<'a>>,
}

/// What a tweet refers to.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'a")]
pub(crate) struct Reference<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
    pub(super) id: Option<Scalar<'a>>,
}

/// The tweets of a page.
#[derive(Debug, Deserialize)]
#[serde(untagged, bound = "'de: 'a")]
pub(crate) enum OneOrMany<'a> {
    /// A page of a search.
    Many(Vec<Raw<'a>>),
    /// A line of a stream.
    One(Box<Raw<'a>>),
}

/// What a page refers to.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'a")]
pub(crate) struct Includes<'a> {
    pub(super) users: Option<Vec<UserFields<'a>>>,
    pub(super) tweets: Option<Vec<Raw<'a>>>,
}

/// What an activity is about: the thing itself, or its id.
#[derive(Debug, Deserialize)]
#[serde(untagged, bound = "'de: 'a")]
pub(crate) enum Object<'a> {
    /// The thing.
    Whole(Box<Raw<'a>>),
    /// Its id, which says nothing more.
    Id(IgnoredAny),
}
