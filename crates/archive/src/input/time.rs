//! Times as archives write them, to seconds since 1970.

use std::ops::Range;

use chrono::NaiveDate;

use crate::Fault;

/// First second that a post can be of: 1990.
const FIRST: i64 = 631_152_000;
/// First second after the last that a post can be of: 2100.
const END: i64 = 4_102_444_800;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Seconds of `2018-10-10T20:19:24.000Z`, `Wed Oct 10 20:19:24 +0000 2018` or `1539202764`.
///
/// # Errors
/// [`Fault::UnknownTime`] or [`Fault::TimeOutOfRange`], which also a thirteenth month is.
pub(crate) fn seconds(text: &str) -> Result<i64, Fault> {
    let text = text.trim();
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return twitter(text);
    }
    if bytes.len() > 4 && bytes[4] == b'-' {
        return iso(text);
    }
    let number: f64 = text.parse().map_err(|_| Fault::UnknownTime)?;
    in_range(number.floor() as i64)
}

fn in_range(seconds: i64) -> Result<i64, Fault> {
    if (FIRST..END).contains(&seconds) { Ok(seconds) } else { Err(Fault::TimeOutOfRange) }
}

/// `Wed Oct 10 20:19:24 +0000 2018`.
fn twitter(text: &str) -> Result<i64, Fault> {
    // Nearly all are of this length and in UTC.
    if let Some(seconds) = text.as_bytes().try_into().ok().and_then(twitter_in_utc) {
        return Ok(seconds);
    }
    let mut parts = text.split_ascii_whitespace().skip(1);
    let mut part = || parts.next().ok_or(Fault::UnknownTime);
    let (month, day, clock, offset, year) = (part()?, part()?, part()?, part()?, part()?);
    let month = month_number(month.as_bytes()).ok_or(Fault::UnknownTime)?;
    at(number(year)?, month, number(day)?, clock, offset)
}

/// As [`twitter`] by fixed places, or nothing if they hold something else.
fn twitter_in_utc(text: &[u8; 30]) -> Option<i64> {
    let is_separated = [3, 7, 10].iter().all(|at| text[*at] == b' ') && text[13] == b':' && text[16] == b':';
    if !is_separated || &text[19..26] != b" +0000 " {
        return None;
    }
    let digits = |places: Range<usize>| {
        text[places]
            .iter()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    };
    let date = NaiveDate::from_ymd_opt(digits(26..30)? as i32, month_number(&text[4..7])?, digits(8..10)?)?;
    let time = date.and_hms_opt(digits(11..13)?, digits(14..16)?, digits(17..19)?.min(59))?;
    in_range(time.and_utc().timestamp()).ok()
}

fn month_number(name: &[u8]) -> Option<u32> {
    MONTHS.iter().position(|month| *month == name).map(|idx| idx as u32 + 1)
}

/// `2018-10-10T20:19:24.000Z`, with a blank for the T, an offset for the Z, or neither clock nor offset.
fn iso(text: &str) -> Result<i64, Fault> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "00:00:00Z"),
    };
    let mut parts = date.split('-');
    let mut part = || parts.next().ok_or(Fault::UnknownTime);
    let (year, month, day) = (part()?, part()?, part()?);
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let clock = rest[..zone].split('.').next().unwrap_or_default();
    at(number(year)?, number::<u32>(month)?, number(day)?, clock.trim(), &rest[zone..])
}

fn at(year: i32, month: u32, day: u32, clock: &str, offset: &str) -> Result<i64, Fault> {
    let mut parts = clock.split(':');
    let mut part = || number::<u32>(parts.next().unwrap_or("0"));
    let (hour, minute, second) = (part()?, part()?, part()?);
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(Fault::TimeOutOfRange)?;
    // A leap second counts as the second before it.
    let time = date.and_hms_opt(hour, minute, second.min(59)).ok_or(Fault::TimeOutOfRange)?;
    in_range(time.and_utc().timestamp() - offset_seconds(offset)?)
}

/// `Z`, `+0900`, `+09:00` or nothing.
fn offset_seconds(offset: &str) -> Result<i64, Fault> {
    let sign = match offset.as_bytes().first() {
        None | Some(b'Z' | b'z') => return Ok(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return Err(Fault::UnknownTime),
    };
    let (hours, minutes) = offset[1..].split_at_checked(2).ok_or(Fault::UnknownTime)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let minutes: i64 = if minutes.is_empty() { 0 } else { number(minutes)? };
    Ok(sign * (number::<i64>(hours)? * 3600 + minutes * 60))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Fault> {
    text.parse().map_err(|_| Fault::UnknownTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_forms() {
        for (text, expected) in [
            ("Wed Oct 10 20:19:24 +0000 2018", Ok(1_539_202_764)),
            ("2018-10-10T20:19:24.000Z", Ok(1_539_202_764)),
            ("2018-10-11T05:19:24+09:00", Ok(1_539_202_764)),
            ("2018-10-11 05:19:24+0900", Ok(1_539_202_764)),
            ("2018-10-10T20:19:24", Ok(1_539_202_764)),
            ("2018-10-10T20:19Z", Ok(1_539_202_740)),
            ("2018-10-10", Ok(1_539_129_600)),
            ("1539202764", Ok(1_539_202_764)),
            ("1539202764.9", Ok(1_539_202_764)),
            ("2016-12-31T23:59:60Z", Ok(1_483_228_799)),
            ("2018-13-10T20:19:24Z", Err(Fault::TimeOutOfRange)),
            ("1539202764000", Err(Fault::TimeOutOfRange)),
            ("-1", Err(Fault::TimeOutOfRange)),
            ("1066-10-14T09:00:00Z", Err(Fault::TimeOutOfRange)),
            ("Wed Oct  9 20:19:24 +0000 2018", Ok(1_539_116_364)),
            ("Thu Oct 11 05:19:24 +0900 2018", Ok(1_539_202_764)),
            ("Sat Dec 31 23:59:60 +0000 2016", Ok(1_483_228_799)),
            ("Wed Oct 32 20:19:24 +0000 2018", Err(Fault::TimeOutOfRange)),
            ("Sun Oct 14 09:00:00 +0000 1066", Err(Fault::TimeOutOfRange)),
            ("Wed Oct 1a 20:19:24 +0000 2018", Err(Fault::UnknownTime)),
            ("Wed Okt 10 20:19:24 +0000 2018", Err(Fault::UnknownTime)),
            ("yesterday", Err(Fault::UnknownTime)),
            ("", Err(Fault::UnknownTime)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
