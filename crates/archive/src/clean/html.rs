//! HTML to plain text, as far as posts have it: tags, line breaks and character references.

use std::borrow::Cow;

/// Text without tags; line breaks and ends of paragraphs become blanks.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('>') else {
            // A tag that does not end is none.
            rest = "";
            break;
        };
        let tag = rest[start + 1..start + length].trim_start_matches('/').to_ascii_lowercase();
        if tag.starts_with("br") || tag == "p" || tag.starts_with("p ") || tag.starts_with("li") {
            text.push(' ');
        }
        rest = &rest[start + length + 1..];
    }
    text.push_str(rest);
    unescape(&text).trim().to_owned()
}

/// Character references replaced, once.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = rest.bytes().take(12).position(|byte| byte == b';');
        match length.and_then(|length| Some((reference(&rest[1..length])?, length))) {
            Some((character, length)) => {
                plain.push(character);
                rest = &rest[length + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_references() {
        for (html, expected) in [
            ("<p>a<br/>b</p><p>c &amp; d&#39;s &#x3042;</p>", "a b  c & d's あ"),
            ("1 &lt; 2 && x &unknown; é&", "1 < 2 && x &unknown; é&"),
            ("<a href=\"x\">@<b>ann</b></a> open <", "@ann open "),
        ] {
            assert_eq!(to_text(html), expected.trim(), "{html}");
        }
        assert_eq!(unescape("&amp;lt;"), "&lt;");
    }
}
