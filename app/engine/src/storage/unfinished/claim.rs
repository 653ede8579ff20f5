//! The bytes that a state claims to be present, as runs that rise.

use std::ops::Range;

use lanes_shared::packet::PacketPlan;

/// Ranges of bytes that rise and do not touch, within a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Runs(Vec<Range<u64>>);

/// Reason why the state of a program cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StateError {
    /// The text or the bytes are not those of such a state.
    #[error("{0}")]
    Malformed(&'static str),
    /// The state is of a file of another length.
    #[error("it is the state of a file of {state} bytes, the server's has {server}")]
    OtherLength {
        /// Length in the state, in bytes.
        state: u64,
        /// Length at the server, in bytes.
        server: u64,
    },
}

impl Runs {
    /// Returns the bytes of a file of `len` bytes that are in one of `present`. Parts beyond the file are left
    /// out.
    pub fn of_present(present: impl IntoIterator<Item = Range<u64>>, len: u64) -> Self {
        let mut present: Vec<Range<u64>> = present.into_iter().collect();
        present.sort_unstable_by_key(|range| range.start);
        let mut runs: Vec<Range<u64>> = Vec::new();
        for range in present {
            let range = range.start..range.end.min(len);
            if range.is_empty() {
                continue;
            }
            match runs.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => runs.push(range),
            }
        }
        Self(runs)
    }

    /// Returns the bytes of a file of `len` bytes that are in none of `missing`.
    pub fn of_missing(missing: Vec<Range<u64>>, len: u64) -> Self {
        let mut present = Vec::new();
        let mut at = 0;
        for gap in Self::of_present(missing, len).0 {
            present.push(at..gap.start);
            at = gap.end;
        }
        present.push(at..len);
        Self::of_present(present, len)
    }

    /// Iterates over the runs.
    pub fn iter(&self) -> impl Iterator<Item = &Range<u64>> {
        self.0.iter()
    }

    /// Returns the packets that are claimed as a whole: of each run the first, and the one after the last.
    pub fn packets(&self, plan: &PacketPlan) -> Vec<(u64, u64)> {
        let whole = |run: &Range<u64>| {
            let first = run.start.div_ceil(plan.packet_len().into());
            let end = match run.end < plan.file_len() {
                true => plan.id_at(run.end),
                false => plan.count(),
            };
            (first < end).then_some((first, end))
        };
        self.iter().filter_map(whole).collect()
    }

    /// Returns the number of claimed bytes.
    pub fn bytes(&self) -> u64 {
        self.iter().map(|run| run.end - run.start).sum()
    }

    /// Returns the offset behind the last claimed byte.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |run| run.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn present_and_missing_bytes_complement_each_other(ranges in prop::collection::vec((0u64..120, 0u64..40), 0..9), len in 0u64..100) {
            let ranges: Vec<Range<u64>> = ranges.into_iter().map(|(start, len)| start..start + len).collect();
            let inside = |at: &u64| ranges.iter().any(|range| range.contains(at));
            let present = Runs::of_present(ranges.clone(), len);
            let missing = Runs::of_missing(ranges.clone(), len);
            for at in 0..len {
                prop_assert_eq!(present.iter().any(|run| run.contains(&at)), inside(&at));
                prop_assert_eq!(missing.iter().any(|run| run.contains(&at)), !inside(&at));
            }
            for runs in [&present, &missing] {
                prop_assert!(runs.end() <= len);
                prop_assert!(runs.iter().all(|run| run.start < run.end));
                prop_assert!(runs.0.windows(2).all(|pair| pair[0].end < pair[1].start));
            }
            prop_assert_eq!(present.bytes() + missing.bytes(), len);
            let plan = PacketPlan::new(len * 128 + 5, 128).unwrap();
            let scaled = ranges.iter().map(|range| range.start * 90..range.end * 90);
            let scaled = Runs::of_present(scaled, plan.file_len());
            let packets = scaled.packets(&plan);
            prop_assert!(packets.windows(2).all(|pair| pair[0].1 <= pair[1].0));
            for id in 0..plan.count() {
                let mut bytes = plan.bytes_of(&(id..id + 1));
                let is_claimed = bytes.all(|at| scaled.iter().any(|run| run.contains(&at)));
                prop_assert_eq!(packets.iter().any(|(first, end)| (*first..*end).contains(&id)), is_claimed, "{}", id);
            }
        }
    }
}
