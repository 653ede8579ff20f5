//! Packets of which a lost connection brought only the beginning. The next request for them begins at the byte
//! that is missing, so that connections which break after a few kilobytes get on. Only kept in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::sync;

/// The beginnings of packets that are in the file, though their packets are not complete.
#[derive(Debug, Default)]
pub(crate) struct PartialPackets {
    /// By the offset of a packet: the end of the bytes that are there.
    ends: Mutex<HashMap<u64, u64>>,
    /// All bytes recorded so far.
    gained: AtomicU64,
}

impl PartialPackets {
    /// Records that the packet at `start` is in the file up to `end`. Returns how many bytes of it are new.
    pub fn record(&self, start: u64, end: u64) -> u64 {
        let mut ends = self.ends();
        let known = ends.entry(start).or_insert(start);
        let gained = end.saturating_sub(*known);
        *known = end.max(*known);
        self.gained.fetch_add(gained, Ordering::Relaxed);
        gained
    }

    /// Returns the offset of the first missing byte of the packet at `start`, if its beginning is there.
    pub fn end_of(&self, start: u64) -> Option<u64> {
        self.ends().get(&start).copied()
    }

    /// Forgets all packets: the next bytes are of another version of the file.
    pub fn clear(&self) {
        self.ends().clear();
    }

    /// Returns the number of bytes recorded so far, also of packets that are complete by now.
    pub fn gained(&self) -> u64 {
        self.gained.load(Ordering::Relaxed)
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<u64, u64>> {
        sync::lock(&self.ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_bytes_count() {
        let partial = PartialPackets::default();
        assert_eq!(partial.end_of(100), None);
        assert_eq!(partial.record(100, 130), 30);
        assert_eq!(partial.record(100, 120), 0);
        assert_eq!(partial.record(100, 150), 20);
        assert_eq!((partial.end_of(100), partial.gained()), (Some(150), 50));
        partial.clear();
        assert_eq!((partial.end_of(100), partial.gained()), (None, 50));
    }
}
