//! Numbers as people read them.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use lanes_shared::size;
use serde::{Deserialize, Serialize};

use crate::lab::words;
pub(crate) use crate::lab::words::capital;

/// Stands where there is no value.
pub(crate) const NONE: &str = "–";

/// In which units sizes and rates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Units {
    /// Powers of 1000: MB.
    #[default]
    Si,
    /// Powers of 1024: MiB.
    Iec,
}

thread_local! {
    /// One setting for everything that the window writes; only its own thread draws.
    static UNITS: Cell<Units> = const { Cell::new(Units::Si) };
}

/// From now on sizes and rates are written in these units.
pub(crate) fn set_units(units: Units) {
    UNITS.set(units);
}

/// A size with three significant digits: `5.04 MB`, or `4.81 MiB` where that is set.
pub(crate) fn size(bytes: u64) -> String {
    match UNITS.get() {
        Units::Si => size::si(bytes),
        Units::Iec => size::iec(bytes),
    }
}

/// A rate: `84.2 MB/s`, or a dash when nothing comes.
pub(crate) fn rate(bytes_per_sec: f64) -> String {
    if bytes_per_sec < 1.0 {
        return NONE.to_owned();
    }
    format!("{}/s", size(bytes_per_sec as u64))
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

/// How long something took.
pub(crate) fn time(time: Duration) -> String {
    words::time(time.as_secs_f64())
}

/// Time left: no more precise than anyone could know it.
pub(crate) fn left(left: Option<Duration>) -> String {
    left.map_or_else(|| NONE.to_owned(), |left| words::about(left.as_secs_f64()))
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
    fn sizes_are_written_in_the_units_that_are_set() {
        assert_eq!(
            (size(5_000_000), rate(2.0e6)),
            ("5.00 MB".into(), "2.00 MB/s".into())
        );
        set_units(Units::Iec);
        assert_eq!(
            (size(5 << 20), rate(1024.0)),
            ("5.00 MiB".into(), "1.00 KiB/s".into())
        );
        set_units(Units::Si);
        assert_eq!(bytes_in_full(5_038_721), "5\u{2009}038\u{2009}721 bytes");
        assert_eq!(
            (grouped(7), grouped(123_456)),
            ("7".into(), "123\u{2009}456".into())
        );
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
