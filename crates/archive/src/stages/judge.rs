//! From a JSON value to a post record: cleaned, judged by the filters that look at one message, masked, segmented.

use std::borrow::Cow;

use repartee_corpus::segmentation::SegmenterWorker;

use crate::Fault;
use crate::clean::marks::Marks;
use crate::clean::mask::mask;
use crate::context::Context;
use crate::filters::{Message, Scope, Words};
use crate::formats::{self, Found, Post, Raw};
use crate::hash::hash;
use crate::input::values::Value;
use crate::post::{Head, encode};
use crate::tally::{Tally, excerpt};

/// What some values gave.
#[derive(Default)]
pub(crate) struct Judged {
    /// Post records, one after the other.
    pub(crate) bytes: Vec<u8>,
    pub(crate) posts: u64,
    pub(crate) faults: Vec<(u64, Fault)>,
    pub(crate) changed: Tally,
    pub(crate) dropped: Tally,
    /// Links after the first of a post, which do not count.
    pub(crate) further_links: u64,
}

/// Judges the values of a part of a block.
pub(crate) fn judge(context: &Context, file: usize, bytes: &[u8], values: &[Value]) -> Judged {
    let mut records = context.records.take();
    // A record takes about half of what the value did.
    records.reserve(values.last().map_or(0, |last| last.end - values[0].start) / 2);
    let mut judge = Judge {
        context,
        file,
        line: 0,
        worker: context.segmenter.as_ref().map(|segmenter| segmenter.worker()),
        judged: Judged { bytes: records, ..Judged::default() },
    };
    for value in values {
        judge.line = value.line;
        if let Err(fault) = judge.value(&bytes[value.start..value.end]) {
            judge.judged.faults.push((value.line, fault));
        }
    }
    judge.judged
}

struct Judge<'c> {
    context: &'c Context,
    file: usize,
    line: u64,
    worker: Option<SegmenterWorker<'c>>,
    judged: Judged,
}

impl Judge<'_> {
    fn value(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
        if bytes.is_empty() {
            return Ok(());
        }
        let text =
            simdutf8::compat::from_utf8(bytes).map_err(|error| Fault::InvalidUtf8 { byte: error.valid_up_to() + 1 })?;
        if !text.starts_with('{') {
            return Err(Fault::MalformedJson { column: 1 });
        }
        let mut raw = Raw::default();
        raw.read(text).map_err(|error| Fault::MalformedJson { column: error.column() })?;
        formats::posts(&raw, &mut |found| match found {
            Ok(Found::Post(post)) => self.post(&post),
            Ok(Found::Repost) => self.drop("repost", ""),
            Ok(Found::Deleted) => self.drop("deleted", ""),
            Ok(Found::Notice) => self.drop("notice", ""),
            Err(fault) => self.judged.faults.push((self.line, fault)),
        });
        Ok(())
    }

    fn post(&mut self, post: &Post<'_>) {
        self.judged.further_links += post.n_parents.saturating_sub(1) as u64;
        let mut head = Head {
            file: self.file as u32,
            line: self.line,
            id: hash(post.id.as_bytes()),
            parent: post.parent.as_ref().map_or(0, |parent| hash(parent.as_bytes())),
            user: hash(post.user.as_bytes()),
            seconds: post.seconds,
            ..Head::default()
        };
        let (context, file, line) = (self.context, self.file, self.line);
        let changed = &mut self.judged.changed;
        let marks = Marks::of(&post.text);
        let text =
            context.cleaner.clean(&post.text, marks, &mut |step| changed.add(step, || context.place(file, line)));
        // Most marks are of what was cut: a mention at the beginning, a link.
        let marks = if marks == Marks::default() { marks } else { Marks::of(&text) };
        head.text_hash = hash(text.as_bytes());
        let output = self.text_to_keep(post, &text, marks, &mut head);
        head.dropped = output.is_none();
        let id = if context.options.ids && !head.dropped { &*post.id } else { "" };
        encode(&head, output.as_deref().unwrap_or_default(), id, &mut self.judged.bytes);
        self.judged.posts += 1;
    }

    /// The text as it will be written, or nothing if the post is dropped.
    fn text_to_keep<'t>(
        &mut self,
        post: &Post<'_>,
        text: &'t str,
        marks: Marks,
        head: &mut Head,
    ) -> Option<Cow<'t, str>> {
        let context = self.context;
        if !is_language(post.language.as_deref(), context.options.language.name()) {
            self.drop("other-language", text);
            return None;
        }
        if text.is_empty() {
            self.drop("empty", "");
            return None;
        }
        let words = Words { segmenter: self.worker.as_mut(), language: context.options.language, segmented: None };
        let mut message = Message {
            text,
            author_name: post.user_name.as_deref(),
            profile: post.profile.as_deref(),
            is_bot: post.is_bot,
            marks,
            words,
        };
        let mut reason = None;
        for (idx, active) in context.filters.iter().enumerate() {
            if active.scope == Scope::Pair && head.pair_filter != 0 {
                continue;
            }
            if active.filter.drops_message(&mut message) {
                if active.scope == Scope::Message {
                    reason = Some(active.name);
                    break;
                }
                head.pair_filter = idx as u8 + 1;
            }
        }
        let segmented = message.words.segmented.take();
        if let Some(reason) = reason {
            self.drop(reason, text);
            return None;
        }
        let masked = mask(text, marks);
        Some(match (&mut self.worker, segmented) {
            (Some(_), Some(segmented)) if masked == text => Cow::Owned(segmented),
            (Some(worker), _) => Cow::Owned(worker.segment(&masked)),
            (None, _) => masked,
        })
    }

    fn drop(&mut self, reason: &str, text: &str) {
        let (context, file, line) = (self.context, self.file, self.line);
        self.judged
            .dropped
            .add(reason, || format!("{}: {}", context.place(file, line), excerpt(&mask(text, Marks::of(text)))));
    }
}

/// Whether a post may be in the language; many do not say.
fn is_language(said: Option<&str>, wanted: &str) -> bool {
    said.is_none_or(|said| {
        let primary = said.split(['-', '_']).next().unwrap_or_default();
        primary.is_empty() || primary == "und" || primary.eq_ignore_ascii_case(wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_compared_by_their_first_part() {
        for (said, expected) in [
            (None, true),
            (Some(""), true),
            (Some("und"), true),
            (Some("en"), true),
            (Some("en-GB"), true),
            (Some("EN_us"), true),
            (Some("ja"), false),
            (Some("enm"), false),
        ] {
            assert_eq!(is_language(said, "en"), expected, "{said:?}");
        }
    }
}
