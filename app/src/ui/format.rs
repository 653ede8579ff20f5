//! Formats numbers, times and sizes for the window.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use lanes_shared::size;

use crate::lab::report::format as lab_format;
pub(crate) use crate::lab::report::format::capital;
pub(crate) use size::{Units, set_units, text as size};

/// Placeholder for a missing value.
pub(crate) const NONE: &str = "–";

/// Formats a rate in bytes per second: `84.2 MB/s`, or a dash below 1.
pub(crate) fn rate(bytes_per_sec: f64) -> String {
    if bytes_per_sec < 1.0 {
        return NONE.to_owned();
    }
    size::rate(bytes_per_sec)
}

/// Returns the factor from bytes per second to the unit of an axis that ends at `top`, and that
/// unit.
pub(crate) fn rate_unit(top: f64) -> (f64, &'static str) {
    rate_unit_in(size::units(), top)
}

fn rate_unit_in(units: Units, top: f64) -> (f64, &'static str) {
    let (step, names) = match units {
        Units::Si => (1000.0_f64, ["kB/s", "MB/s", "GB/s"]),
        Units::Iec => (1024.0, ["KiB/s", "MiB/s", "GiB/s"]),
        Units::Bits => {
            // The factor is from bytes.
            let (factor, name) = rate_unit_of(1000.0, ["kbit/s", "Mbit/s", "Gbit/s"], top * 8.0);
            return (factor * 8.0, name);
        }
    };
    rate_unit_of(step, names, top)
}

fn rate_unit_of(step: f64, names: [&'static str; 3], top: f64) -> (f64, &'static str) {
    let power = if top < step.powi(2) {
        1
    } else if top < step.powi(3) {
        2
    } else {
        3
    };
    (step.powi(-power), names[power as usize - 1])
}

/// Formats the exact number of bytes: `5 038 721 bytes`.
pub(crate) fn bytes_in_full(bytes: u64) -> String {
    format!("{} bytes", grouped(bytes))
}

/// Formats an integer with thin spaces between groups of three digits.
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

/// Formats the time of day: `13:39:22`.
pub(crate) fn clock(time: SystemTime) -> String {
    local(time).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%H:%M:%S").to_string(),
    )
}

/// Formats a date relative to `now`: `13:39` today, else `24 Nov` or `24 Nov 2025`.
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

/// Formats date and time: `24 Nov 2025, 13:39:22`.
pub(crate) fn date_and_time(time: SystemTime) -> String {
    local(time).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%-d %b %Y, %H:%M:%S").to_string(),
    )
}

/// Formats a Unix time in seconds at a constant width: `2025-11-24 13:39`.
pub(crate) fn minute(secs: u64) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(secs));
    time.and_then(local).map_or_else(
        || NONE.to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// Formats a duration.
pub(crate) fn time(time: Duration) -> String {
    lab_format::time(time.as_secs_f64())
}

/// Formats a remaining time, rounded to a plausible precision.
pub(crate) fn left(left: Option<Duration>) -> String {
    left.map_or_else(
        || NONE.to_owned(),
        |left| lab_format::estimate(left.as_secs_f64()),
    )
}

/// Formats a share as an integer percentage, rounded down: 100 means complete.
pub(crate) fn percent(share: f32) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0).floor())
}

/// Replaces spaces after digits by no-break spaces, so that no line breaks between a number and its
/// unit.
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

/// Formats a count with its noun in the singular or plural: `1 connection`, `10 connections`.
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

/// Formats a size in MiB or KiB if it is a multiple of them, else in bytes: `512 B`, `64 KiB`.
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
    fn one_hundred_percent_means_complete() {
        assert_eq!(percent(0.9999), "99 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn the_first_letter_is_capitalised() {
        assert_eq!(capital("each 2"), "Each 2");
        assert_eq!((capital("ä"), capital("")), ("Ä".into(), String::new()));
    }

    #[test]
    fn numbers_are_grouped_and_a_zero_rate_is_a_dash() {
        assert_eq!((rate(2.0e6), rate(0.4)), ("2.00 MB/s".into(), NONE.into()));
        assert_eq!(bytes_in_full(5_038_721), "5\u{2009}038\u{2009}721 bytes");
        assert_eq!(
            (grouped(7), grouped(123_456)),
            ("7".into(), "123\u{2009}456".into())
        );
    }

    #[test]
    fn a_rate_axis_uses_the_unit_of_its_maximum() {
        let names = |units| [900.0, 1_010_000.0, 2e9].map(|top| rate_unit_in(units, top).1);
        assert_eq!(names(Units::Si), ["kB/s", "MB/s", "GB/s"]);
        assert_eq!(names(Units::Iec), ["KiB/s", "KiB/s", "GiB/s"]);
        assert_eq!(rate_unit_in(Units::Iec, 9e6).0, 1.0 / 1_048_576.0);
        assert_eq!(names(Units::Bits), ["kbit/s", "Mbit/s", "Gbit/s"]);
        assert!((rate_unit_in(Units::Bits, 9e6).0 - 8e-6).abs() < 1e-12);
    }

    #[test]
    fn a_date_omits_what_it_shares_with_today() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_467_908);
        assert_eq!(day(now, now).len(), "13:39".len());
        let day_of = |days: u64| day(now - Duration::from_secs(days * 86_400), now);
        assert!(day_of(3).ends_with(" Nov"), "{}", day_of(3));
        assert!(day_of(400).ends_with("2025"), "{}", day_of(400));
        assert!(date_and_time(now).contains("2026, "));
    }

    #[test]
    fn no_line_breaks_between_number_and_unit() {
        assert_eq!(unbroken("in 4.21 s (95 %)"), "in 4.21\u{a0}s (95\u{a0}%)");
    }

    #[test]
    fn multiples_of_kib_and_mib_use_that_unit() {
        let said = [128, 1024, 65536, 4 << 20, 1500].map(round_size);
        assert_eq!(said, ["128 B", "1024 B", "64 KiB", "4 MiB", "1500 B"]);
    }

    #[test]
    fn the_remaining_time_is_rounded_up() {
        assert_eq!(left(Some(Duration::from_millis(6100))), "7 s");
        assert_eq!(left(Some(Duration::from_secs(123))), "2 min 03 s");
        assert_eq!(left(None), NONE);
    }
}
