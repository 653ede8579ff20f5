//! Reads `Retry-After` (RFC 9110, 10.2.3): the delay that a busy server asks for.

use std::time::{Duration, SystemTime};

/// Parses a number of seconds, or a date, from which `now` is subtracted; `None` if it is invalid.
pub(crate) fn parse(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(secs) = text.parse::<u32>() {
        return Some(Duration::from_secs(secs.into()));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_and_dates_are_parsed() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let secs = |n| Some(Duration::from_secs(n));
        assert_eq!(parse(" 120 ", now), secs(120));
        assert_eq!(parse("Sun, 06 Nov 1994 08:50:07 GMT", now), secs(30));
        assert_eq!(parse("Sun, 06 Nov 1994 08:00:00 GMT", now), secs(0));
        for wrong in ["", "-1", "1.5", "soon", "99999999999"] {
            assert_eq!(parse(wrong, now), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_rejected(text in ".{0,60}") {
            let _ = parse(&text, SystemTime::now());
        }
    }
}
