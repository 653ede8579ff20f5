//! The state file of axel 2.5 and later, `NAME.st`, in the byte order of the computer:
//!
//! | field | bytes |
//! |---|---|
//! | connections | 2 |
//! | bytes that are present | 8 |
//! | of each connection: the next byte, and the end of its range, exclusive | 16 |
//!
//! All bytes are present but those from a next byte to its end. So the present and the missing bytes add up
//! to the length of the file, which the state does not hold itself: a finished connection takes half of the
//! range of another, so the greatest end need not be that of the file.

use std::ops::Range;

use super::claim::{Runs, StateError};

/// Returns the present bytes of a file of `len` bytes.
///
/// # Errors
/// The state is damaged, or of another file.
pub(super) fn parse(bytes: &[u8], len: u64) -> Result<Runs, StateError> {
    let early = StateError::Malformed("it ends early");
    let (count, rest) = bytes.split_first_chunk().ok_or(early)?;
    let (done, ranges) = rest.split_first_chunk().ok_or(early)?;
    let count = usize::from(u16::from_ne_bytes(*count));
    if count == 0 {
        return Err(StateError::Malformed("it has no connection"));
    }
    if ranges.len() != 16 * count {
        return Err(StateError::Malformed(
            "its length does not fit its connections",
        ));
    }
    let number = |bytes: &[u8; 8]| {
        let number = i64::from_ne_bytes(*bytes);
        u64::try_from(number).map_err(|_| StateError::Malformed("a number is negative"))
    };
    let done = number(done)?;
    let mut missing: Vec<Range<u64>> = Vec::new();
    for range in ranges.as_chunks::<16>().0 {
        let (Some(next), Some(end)) = (range.first_chunk(), range.last_chunk()) else {
            return Err(early);
        };
        missing.push(number(next)?..number(end)?);
    }
    missing.retain(|range| !range.is_empty());
    missing.sort_unstable_by_key(|range| range.start);
    if missing.windows(2).any(|pair| pair[0].end > pair[1].start) {
        return Err(StateError::Malformed("two connections have the same bytes"));
    }
    // The ranges do not overlap, so the sum fits.
    let left: u64 = missing.iter().map(|range| range.end - range.start).sum();
    let state = done.saturating_add(left);
    if state != len {
        return Err(StateError::OtherLength { state, server: len });
    }
    if missing.last().is_some_and(|range| range.end > len) {
        return Err(StateError::Malformed("a connection is beyond the file"));
    }
    Ok(Runs::of_missing(missing, len))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns a state with these next bytes and ends.
    pub fn state(done: u64, ranges: &[(u64, u64)]) -> Vec<u8> {
        let mut state = (ranges.len() as u16).to_ne_bytes().to_vec();
        state.extend(done.to_ne_bytes());
        for (next, end) in ranges {
            state.extend(next.to_ne_bytes());
            state.extend(end.to_ne_bytes());
        }
        state
    }

    #[test]
    fn all_is_present_but_what_the_connections_have_before_them() {
        let parsed = parse(&state(65, &[(30, 40), (55, 70), (90, 100), (50, 50)]), 100);
        let runs: Vec<_> = parsed.unwrap().iter().cloned().collect();
        assert_eq!(runs, [0..30, 40..55, 70..90]);
        // The connection of the end was the first to finish, and took half of another range.
        let parsed = parse(&state(80, &[(10, 20), (40, 50)]), 100).unwrap();
        assert_eq!((parsed.bytes(), parsed.end()), (80, 100));
    }

    #[test]
    fn a_state_that_does_not_add_up_is_refused() {
        for (state, reason) in [
            (state(0, &[]), "no connection"),
            (state(65, &[(0, 35)])[..20].to_vec(), "length"),
            (state(70, &[(0, 20), (10, 20)]), "same bytes"),
            (state(60, &[(80, 120)]), "beyond"),
            (state(u64::MAX, &[(0, 1)]), "negative"),
            (state(9, &[(0, 10)]), "19 bytes"),
            (vec![1], "early"),
        ] {
            let error = parse(&state, 100).unwrap_err().to_string();
            assert!(error.contains(reason), "{reason}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_claim_as_many_as_they_say(bytes in prop::collection::vec(any::<u8>(), 0..60), ranges in prop::collection::vec((0u64..200, 0u64..200), 1..5), done in 0u64..200, len in 0u64..200) {
            for state in [bytes, state(done, &ranges)] {
                if let Ok(runs) = parse(&state, len) {
                    prop_assert!(runs.end() <= len);
                    prop_assert_eq!(&state[2..10], &runs.bytes().to_ne_bytes());
                }
            }
        }
    }
}
