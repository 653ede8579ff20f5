//! Numbers as people read them.

use std::time::Duration;

use lanes_shared::size;

use crate::lab::words;

/// Stands where there is no value.
pub(crate) const NONE: &str = "–";

/// A rate: `84.2 MB/s`, or a dash when nothing comes.
pub(crate) fn rate(bytes_per_sec: f64) -> String {
    if bytes_per_sec < 1.0 {
        return NONE.to_owned();
    }
    format!("{}/s", size::si(bytes_per_sec as u64))
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

/// A sentence with a capital at its beginning.
pub(crate) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
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
