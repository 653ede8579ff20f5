//! Numbers as people read them.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use lanes_shared::size;

use crate::lab::report::format as lab_format;
pub(crate) use crate::lab::report::format::capital;
pub(crate) use size::{Units, set_units, text as size};

/// Stands where there is no value.
pub(crate) const NONE: &str = "–";

/// A rate: `84.2 MB/s`, or a dash when nothing comes.
pub(crate) fn rate(bytes_per_sec: f64) -> String {
    if bytes_per_sec < 1.0 {
        return NONE.to_owned();
    }
    size::rate(bytes_per_sec)
}

/// By how much bytes a second are multiplied on an axis that reaches to `top`, and the unit they have then.
pub(crate) fn rate_unit(top: f64) -> (f64, &'static str) {
    rate_unit_in(size::units(), top)
}

fn rate_unit_in(units: Units, top: f64) -> (f64, &'static str) {
    let (step, names) = match units {
        Units::Si => (1000.0_f64, ["kB/s", "MB/s", "GB/s"]),
        Units::Iec => (1024.0, ["KiB/s", "MiB/s", "GiB/s"]),
    };
    let power = if top < step.powi(2) {
        1
    } else if top < step.powi(3) {
        2
    } else {
        3
    };
    (step.powi(-power), names[power as usize - 1])
}

/// A number of bytes in full: `5 038 721 bytes`.
pub(crate) fn bytes_in_full(bytes: u64) -> String {
    format!("{} bytes", grouped(bytes))
}

/// A whole number with a thin space between each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            said.push('\u{2009}');
        }
        said.push(digit);
    }
    said
}

fn local(time: SystemTime) -> Option<ZonedDateTime> {
    let time = Timestamp::try_from(time).ok()?;
    Some(time.to_zoned_datetime(TimeZone::system()))
}

/// The time of the day: `13:39:22`.
pub(crate) fn clock(time: SystemTime) -> String {
    local(time).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%H:%M:%S").to_string(),
    )
}

/// When something was, as short as it is clear at `now`: `13:39` today, else `24 Nov` or `24 Nov 2025`.
pub(crate) fn day(time: SystemTime, now: SystemTime) -> String {
    let (Some(time), Some(now)) = (local(time), local(now)) else {
        return NONE.to_owned();
    };
    let form = if time.date() == now.date() {
        "%H:%M"
    } else if time.year() == now.year() {
        "%-d %b"
    } else {
        "%-d %b %Y"
    };
    time.strftime(form).to_string()
}

/// A day and a time in full: `24 Nov 2025, 13:39:22`.
pub(crate) fn date_and_time(time: SystemTime) -> String {
    local(time).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%-d %b %Y, %H:%M:%S").to_string(),
    )
}

/// A day and a time so many seconds after the start of 1970, always as wide: `2025-11-24 13:39`.
pub(crate) fn minute(secs: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(secs));
    time.and_then(local).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// How long something took.
pub(crate) fn time(time: Duration) -> String {
    lab_format::time(time.as_secs_f64())
}

/// Time left: no more precise than anyone could know it.
pub(crate) fn left(left: Option<Duration>) -> String {
    left.map_or_else(
        || NONE.to_owned(),
        |left| lab_format::estimate(left.as_secs_f64()),
    )
}

/// A share as a whole percentage that says 100 only when all is there.
pub(crate) fn percent(share: f32) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0).floor())
}

/// A sentence in which no line ends between a number and its unit.
pub(crate) fn unbroken(sentence: &str) -> String {
    let mut after_digit = false;
    let unbroken = |letter: char| {
        let letter = if letter == ' ' && after_digit {
            '\u{a0}'
        } else {
            letter
        };
        after_digit = letter.is_ascii_digit();
        letter
    };
    sentence.chars().map(unbroken).collect()
}

/// A number and its word, in the singular or plural: `1 connection`, `10 connections`.
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

/// A size that is a round number of bytes, KiB or MiB as that; any other in bytes: `512 B`, `64 KiB`.
pub(crate) fn round_size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        b if b >= MIB && b % MIB == 0 => format!("{} MiB", b / MIB),
        b if b > KIB && b % KIB == 0 => format!("{} KiB", b / KIB),
        b => format!("{b} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_said_only_when_all_is_there() {
        assert_eq!(percent(0.9999), "99 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!(capital("each 2"), "Each 2");
        assert_eq!((capital("ä"), capital("")), ("Ä".into(), String::new()));
    }

    #[test]
    fn numbers_are_grouped_and_nothing_is_a_dash() {
        assert_eq!((rate(2.0e6), rate(0.4)), ("2.00 MB/s".into(), NONE.into()));
        assert_eq!(bytes_in_full(5_038_721), "5\u{2009}038\u{2009}721 bytes");
        assert_eq!(
            (grouped(7), grouped(123_456)),
            ("7".into(), "123\u{2009}456".into())
        );
    }

    #[test]
    fn an_axis_of_rates_has_the_unit_of_its_top() {
        let names = |units| [900.0, 1_010_000.0, 2e9].map(|top| rate_unit_in(units, top).1);
        assert_eq!(names(Units::Si), ["kB/s", "MB/s", "GB/s"]);
        assert_eq!(names(Units::Iec), ["KiB/s", "KiB/s", "GiB/s"]);
        assert_eq!(rate_unit_in(Units::Iec, 9e6).0, 1.0 / 1_048_576.0);
    }

    #[test]
    fn a_day_is_said_as_short_as_it_is_clear() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_467_908);
        assert_eq!(day(now, now).len(), "13:39".len());
        let day_of = |days: u64| day(now - Duration::from_secs(days * 86_400), now);
        assert!(day_of(3).ends_with(" Nov"), "{}", day_of(3));
        assert!(day_of(400).ends_with("2025"), "{}", day_of(400));
        assert!(date_and_time(now).contains("2026, "));
    }

    #[test]
    fn numbers_stay_with_their_units() {
        assert_eq!(unbroken("in 4.21 s (95 %)"), "in 4.21\u{a0}s (95\u{a0}%)");
    }

    #[test]
    fn round_sizes_stay_round() {
        let said = [128, 1024, 65536, 4 << 20, 1500].map(round_size);
        assert_eq!(said, ["128 B", "1024 B", "64 KiB", "4 MiB", "1500 B"]);
    }

    #[test]
    fn what_is_left_is_rounded_up() {
        assert_eq!(left(Some(Duration::from_millis(6100))), "7 s");
        assert_eq!(left(Some(Duration::from_secs(123))), "2 min 03 s");
        assert_eq!(left(None), NONE);
    }
}
