//! The union of the fields that any form of archive has, parsed once and borrowed where possible.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value of any form.
#[derive(Debug, Default, Deserialize)]
#[serde(bound = "'de: 'a")]
pub(crate) struct Raw<'a> {
    pub(super) id: Option<Scalar<'a>>,
    pub(super) id_str: Option<Scalar<'a>>,
    pub(super) text: Option<Scalar<'a>>,
    pub(super) full_text: Option<Scalar<'a>>,
    pub(super) extended_tweet: Option<Extended<'a>>,
    pub(super) note_tweet: Option<Extended<'a>>,
    pub(super) created_at: Option<Scalar<'a>>,
    pub(super) lang: Option<Scalar<'a>>,
    pub(super) language: Option<Scalar<'a>>,
    pub(super) user: Option<User<'a>>,
    pub(super) author_id: Option<Scalar<'a>>,
    pub(super) in_reply_to: Option<Links<'a>>,
    pub(super) in_reply_to_status_id: Option<Scalar<'a>>,
    pub(super) in_reply_to_status_id_str: Option<Scalar<'a>>,
    pub(super) referenced_tweets: Option<Vec<Reference<'a>>>,
    pub(super) retweeted_status: Option<IgnoredAny>,
    pub(super) tweet: Option<Box<Raw<'a>>>,
    pub(super) data: Option<OneOrMany<'a>>,
    pub(super) includes: Option<Includes<'a>>,
    // Reddit.
    pub(super) author: Option<Scalar<'a>>,
    pub(super) body: Option<Scalar<'a>>,
    pub(super) title: Option<Scalar<'a>>,
    pub(super) selftext: Option<Scalar<'a>>,
    pub(super) parent_id: Option<Scalar<'a>>,
    pub(super) created_utc: Option<Scalar<'a>>,
    // Mastodon and ActivityPub.
    pub(super) content: Option<Scalar<'a>>,
    pub(super) account: Option<User<'a>>,
    pub(super) in_reply_to_id: Option<Scalar<'a>>,
    pub(super) reblog: Option<IgnoredAny>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
    pub(super) object: Option<Object<'a>>,
    #[serde(rename = "inReplyTo")]
    pub(super) activity_parent: Option<Scalar<'a>>,
    #[serde(rename = "attributedTo")]
    pub(super) activity_author: Option<Scalar<'a>>,
    pub(super) published: Option<Scalar<'a>>,
    // Notices.
    #[serde(default, rename = "delete", deserialize_with = "presence")]
    pub(super) is_notice: bool,
}

impl Raw<'_> {
    /// Whether any field with a text of its own is there.
    pub(super) fn has_content(&self) -> bool {
        [&self.full_text, &self.body, &self.title, &self.content].iter().any(|field| field.is_some())
    }
}

fn presence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|IgnoredAny| true)
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
