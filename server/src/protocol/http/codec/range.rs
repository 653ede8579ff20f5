//! `Range`: which bytes of a file a request means (RFC 9110 section 14).

use std::ops::Range;

/// How many ranges one request may name; more make no sense, and the field is passed over.
const MAX_RANGES: usize = 64;

/// What of a file is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeSelection {
    /// All of it: no range was asked for, not one that is understood, or several apart from each
    /// other, which a server may answer with the whole.
    Whole,
    /// These bytes, at least one.
    Bytes(Range<u64>),
    /// No byte that is there.
    Unsatisfiable,
}

/// What the value of a `Range` field means for a file of `len` bytes.
pub fn select_range(value: &str, len: u64) -> RangeSelection {
    let Some(ranges) = parse(value) else {
        return RangeSelection::Whole;
    };
    let mut fitting: Vec<_> = ranges
        .into_iter()
        .filter_map(|asked| asked.of(len))
        .collect();
    if fitting.is_empty() {
        return RangeSelection::Unsatisfiable;
    }
    fitting.sort_by_key(|bytes| bytes.start);
    let mut whole = fitting[0].clone();
    for next in fitting {
        if next.start > whole.end {
            return RangeSelection::Whole;
        }
        whole.end = whole.end.max(next.end);
    }
    if whole.is_empty() {
        // The last bytes of an empty file: there is no way to name none in a `Content-Range`.
        return RangeSelection::Whole;
    }
    RangeSelection::Bytes(whole)
}

/// One range as it was asked for.
enum Asked {
    /// From the first byte to the last, both included; to the end when there is no last.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Asked {
    /// The bytes meant of a file of `len` bytes; `None` when none of them is there.
    fn of(&self, len: u64) -> Option<Range<u64>> {
        match *self {
            Self::From(first, last) if first < len => {
                Some(first..last.map_or(len, |last| last.saturating_add(1).min(len)))
            }
            Self::From(..) | Self::Last(0) => None,
            Self::Last(count) => Some(len.saturating_sub(count)..len),
        }
    }
}

/// The ranges of a field; `None` when it is not one in bytes, or wrong.
fn parse(value: &str) -> Option<Vec<Asked>> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let specs = set.split(',').map(str::trim);
    // A list may have empty elements (RFC 9110 section 5.6.1).
    let specs: Vec<_> = specs.filter(|spec| !spec.is_empty()).collect();
    if specs.is_empty() || specs.len() > MAX_RANGES {
        return None;
    }
    specs.into_iter().map(parse_one).collect()
}

fn parse_one(spec: &str) -> Option<Asked> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return number(last).map(Asked::Last);
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(Asked::From(first, None));
    }
    let last = number(last)?;
    (first <= last).then_some(Asked::From(first, Some(last)))
}

/// A number of digits only. One that is too large for any file is as good as the largest.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn single_suffix_and_several_ranges() {
        let huge = "99999999999999999999999";
        for (value, len, expected) in [
            ("bytes=0-0", 10, RangeSelection::Bytes(0..1)),
            ("bytes=0-", 10, RangeSelection::Bytes(0..10)),
            ("bytes=3-5", 10, RangeSelection::Bytes(3..6)),
            ("bytes=3-99", 10, RangeSelection::Bytes(3..10)),
            (&format!("bytes=3-{huge}"), 10, RangeSelection::Bytes(3..10)),
            ("bytes=9-9", 10, RangeSelection::Bytes(9..10)),
            ("bytes=-1", 10, RangeSelection::Bytes(9..10)),
            ("bytes=-10", 10, RangeSelection::Bytes(0..10)),
            ("bytes=-99", 10, RangeSelection::Bytes(0..10)),
            ("BYTES = 1-2", 10, RangeSelection::Bytes(1..3)),
            ("bytes=,1-2 ,", 10, RangeSelection::Bytes(1..3)),
            // Nothing fits.
            ("bytes=10-", 10, RangeSelection::Unsatisfiable),
            ("bytes=10-12", 10, RangeSelection::Unsatisfiable),
            (&format!("bytes={huge}-"), 10, RangeSelection::Unsatisfiable),
            ("bytes=-0", 10, RangeSelection::Unsatisfiable),
            ("bytes=0-", 0, RangeSelection::Unsatisfiable),
            ("bytes=-0,10-", 10, RangeSelection::Unsatisfiable),
            // Several: those that touch are one, others the whole file.
            ("bytes=0-2,3-5", 10, RangeSelection::Bytes(0..6)),
            ("bytes=4-8,0-5", 10, RangeSelection::Bytes(0..9)),
            ("bytes=0-1,5-6", 10, RangeSelection::Whole),
            ("bytes=0-1,50-60", 10, RangeSelection::Bytes(0..2)),
            // The last bytes of an empty file are all of it.
            ("bytes=-5", 0, RangeSelection::Whole),
        ] {
            assert_eq!(select_range(value, len), expected, "{value} of {len}");
        }
    }

    #[test]
    fn what_is_no_range_of_bytes_is_passed_over() {
        let many = format!("bytes={}", "0-0,".repeat(MAX_RANGES + 1));
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-",
            "bytes=1",
            "bytes=2-1",
            "bytes=+1-2",
            "bytes=1-2-3",
            "bytes=1 -2",
            "bytes=0x1-2",
            "items=0-1",
            "=0-1",
            "bytes=0-1;2-3",
            "bytes=0-1,x",
            "bytes=-1-2",
            "bytes=0-1,bytes=2-3",
            &many,
        ] {
            assert_eq!(select_range(value, 10), RangeSelection::Whole, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_in_the_file_and_is_not_empty(value in "bytes=[0-9,-]{0,20}|\\PC{0,20}", len: u64) {
            if let RangeSelection::Bytes(bytes) = select_range(&value, len) {
                prop_assert!(bytes.start < bytes.end && bytes.end <= len);
            }
        }

        #[test]
        fn any_range_that_fits_is_found(mut ends: [u64; 3]) {
            ends.sort_unstable();
            let [first, last, len] = ends;
            prop_assume!(last < len);
            let asked = format!("bytes={first}-{last}");
            prop_assert_eq!(select_range(&asked, len), RangeSelection::Bytes(first..last + 1));
        }
    }
}
