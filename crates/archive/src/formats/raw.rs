//! The union of the fields that any form of archive has, parsed once and borrowed where possible.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Defines [`Raw`] with the names that its fields have in JSON.
macro_rules! raw {
    ($($field:ident $name:literal: $type:ty,)*) => {
        /// A value of any form.
        #[derive(Debug, Default)]
        pub(crate) struct Raw<'a> {
            $(pub(super) $field: Option<$type>,)*
            /// Whether it says that something was deleted.
            pub(super) is_notice: bool,
        }

        #[derive(Clone, Copy, Deserialize)]
        #[serde(field_identifier)]
        #[expect(non_camel_case_types, reason = "one for every field, under its name")]
        enum Field {
            $(#[serde(rename = $name)] $field,)*
            delete,
            #[serde(other)]
            Other,
        }

        impl Field {
            fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                    Self::delete => "delete",
                    Self::Other => "",
                }
            }
        }

        impl<'de: 'a, 'a> Visitor<'de> for Fill<'_, 'a> {
            type Value = ();

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
                let mut seen = 0_u64;
                while let Some(field) = entries.next_key::<Field>()? {
                    let bit = if matches!(field, Field::Other) { 0 } else { 1 << field as u32 };
                    if seen & bit != 0 {
                        return Err(de::Error::duplicate_field(field.name()));
                    }
                    seen |= bit;
                    match field {
                        $(Field::$field => self.0.$field = entries.next_value()?,)*
                        Field::delete | Field::Other => drop(entries.next_value::<IgnoredAny>()?),
                    }
                }
                self.0.is_notice = seen & (1 << Field::delete as u32) != 0;
                Ok(())
            }
        }
    };
}

raw! {
    id "id": Scalar<'a>,
    id_str "id_str": Scalar<'a>,
    text "text": Scalar<'a>,
    full_text "full_text": Scalar<'a>,
    extended_tweet "extended_tweet": Extended<'a>,
    note_tweet "note_tweet": Extended<'a>,
    created_at "created_at": Scalar<'a>,
    lang "lang": Scalar<'a>,
    language "language": Scalar<'a>,
    user "user": User<'a>,
    author_id "author_id": Scalar<'a>,
    in_reply_to "in_reply_to": Links<'a>,
    in_reply_to_status_id "in_reply_to_status_id": Scalar<'a>,
    in_reply_to_status_id_str "in_reply_to_status_id_str": Scalar<'a>,
    referenced_tweets "referenced_tweets": Vec<Reference<'a>>,
    retweeted_status "retweeted_status": IgnoredAny,
    tweet "tweet": Box<Raw<'a>>,
    data "data": OneOrMany<'a>,
    includes "includes": Includes<'a>,
    // Reddit.
    author "author": Scalar<'a>,
    body "body": Scalar<'a>,
    title "title": Scalar<'a>,
    selftext "selftext": Scalar<'a>,
    parent_id "parent_id": Scalar<'a>,
    created_utc "created_utc": Scalar<'a>,
    // Mastodon and ActivityPub.
    content "content": Scalar<'a>,
    account "account": User<'a>,
    in_reply_to_id "in_reply_to_id": Scalar<'a>,
    reblog "reblog": IgnoredAny,
    kind "type": Scalar<'a>,
    object "object": Object<'a>,
    activity_parent "inReplyTo": Scalar<'a>,
    activity_author "attributedTo": Scalar<'a>,
    published "published": Scalar<'a>,
}

impl<'a> Raw<'a> {
    /// Reads an object over an empty value, where it stands: a value is larger than what is read, and would be copied
    /// several times on its way here.
    ///
    /// # Errors
    /// Those of `serde_json`.
    pub(crate) fn read(&mut self, json: &'a str) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(json);
        Fill(self).deserialize(&mut json)?;
        json.end()
    }

    /// Whether any field with a text of its own is there.
    pub(super) fn has_content(&self) -> bool {
        [&self.full_text, &self.body, &self.title, &self.content].iter().any(|field| field.is_some())
    }
}

/// Fills an empty value.
struct Fill<'r, 'a>(&'r mut Raw<'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Fill<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut raw = Self::default();
        Fill(&mut raw).deserialize(deserializer)?;
        Ok(raw)
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
        deserializer.deserialize_any(ScalarVisitor).map(Scalar)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(if value { "true" } else { "" }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}

/// An author: an object with fields, or an id alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct User<'a> {
    pub(super) is_object: bool,
    pub(super) fields: UserFields<'a>,
}

/// The fields of an author that any platform has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(bound = "'de: 'a")]
pub(crate) struct UserFields<'a> {
    pub(super) id: Option<Scalar<'a>>,
    pub(super) id_str: Option<Scalar<'a>>,
    pub(super) screen_name: Option<Scalar<'a>>,
    pub(super) username: Option<Scalar<'a>>,
    pub(super) description: Option<Scalar<'a>>,
    pub(super) note: Option<Scalar<'a>>,
    pub(super) bot: Option<Scalar<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for User<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UserVisitor;

        impl<'de> Visitor<'de> for UserVisitor {
            type Value = User<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a user")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(named(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(named(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(named(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(named(Cow::Owned(number.to_string())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(User::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
                let fields = UserFields::deserialize(de::value::MapAccessDeserializer::new(entries))?;
                Ok(User { is_object: true, fields })
            }
        }

        fn named(id: Cow<'_, str>) -> User<'_> {
            User { is_object: false, fields: UserFields { id: Some(Scalar(id)), ..UserFields::default() } }
        }

        deserializer.deserialize_any(UserVisitor)
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
