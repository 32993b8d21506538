//! From JSON values to posts. A form of archive is one file here and one line in the list below.

mod raw;

use std::borrow::Cow;

pub(crate) use raw::Raw;

use crate::Fault;

/// A post as an archive has it, before anything is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Post<'a> {
    pub(crate) id: Cow<'a, str>,
    /// Ids of the posts that it answers; the first counts.
    pub(crate) parent: Option<Cow<'a, str>>,
    pub(crate) n_parents: usize,
    /// Tells authors apart; hashed at once.
    pub(crate) user: Cow<'a, str>,
    /// The author's name, for the bot filter alone.
    pub(crate) user_name: Option<Cow<'a, str>>,
    /// What the author says about themselves, for the bot filter alone.
    pub(crate) profile: Option<Cow<'a, str>>,
    /// Whether the platform says that the author is a bot.
    pub(crate) is_bot: bool,
    pub(crate) seconds: i64,
    pub(crate) language: Option<Cow<'a, str>>,
    pub(crate) text: Cow<'a, str>,
}

/// What a value turned out to hold.
pub(crate) enum Found<'a> {
    /// A post.
    Post(Post<'a>),
    /// Somebody's post shown again by another.
    Repost,
    /// A post whose text or author was removed.
    Deleted,
    /// No post, but part of such archives: a deletion notice and the like.
    Notice,
}

/// Takes what a value holds, or what is wrong with it.
pub(crate) type Visit<'v> = dyn FnMut(Result<Found<'_>, Fault>) + 'v;

macro_rules! formats {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Hands what a value holds to `visit`; it is of the first form that recognises it.
        pub(crate) fn posts(raw: &Raw<'_>, visit: &mut Visit<'_>) {
            $(
                if $module::recognises(raw) {
                    return $module::posts(raw, visit);
                }
            )*
            visit(if is_notice(raw) { Ok(Found::Notice) } else { Err(Fault::MissingField { field: "text" }) });
        }
    };
}

formats! {
    twitter,
    mastodon,
    reddit,
    generic,
}

/// Streams carry notices without a text: deletions, limits, changes of visibility.
fn is_notice(raw: &Raw<'_>) -> bool {
    raw.delete.is_some() || (raw.text.is_none() && raw.id.is_none() && raw.id_str.is_none() && !raw.has_content())
}

/// A field that must be there.
fn required<'r, T>(field: &'r Option<T>, name: &'static str) -> Result<&'r T, Fault> {
    field.as_ref().ok_or(Fault::MissingField { field: name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut raw = Raw::default();
        raw.read(json).unwrap();
        posts(&raw, &mut |result| {
            found.push(match result {
                Ok(Found::Post(post)) => format!(
                    "{}<{} {} {} {} {} {}",
                    post.id,
                    post.parent.as_deref().unwrap_or("-"),
                    post.user,
                    post.seconds,
                    post.language.as_deref().unwrap_or("-"),
                    post.is_bot || post.user_name.is_some_and(|name| name.contains("bot")),
                    post.text
                ),
                Ok(Found::Repost) => "repost".to_owned(),
                Ok(Found::Deleted) => "deleted".to_owned(),
                Ok(Found::Notice) => "notice".to_owned(),
                Err(fault) => fault.to_string(),
            });
        });
        found
    }

    #[test]
    fn twitter_statuses() {
        let status = r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":1050118621198921728,
            "id_str":"1050118621198921728","text":"cut…","full_text":"whole \u00e9","in_reply_to_status_id":7,
            "in_reply_to_status_id_str":"7","user":{"id":6253282,"id_str":"6253282","screen_name":"newsbot"},"lang":"en"}"#;
        let expected = "1050118621198921728<7 6253282 1539202764 en true whole é";
        assert_eq!(read(status), [expected]);
        assert_eq!(
            read(&status.replace("\"lang\"", "\"extended_tweet\":{\"full_text\":\"even longer\"},\"lang\"")),
            [expected.replace("whole é", "even longer")]
        );
        assert_eq!(read(&status.replace("\"lang\"", "\"retweeted_status\":{\"id\":1},\"lang\"")), ["repost"]);
        assert_eq!(read(&status.replace("Oct", "Okt")), [Fault::UnknownTime.to_string()]);
        assert_eq!(read(r#"{"delete":{"status":{"id":1,"user_id":2}}}"#), ["notice"]);
    }

    #[test]
    fn twitter_archive_of_one_user() {
        let json = r#"{"tweet":{"id":"9","id_str":"9","full_text":"hi","created_at":"Wed Oct 10 20:19:24 +0000 2018",
            "in_reply_to_status_id_str":"8","in_reply_to_status_id":"8","lang":"en"}}"#;
        assert_eq!(read(json), ["9<8 archive-owner 1539202764 en false hi"]);
    }

    #[test]
    fn twitter_pages_with_expansions() {
        let json = r#"{"data":[{"id":"2","author_id":"u2","text":"yes","created_at":"2018-10-10T20:19:24.000Z",
            "referenced_tweets":[{"type":"quoted","id":"0"},{"type":"replied_to","id":"1"}],"lang":"en"},
            {"id":"3","author_id":"u1","text":"x","created_at":"2018-10-10T20:19:24.000Z",
            "referenced_tweets":[{"type":"retweeted","id":"1"}]}],
            "includes":{"users":[{"id":"u1","username":"robot"},{"id":"u2","username":"eve"}],
            "tweets":[{"id":"1","author_id":"u1","text":"really?","created_at":"2018-10-10T20:19:23.000Z"}]},"meta":{}}"#;
        let expected = ["2<1 u2 1539202764 en false yes", "repost", "1<- u1 1539202763 - true really?"];
        assert_eq!(read(json), expected);
        let one = r#"{"data":{"id":"2","author_id":"u2","text":"yes","created_at":"2018-10-10T20:19:24.000Z"}}"#;
        assert_eq!(read(one), ["2<- u2 1539202764 - false yes"]);
    }

    #[test]
    fn generic_posts() {
        let json = r#"{"id":"a","in_reply_to":["b","c"],"user":"u1","created_at":"2018-10-10T20:19:24Z","lang":"ja","text":"t"}"#;
        assert_eq!(read(json), ["a<b u1 1539202764 ja false t"]);
        assert_eq!(
            read(r#"{"id":1,"in_reply_to":null,"user":2,"created_at":1539202764,"text":"t"}"#),
            ["1<- 2 1539202764 - false t"]
        );
        let message = Fault::MissingField { field: "created_at" }.to_string();
        assert_eq!(read(r#"{"id":1,"user":2,"text":"t"}"#), [message]);
    }

    #[test]
    fn reddit_dumps() {
        let comment = r#"{"id":"c2","parent_id":"t1_c1","link_id":"t3_s1","author":"ann","body":"ok &amp; fine","created_utc":"1539202764"}"#;
        assert_eq!(read(comment), ["t1_c2<t1_c1 ann 1539202764 - false ok & fine"]);
        let submission = r#"{"id":"s1","title":"Why?","selftext":"","author":"bob","created_utc":1539202764}"#;
        assert_eq!(read(submission), ["t3_s1<- bob 1539202764 - true Why?".replace("true", "false")]);
        assert_eq!(read(&comment.replace("ok &amp; fine", "[removed]")), ["deleted"]);
        assert_eq!(read(&comment.replace("ann", "[deleted]")), ["deleted"]);
    }

    #[test]
    fn mastodon_statuses_and_activities() {
        let status = r#"{"id":"5","created_at":"2018-10-10T20:19:24.000Z","in_reply_to_id":"4","language":"en","reblog":null,
            "content":"<p><span>@<a href=\"x\">ann</a></span> one &lt; two<br>three</p>","account":{"id":"77","acct":"bob@b","username":"bob","bot":true}}"#;
        assert_eq!(read(status), ["5<4 77 1539202764 en true @ann one < two three"]);
        let create = r#"{"type":"Create","object":{"type":"Note","id":"http://s/2","inReplyTo":"http://s/1",
            "attributedTo":"http://s/ann","content":"<p>hi</p>","published":"2018-10-10T20:19:24Z"}}"#;
        assert_eq!(read(create), ["http://s/2<http://s/1 http://s/ann 1539202764 - false hi"]);
        assert_eq!(read(r#"{"type":"Announce","object":"http://s/2"}"#), ["repost"]);
    }

    #[test]
    fn a_field_must_not_be_there_twice() {
        let read = |json| Raw::default().read(json).is_ok();
        assert!(read(r#"{"id":1,"delete":null,"other":1,"other":2}"#));
        assert!(!read(r#"{"id":null,"id":1}"#) && !read(r#"{"delete":1,"delete":1}"#) && !read(r#"{"id":1} {"#));
    }

    #[test]
    fn values_without_a_text_are_faults() {
        assert_eq!(read(r#"{"id":1}"#), [Fault::MissingField { field: "text" }.to_string()]);
    }
}
