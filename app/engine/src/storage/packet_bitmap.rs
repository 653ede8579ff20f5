//! Packets of the file that are on disk: one bit each, set by any connection without a lock. A packet is a
//! numbered block of the file, over HTTP too.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// The received packets of a file.
pub(crate) struct PacketBitmap {
    words: Vec<AtomicU64>,
    count: u64,
}

/// A bitmap in a journal, in the shorter of two forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SavedBitmap {
    /// The runs of received packets: the first id and the one after the last.
    Runs(Vec<(u64, u64)>),
    /// The bits, as hexadecimal words of 64 packets.
    Bits(Vec<String>),
}

impl PacketBitmap {
    /// Creates a bitmap of `count` missing packets.
    pub fn new(count: u64) -> Self {
        let words = (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { words, count }
    }

    /// Returns whether packet `id` is received; `false` beyond the file.
    pub fn has(&self, id: u64) -> bool {
        let word = self.words.get((id / 64) as usize);
        word.is_some_and(|word| word.load(Ordering::Acquire) >> (id % 64) & 1 == 1)
    }

    /// Returns whether any of the packets `ids` is received.
    pub fn has_any(&self, ids: Range<u64>) -> bool {
        let mut id = ids.start;
        let end = ids.end.min(self.count);
        while id < end {
            let in_word = (64 - id % 64).min(end - id);
            let mask = u64::MAX >> (64 - in_word) << (id % 64);
            if self.words[(id / 64) as usize].load(Ordering::Acquire) & mask != 0 {
                return true;
            }
            id += in_word;
        }
        false
    }

    /// Marks packet `id` as received. Returns whether it was missing.
    pub fn set(&self, id: u64) -> bool {
        let bit = 1 << (id % 64);
        let word = self
            .words
            .get((id / 64) as usize)
            .filter(|_| id < self.count);
        // Release: a thread that sees the bit must see the bytes written before it.
        word.is_some_and(|word| word.fetch_or(bit, Ordering::AcqRel) & bit == 0)
    }

    /// Marks packet `id` as missing. Returns whether it was received.
    pub fn clear(&self, id: u64) -> bool {
        let bit = 1 << (id % 64);
        let word = self.words.get((id / 64) as usize);
        word.is_some_and(|word| word.fetch_and(!bit, Ordering::AcqRel) & bit != 0)
    }

    /// Returns the runs of missing packets within `ids`, in order.
    pub fn missing(&self, ids: Range<u64>) -> Vec<Range<u64>> {
        self.runs(ids, false)
    }

    fn runs(&self, ids: Range<u64>, received: bool) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        let mut id = ids.start;
        let end = ids.end.min(self.count);
        while id < end {
            let word = self.words[(id / 64) as usize].load(Ordering::Acquire);
            let word = (if received { word } else { !word }) >> (id % 64);
            let in_word = (64 - id % 64).min(end - id);
            let skip = u64::from(word.trailing_zeros()).min(in_word);
            let take = u64::from((word.checked_shr(skip as u32).unwrap_or(0)).trailing_ones());
            let take = take.min(in_word - skip);
            let start = id + skip;
            if take > 0 {
                match runs.last_mut() {
                    Some(last) if last.end == start => last.end = start + take,
                    _ => runs.push(start..start + take),
                }
            }
            id += (skip + take).max(1);
        }
        runs
    }

    /// Returns the bitmap in the form of the journal.
    pub fn save(&self) -> SavedBitmap {
        let runs = self.runs(0..self.count, true);
        // A run takes about 20 characters, a word of 64 packets 19.
        if runs.len() <= self.words.len() {
            return SavedBitmap::Runs(runs.into_iter().map(|run| (run.start, run.end)).collect());
        }
        let hex = |word: &AtomicU64| format!("{:x}", word.load(Ordering::Acquire));
        SavedBitmap::Bits(self.words.iter().map(hex).collect())
    }

    /// Marks the packets of a saved bitmap as received. Returns `false`, and leaves the bitmap in an
    /// unspecified state, if it does not fit this file. Runs must rise, so that no packet is marked twice.
    pub fn load(&self, saved: &SavedBitmap) -> bool {
        let mut last_end = 0;
        match saved {
            SavedBitmap::Runs(runs) => runs.iter().all(|(start, end)| {
                let fits = last_end <= *start && start < end && *end <= self.count;
                last_end = *end;
                if fits {
                    (*start..*end).for_each(|id| {
                        self.set(id);
                    });
                }
                fits
            }),
            SavedBitmap::Bits(words) => {
                let beyond = self.count % 64;
                words.len() == self.words.len()
                    && words
                        .iter()
                        .zip(&self.words)
                        .enumerate()
                        .all(|(i, (hex, word))| {
                            let Ok(bits) = u64::from_str_radix(hex, 16) else {
                                return false;
                            };
                            word.store(bits, Ordering::Release);
                            i + 1 < words.len() || beyond == 0 || bits >> beyond == 0
                        })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn missing_runs_are_the_packets_not_set(count in 1u64..500, set in prop::collection::vec(0u64..500, 0..300), a in 0u64..500, b in 0u64..500) {
            let bitmap = PacketBitmap::new(count);
            let mut received = vec![false; count as usize];
            for id in set {
                let is_new = bitmap.set(id);
                if id < count {
                    prop_assert_eq!(is_new, !std::mem::replace(&mut received[id as usize], true));
                } else {
                    prop_assert!(!is_new);
                }
            }
            let (from, to) = (a.min(b), a.max(b));
            let mut missing = vec![false; count as usize];
            let mut last_end = 0;
            for run in bitmap.missing(from..to) {
                prop_assert!(run.start < run.end && (last_end == 0 || run.start > last_end));
                last_end = run.end;
                run.for_each(|id| missing[id as usize] = true);
            }
            let cleared = PacketBitmap::new(count);
            prop_assert!(cleared.load(&bitmap.save()));
            for id in from..to {
                prop_assert_eq!(cleared.clear(id), bitmap.has(id));
            }
            prop_assert!((0..count).all(|id| cleared.has(id) == (bitmap.has(id) && !(from..to).contains(&id))));
            let any = (from..to.min(count)).any(|id| received[id as usize]);
            prop_assert_eq!(bitmap.has_any(from..to), any);
            for id in 0..count {
                prop_assert_eq!(bitmap.has(id), received[id as usize]);
                let expected = (from..to).contains(&id) && !received[id as usize];
                prop_assert_eq!(missing[id as usize], expected, "{}", id);
            }
            let copy = PacketBitmap::new(count);
            prop_assert!(copy.load(&bitmap.save()));
            prop_assert_eq!(copy.missing(0..count), bitmap.missing(0..count));
        }

        #[test]
        fn runs_that_do_not_rise_are_rejected(a in 0u64..90, b in 1u64..10, repeats in 2usize..5) {
            let bitmap = PacketBitmap::new(100);
            let run = (a, a + b);
            prop_assert!(!bitmap.load(&SavedBitmap::Runs(vec![run; repeats])));
            prop_assert!(!bitmap.load(&SavedBitmap::Runs(vec![run, (a.saturating_sub(1), a + 1)])));
            prop_assert!(PacketBitmap::new(100).load(&SavedBitmap::Runs(vec![run])));
        }

        #[test]
        fn an_untrusted_bitmap_is_rejected_or_fits(count in 0u64..300, runs in prop::collection::vec((0u64..400, 0u64..400), 0..9), words in prop::collection::vec("[0-9a-g]{0,17}", 0..6)) {
            for saved in [SavedBitmap::Runs(runs), SavedBitmap::Bits(words)] {
                let bitmap = PacketBitmap::new(count);
                if bitmap.load(&saved) {
                    prop_assert!(bitmap.missing(0..count).iter().all(|run| run.end <= count));
                }
            }
        }
    }
}
