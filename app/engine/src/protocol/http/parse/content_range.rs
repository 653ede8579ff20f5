//! Reads `Content-Range` (RFC 9110, 14.4): the range of the file in a response.

use std::ops::Range;

/// A parsed `Content-Range` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// The range, and the length of the file in bytes; `None` if the server does not know it.
    Bytes(Range<u64>, Option<u64>),
    /// No range (in a 416), or one after the end of the file; the length of the file in bytes.
    Unsatisfied(u64),
}

/// Parses the header; returns `None` if it is invalid.
pub(crate) fn parse(text: &str) -> Option<ContentRange> {
    let (span, total) = split(text)?;
    if span == "*" {
        return number(total).map(ContentRange::Unsatisfied);
    }
    let total = match total {
        "*" => None,
        digits => Some(number(digits)?),
    };
    // Some servers give an empty file a range: `0--1/0` or `0-0/0`.
    if total == Some(0) && matches!(span, "0--1" | "0-0") {
        return Some(ContentRange::Unsatisfied(0));
    }
    let (first, last) = span.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let end = last.checked_add(1)?;
    // Some servers send `N-(N-1)/N` in place of a 416.
    if let Some(total) = total.filter(|total| first >= *total && end <= first) {
        return Some(ContentRange::Unsatisfied(total));
    }
    let fits = first < end && total.is_none_or(|total| end <= total);
    fits.then_some(ContentRange::Bytes(first..end, total))
}

/// Returns the length of the file in bytes, also if the range is invalid.
pub(crate) fn total(text: &str) -> Option<u64> {
    number(split(text)?.1)
}

/// Returns the range and the length, as text.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim();
    let (unit, rest) = rest.split_at_checked("bytes".len())?;
    if !unit.eq_ignore_ascii_case("bytes") || !rest.starts_with([' ', '\t', '=', ':']) {
        return None;
    }
    let (span, total) = rest[1..].trim().split_once('/')?;
    Some((span.trim(), total.trim()))
}

/// Parses a number of digits only; `+5` is invalid.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_parsed_strictly() {
        let bytes = |range, total| Some(ContentRange::Bytes(range, total));
        assert_eq!(parse("bytes 0-9/100"), bytes(0..10, Some(100)));
        assert_eq!(parse("Bytes 5-5/*"), bytes(5..6, None));
        assert_eq!(parse("bytes */42"), Some(ContentRange::Unsatisfied(42)));
        for wrong in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/100",
            "bytes 0-100/100",
            "bytes -1-5/10",
            "bytes 0-9/-10",
            "bytes 0-18446744073709551615/*",
            "bytes a-b/c",
            "lines 0-9/100",
            "bytes0-9/100",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ranges_after_the_end_report_the_length() {
        let beyond = |len| Some(ContentRange::Unsatisfied(len));
        for (text, len) in [
            ("bytes 100-99/100", 100),
            ("bytes 500-99/100", 100),
            ("bytes 0--1/0", 0),
            ("bytes 0-0/0", 0),
        ] {
            assert_eq!(parse(text), beyond(len), "{text}");
        }
        assert_eq!(parse("bytes 90-80/100"), None);
        assert_eq!(parse("bytes 0--1/5"), None);
        assert_eq!(total("bytes 90-105/100"), Some(100));
        assert_eq!(total("bytes 90-105/*"), None);
        assert_eq!(total("bytes banana"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_rejected(text in ".{0,40}", numbers in "bytes [0-9]{0,25}-[0-9]{0,25}/[0-9*]{0,25}") {
            let _ = (parse(&text), total(&text));
            if let Some(ContentRange::Bytes(range, total)) = parse(&numbers) {
                prop_assert!(range.start < range.end && total.is_none_or(|total| range.end <= total));
            }
        }
    }
}
