//! Mastodon's statuses, and ActivityPub notes alone or in the activity that creates them. Their text is HTML.

use std::borrow::Cow;

use super::raw::{Object, Raw, Scalar};
use super::twitter::{author, borrowed};
use super::{Found, Post, Visit, required};
use crate::Fault;
use crate::clean::html;
use crate::input::time;

pub(super) fn recognises(raw: &Raw<'_>) -> bool {
    (raw.content.is_some() && (raw.account.is_some() || raw.activity_author.is_some())) || raw.object.is_some()
}

pub(super) fn posts(raw: &Raw<'_>, visit: &mut Visit<'_>) {
    visit(match &raw.object {
        _ if raw.kind.as_ref().is_some_and(|kind| kind.0 == "Announce") => Ok(Found::Repost),
        Some(Object::Whole(note)) if note.content.is_some() => note_post(note),
        Some(_) => Ok(Found::Notice),
        None if raw.account.is_some() => status(raw),
        None => note_post(raw),
    });
}

fn status<'r>(raw: &'r Raw<'_>) -> Result<Found<'r>, Fault> {
    if raw.reblog.is_some() {
        return Ok(Found::Repost);
    }
    let parent = raw.in_reply_to_id.as_ref().and_then(Scalar::filled).map(Cow::Borrowed);
    let mut post = Post {
        id: borrowed(required(&raw.id, "id")?),
        n_parents: usize::from(parent.is_some()),
        parent,
        seconds: time::seconds(&required(&raw.created_at, "created_at")?.0)?,
        language: raw.language.as_ref().map(borrowed),
        text: Cow::Owned(html::to_text(&required(&raw.content, "content")?.0)),
        ..Post::default()
    };
    author(&mut post, &required(&raw.account, "account")?.fields)?;
    Ok(Found::Post(post))
}

fn note_post<'r>(raw: &'r Raw<'_>) -> Result<Found<'r>, Fault> {
    let parent = raw.activity_parent.as_ref().and_then(Scalar::filled).map(Cow::Borrowed);
    let user = required(&raw.activity_author, "attributedTo")?;
    Ok(Found::Post(Post {
        id: borrowed(required(&raw.id, "id")?),
        n_parents: usize::from(parent.is_some()),
        parent,
        user: borrowed(user),
        // The name is the last part of the author's address.
        user_name: user.0.rsplit('/').next().map(Cow::Borrowed),
        seconds: time::seconds(&required(&raw.published, "published")?.0)?,
        language: raw.language.as_ref().map(borrowed),
        text: Cow::Owned(html::to_text(&required(&raw.content, "content")?.0)),
        ..Post::default()
    }))
}
