//! Range requests (RFC 9110, section 14).

use std::ops::Range;

/// Maximum number of ranges of a request; a header with more is ignored.
const MAX_RANGES: usize = 64;

/// The part of a file that a `Range` header selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeSelection {
    /// The whole file: the header is absent or invalid, or its ranges are not adjacent. Section 14.2
    /// allows a server to ignore such a header.
    Whole,
    /// These bytes; never empty.
    Bytes(Range<u64>),
    /// No byte of the file.
    Unsatisfiable,
}

/// Evaluates the value of a `Range` header for a file of `len` bytes.
pub fn select_range(value: &str, len: u64) -> RangeSelection {
    let Some(ranges) = parse(value) else {
        return RangeSelection::Whole;
    };
    let mut satisfiable: Vec<_> = ranges
        .into_iter()
        .filter_map(|range| range.resolve(len))
        .collect();
    if satisfiable.is_empty() {
        return RangeSelection::Unsatisfiable;
    }
    satisfiable.sort_by_key(|bytes| bytes.start);
    let mut whole = satisfiable[0].clone();
    for next in satisfiable {
        if next.start > whole.end {
            return RangeSelection::Whole;
        }
        whole.end = whole.end.max(next.end);
    }
    if whole.is_empty() {
        // A suffix range of an empty file: a `Content-Range` cannot express an empty range.
        return RangeSelection::Whole;
    }
    RangeSelection::Bytes(whole)
}

/// One range as requested.
enum RangeSpec {
    /// From the first byte to the last, inclusive, or to the end of the file.
    From(u64, Option<u64>),
    /// The last bytes of the file.
    Suffix(u64),
}

impl RangeSpec {
    /// Returns the bytes of a file of `len` bytes; `None` if the file has none of them.
    fn resolve(&self, len: u64) -> Option<Range<u64>> {
        match *self {
            Self::From(first, last) if first < len => {
                Some(first..last.map_or(len, |last| last.saturating_add(1).min(len)))
            }
            Self::From(..) | Self::Suffix(0) => None,
            Self::Suffix(count) => Some(len.saturating_sub(count)..len),
        }
    }
}

/// Parses a header; `None` if it is invalid or its unit is not bytes.
fn parse(value: &str) -> Option<Vec<RangeSpec>> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let specs = set.split(',').map(str::trim);
    // Empty list elements are allowed (RFC 9110, section 5.6.1).
    let specs: Vec<_> = specs.filter(|spec| !spec.is_empty()).collect();
    if specs.is_empty() || specs.len() > MAX_RANGES {
        return None;
    }
    specs.into_iter().map(parse_one).collect()
}

fn parse_one(spec: &str) -> Option<RangeSpec> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return number(last).map(RangeSpec::Suffix);
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(RangeSpec::From(first, None));
    }
    let last = number(last)?;
    (first <= last).then_some(RangeSpec::From(first, Some(last)))
}

/// Parses a number without a sign. Numbers above 64 bits saturate, as no file is that long.
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
    fn single_suffix_and_multiple_ranges_are_evaluated() {
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
            // No byte of the file.
            ("bytes=10-", 10, RangeSelection::Unsatisfiable),
            ("bytes=10-12", 10, RangeSelection::Unsatisfiable),
            (&format!("bytes={huge}-"), 10, RangeSelection::Unsatisfiable),
            ("bytes=-0", 10, RangeSelection::Unsatisfiable),
            ("bytes=0-", 0, RangeSelection::Unsatisfiable),
            ("bytes=-0,10-", 10, RangeSelection::Unsatisfiable),
            // Adjacent ranges are merged; others select the whole file.
            ("bytes=0-2,3-5", 10, RangeSelection::Bytes(0..6)),
            ("bytes=4-8,0-5", 10, RangeSelection::Bytes(0..9)),
            ("bytes=0-1,5-6", 10, RangeSelection::Whole),
            ("bytes=0-1,50-60", 10, RangeSelection::Bytes(0..2)),
            // A suffix of an empty file is the whole file.
            ("bytes=-5", 0, RangeSelection::Whole),
        ] {
            assert_eq!(select_range(value, len), expected, "{value} of {len}");
        }
    }

    #[test]
    fn invalid_ranges_are_ignored() {
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
        fn selected_bytes_lie_in_the_file_and_are_not_empty(value in "bytes=[0-9,-]{0,20}|\\PC{0,20}", len: u64) {
            if let RangeSelection::Bytes(bytes) = select_range(&value, len) {
                prop_assert!(bytes.start < bytes.end && bytes.end <= len);
            }
        }

        #[test]
        fn any_range_inside_the_file_is_selected(mut ends: [u64; 3]) {
            ends.sort_unstable();
            let [first, last, len] = ends;
            prop_assume!(last < len);
            let header = format!("bytes={first}-{last}");
            prop_assert_eq!(select_range(&header, len), RangeSelection::Bytes(first..last + 1));
        }
    }
}
