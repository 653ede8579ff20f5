//! The time at which a download starts, as users write it.

use jiff::{Span, ZonedDateTime, civil::Time};

use super::days::Days;
use super::hours::parse_minute;

/// Longest wait for a start, in days.
const MAX_DAYS: i64 = 366;

/// Reason why a time cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StartTimeError {
    /// The text is not a time.
    #[error("write 23:30, Sat 8:00, 2026-12-24 18:00, or in 90 min, in 2 h, in 3 days")]
    Syntax,
    /// The time has passed, or is more than a year away.
    #[error("the time is not within the next {MAX_DAYS} days")]
    Range,
}

/// Parses the time at which a download starts; `None` for an empty text. A time of the day is the next one of that
/// time, also behind `Sat`; a date is one of the local time.
///
/// # Errors
/// See [`StartTimeError`].
pub(crate) fn parse(
    text: &str,
    now: &ZonedDateTime,
) -> Result<Option<ZonedDateTime>, StartTimeError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let lower = text.to_ascii_lowercase();
    let delay = lower
        .strip_prefix("in ")
        .or_else(|| lower.strip_prefix('+'));
    let at = match delay {
        Some(delay) => after(delay.trim(), now)?,
        None => at(&lower, now)?,
    };
    let latest = now.checked_add(Span::new().days(MAX_DAYS));
    let is_near = at > *now && latest.is_ok_and(|latest| at <= latest);
    is_near.then_some(Some(at)).ok_or(StartTimeError::Range)
}

/// Parses a number with a unit, and adds it to `now`.
fn after(delay: &str, now: &ZonedDateTime) -> Result<ZonedDateTime, StartTimeError> {
    let end = delay.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = delay.split_at(end.unwrap_or(delay.len()));
    let number: i64 = number.parse().map_err(|_| StartTimeError::Syntax)?;
    let minutes = match unit.trim() {
        "m" | "min" | "minute" | "minutes" => 1,
        "h" | "hour" | "hours" => 60,
        "d" | "day" | "days" => 24 * 60,
        _ => return Err(StartTimeError::Syntax),
    };
    let total = number.checked_mul(minutes).ok_or(StartTimeError::Range)?;
    let span = Span::new().try_minutes(total);
    let at = span.and_then(|span| now.checked_add(span));
    at.map_err(|_| StartTimeError::Range)
}

/// Parses a time of the day, perhaps behind a day or a date.
fn at(text: &str, now: &ZonedDateTime) -> Result<ZonedDateTime, StartTimeError> {
    let (day, time) = text.rsplit_once(' ').unwrap_or(("", text));
    let minute = parse_minute(time).ok_or(StartTimeError::Syntax)?;
    let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0);
    let time = time.map_err(|_| StartTimeError::Syntax)?;
    let day = day.trim();
    let on = |days: i64| {
        let date = now.date().checked_add(Span::new().days(days));
        let at = date.and_then(|date| {
            date.to_datetime(time)
                .to_zoned_datetime(now.time_zone().clone())
        });
        at.map_err(|_| StartTimeError::Range)
    };
    if day.is_empty() {
        return Ok(on(0)?).and_then(|today| if today > *now { Ok(today) } else { on(1) });
    }
    if let Ok(date) = day.parse::<jiff::civil::Date>() {
        let at = date
            .to_datetime(time)
            .to_zoned_datetime(now.time_zone().clone());
        return at.map_err(|_| StartTimeError::Range);
    }
    let wanted = Days::parse(day).ok_or(StartTimeError::Syntax)?;
    let today = now.weekday().to_monday_zero_offset();
    let ahead = i64::from(wanted) - i64::from(today);
    let days = if ahead < 0 { ahead + 7 } else { ahead };
    let at = on(days)?;
    if at > *now { Ok(at) } else { on(days + 7) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_next_ones_in_the_local_time() {
        // A Tuesday.
        let now: ZonedDateTime = "2026-12-01T21:30:00+01:00[Europe/Paris]".parse().unwrap();
        let parsed = |text: &str| {
            let at = parse(text, &now)?;
            Ok(at.map(|at| at.datetime().to_string()))
        };
        for (text, expected) in [
            ("23:30", "2026-12-01T23:30:00"),
            ("7", "2026-12-02T07:00:00"),
            ("21:30", "2026-12-02T21:30:00"),
            ("Sat 8:00", "2026-12-05T08:00:00"),
            ("tuesday 8:00", "2026-12-08T08:00:00"),
            ("tue 22:00", "2026-12-01T22:00:00"),
            ("mon 0:05", "2026-12-07T00:05:00"),
            ("2026-12-24 18:00", "2026-12-24T18:00:00"),
            ("in 90 min", "2026-12-01T23:00:00"),
            ("In 2h", "2026-12-01T23:30:00"),
            ("+1d", "2026-12-02T21:30:00"),
        ] {
            assert_eq!(parsed(text), Ok(Some(expected.to_owned())), "{text}");
        }
        assert_eq!(parsed("  "), Ok(None));
        for wrong in [
            "soon",
            "25:00",
            "in",
            "in 2",
            "in x h",
            "Xyz 8:00",
            "2026-13-01 8:00",
            "in -2 h",
        ] {
            assert_eq!(parsed(wrong), Err(StartTimeError::Syntax), "{wrong}");
        }
        for far in [
            "2026-11-30 8:00",
            "2036-01-01 8:00",
            "in 400 days",
            "in 99999999999 d",
            "in 0 h",
        ] {
            assert_eq!(parsed(far), Err(StartTimeError::Range), "{far}");
        }
    }
}
