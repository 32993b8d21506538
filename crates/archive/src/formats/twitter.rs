//! Twitter: statuses of API v1.1 (also in an archive of one's own account) and pages of API v2 with expansions.

use std::borrow::Cow;
use std::collections::HashMap;

use super::raw::{OneOrMany, Raw, Scalar, UserFields};
use super::{Found, Post, Visit, required};
use crate::Fault;
use crate::input::time;

/// The account whose archive it is; its tweets do not name it.
const OWNER: &str = "archive-owner";

pub(super) fn recognises(raw: &Raw<'_>) -> bool {
    raw.data.is_some()
        || raw.tweet.is_some()
        || raw.author_id.is_some()
        || raw.in_reply_to_status_id_str.is_some()
        || (raw.id_str.is_some() && (raw.text.is_some() || raw.full_text.is_some()))
        || (raw.user.as_ref().is_some_and(|user| user.is_object) && (raw.text.is_some() || raw.full_text.is_some()))
}

pub(super) fn posts(raw: &Raw<'_>, visit: &mut Visit<'_>) {
    if let Some(tweet) = &raw.tweet {
        return visit(status(tweet, true));
    }
    let Some(data) = &raw.data else {
        return visit(if raw.author_id.is_some() { tweet(raw, &HashMap::new()) } else { status(raw, false) });
    };
    let users = raw.includes.as_ref().and_then(|includes| includes.users.as_deref()).unwrap_or_default();
    let users: HashMap<&str, &UserFields<'_>> =
        users.iter().filter_map(|user| Some((&*user.id.as_ref()?.0, user))).collect();
    let tweets = match data {
        OneOrMany::One(tweet) => std::slice::from_ref(&**tweet),
        OneOrMany::Many(tweets) => tweets,
    };
    let included = raw.includes.as_ref().and_then(|includes| includes.tweets.as_deref()).unwrap_or_default();
    for one in tweets.iter().chain(included) {
        visit(tweet(one, &users));
    }
}

/// A status of v1.1.
fn status<'r>(raw: &'r Raw<'_>, is_owners: bool) -> Result<Found<'r>, Fault> {
    if raw.retweeted_status.is_some() {
        return Ok(Found::Repost);
    }
    let extended = raw.extended_tweet.as_ref().and_then(|extended| extended.full_text.as_ref());
    let text = extended.or(raw.full_text.as_ref()).or(raw.text.as_ref());
    let parent = raw.in_reply_to_status_id_str.as_ref().or(raw.in_reply_to_status_id.as_ref());
    let mut post = Post {
        id: borrowed(required(&raw.id_str.as_ref().or(raw.id.as_ref()), "id_str")?),
        parent: parent.and_then(Scalar::filled).map(Cow::Borrowed),
        text: borrowed(required(&text, "text")?),
        seconds: time::seconds(&required(&raw.created_at, "created_at")?.0)?,
        language: raw.lang.as_ref().map(borrowed),
        ..Post::default()
    };
    post.n_parents = usize::from(post.parent.is_some());
    match &raw.user {
        Some(user) => author(&mut post, &user.fields)?,
        None if is_owners => post.user = Cow::Borrowed(OWNER),
        None => return Err(Fault::MissingField { field: "user" }),
    }
    Ok(Found::Post(post))
}

/// A tweet of v2.
fn tweet<'r>(raw: &'r Raw<'_>, users: &HashMap<&str, &'r UserFields<'_>>) -> Result<Found<'r>, Fault> {
    let references = raw.referenced_tweets.as_deref().unwrap_or_default();
    let of_kind = |wanted: &str| {
        let is_wanted = |kind: &Option<Scalar<'_>>| kind.as_ref().is_some_and(|kind| kind.0 == wanted);
        references.iter().filter(move |reference| is_wanted(&reference.kind)).collect::<Vec<_>>()
    };
    if !of_kind("retweeted").is_empty() {
        return Ok(Found::Repost);
    }
    let parents = of_kind("replied_to");
    let parent = parents.first().and_then(|parent| parent.id.as_ref()).and_then(Scalar::filled);
    let text = raw.note_tweet.as_ref().and_then(|note| note.full_text.as_ref()).or(raw.text.as_ref());
    let mut post = Post {
        id: borrowed(required(&raw.id, "id")?),
        parent: parent.map(Cow::Borrowed),
        n_parents: parents.len(),
        user: borrowed(required(&raw.author_id, "author_id")?),
        text: borrowed(required(&text, "text")?),
        seconds: time::seconds(&required(&raw.created_at, "created_at")?.0)?,
        language: raw.lang.as_ref().map(borrowed),
        ..Post::default()
    };
    if let Some(user) = users.get(&*post.user) {
        author(&mut post, user)?;
    }
    Ok(Found::Post(post))
}

/// Takes over what is known of the author.
pub(super) fn author<'r>(post: &mut Post<'r>, user: &'r UserFields<'_>) -> Result<(), Fault> {
    let name = user.screen_name.as_ref().or(user.username.as_ref());
    post.user = borrowed(required(&user.id_str.as_ref().or(user.id.as_ref()).or(name), "user.id")?);
    post.user_name = name.map(borrowed);
    post.profile = user.description.as_ref().or(user.note.as_ref()).map(borrowed);
    post.is_bot = user.bot.as_ref().is_some_and(|bot| bot.filled().is_some());
    Ok(())
}

pub(super) fn borrowed<'r>(scalar: &'r Scalar<'_>) -> Cow<'r, str> {
    Cow::Borrowed(&scalar.0)
}
