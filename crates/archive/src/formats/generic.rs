//! The plain form: `id`, `in_reply_to` (nothing, an id or a list), `user`, `created_at`, `lang` (optional), `text`.

use std::borrow::Cow;

use super::raw::{Links, Raw, Scalar};
use super::twitter::{author, borrowed};
use super::{Found, Post, Visit, required};
use crate::Fault;
use crate::input::time;

pub(super) fn recognises(raw: &Raw<'_>) -> bool {
    raw.text.is_some()
}

pub(super) fn posts(raw: &Raw<'_>, visit: &mut Visit<'_>) {
    visit(post(raw).map(Found::Post));
}

fn post<'r>(raw: &'r Raw<'_>) -> Result<Post<'r>, Fault> {
    let links: &[Scalar<'_>] = match &raw.in_reply_to {
        None => &[],
        Some(Links::One(link)) => std::slice::from_ref(link),
        Some(Links::Many(links)) => links,
    };
    let mut links = links.iter().filter_map(Scalar::filled);
    let parent = links.next().map(Cow::Borrowed);
    let mut post = Post {
        id: borrowed(required(&raw.id, "id")?),
        n_parents: usize::from(parent.is_some()) + links.count(),
        parent,
        seconds: time::seconds(&required(&raw.created_at, "created_at")?.0)?,
        language: raw.lang.as_ref().map(borrowed),
        text: borrowed(required(&raw.text, "text")?),
        ..Post::default()
    };
    author(&mut post, &required(&raw.user, "user")?.fields)?;
    if post.user_name.is_none() {
        post.user_name = Some(post.user.clone());
    }
    Ok(post)
}
