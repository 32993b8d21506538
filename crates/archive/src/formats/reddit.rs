//! Reddit dumps: comments and submissions. A comment's parent is another comment or the submission itself.

use std::borrow::Cow;

use super::raw::{Raw, Scalar};
use super::twitter::borrowed;
use super::{Found, Post, Visit, required};
use crate::Fault;
use crate::clean::html;
use crate::input::time;

pub(super) fn recognises(raw: &Raw<'_>) -> bool {
    raw.author.is_some() && (raw.body.is_some() || raw.title.is_some())
}

pub(super) fn posts(raw: &Raw<'_>, visit: &mut Visit<'_>) {
    visit(post(raw));
}

fn post<'r>(raw: &'r Raw<'_>) -> Result<Found<'r>, Fault> {
    let author = required(&raw.author, "author")?;
    let removed = |scalar: &Scalar<'_>| matches!(&*scalar.0, "[deleted]" | "[removed]");
    let (text, kind) = match &raw.body {
        Some(body) => (Cow::Borrowed(&*body.0), "t1_"),
        None => (submission(raw)?, "t3_"),
    };
    if removed(author) || [&raw.body, &raw.selftext].into_iter().flatten().any(removed) {
        return Ok(Found::Deleted);
    }
    let id = required(&raw.id, "id")?;
    let parent = raw.parent_id.as_ref().and_then(Scalar::filled).map(Cow::Borrowed);
    Ok(Found::Post(Post {
        id: if id.0.starts_with(kind) { borrowed(id) } else { Cow::Owned(format!("{kind}{}", id.0)) },
        n_parents: usize::from(parent.is_some()),
        parent,
        user: borrowed(author),
        user_name: Some(borrowed(author)),
        seconds: time::seconds(&required(&raw.created_utc, "created_utc")?.0)?,
        text: Cow::Owned(html::unescape(&text).into_owned()),
        ..Post::default()
    }))
}

fn submission<'r>(raw: &'r Raw<'_>) -> Result<Cow<'r, str>, Fault> {
    let title = required(&raw.title, "title")?;
    Ok(match raw.selftext.as_ref().and_then(Scalar::filled) {
        Some(text) => Cow::Owned(format!("{} {text}", title.0)),
        None => Cow::Borrowed(&title.0),
    })
}
