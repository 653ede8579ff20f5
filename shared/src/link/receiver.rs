//! TCP receiver of the client: reorders segments.
//!
//! Every segment is acknowledged. Linux may delay an acknowledgement until the second segment, but
//! not while the client reads data as it arrives: of the acknowledgements captured over an emulated
//! link, nine in ten covered a single segment.

use super::packet_log::MAX_SACK_BLOCKS;
use std::collections::VecDeque;

#[derive(Debug, Clone)]
pub(super) struct Receiver {
    /// Next segment in order.
    next: u64,
    /// Bytes received in order.
    bytes: u64,
    /// Lengths of the segments from `next` on, zero for a missing one.
    out_of_order: VecDeque<u16>,
    /// Number of segments received out of order.
    out_of_order_count: u32,
}

/// Effect of a received segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes that have become readable in order.
    pub(super) in_order: u64,
    /// The segment had been received before.
    pub(super) duplicate: bool,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            bytes: 0,
            out_of_order: VecDeque::new(),
            out_of_order_count: 0,
        }
    }

    /// Returns the first missing segment.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Returns the bytes received in order.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the number of segments received after the first missing one.
    pub(super) fn out_of_order_count(&self) -> u32 {
        self.out_of_order_count
    }

    /// Returns the ranges of segments received after the first missing one: that which contains
    /// `segment` first, then the earliest others. Unused ones are empty.
    pub(super) fn ranges(&self, segment: u64) -> [(u64, u64); MAX_SACK_BLOCKS] {
        let mut all: Vec<(u64, u64)> = Vec::new();
        for (index, len) in self.out_of_order.iter().enumerate() {
            let at = self.next + index as u64;
            match all.last_mut() {
                Some(last) if *len > 0 && last.1 == at => last.1 = at + 1,
                _ if *len > 0 => all.push((at, at + 1)),
                _ => {}
            }
        }
        let changed = all
            .iter()
            .position(|range| (range.0..range.1).contains(&segment));
        if let Some(changed) = changed {
            let range = all.remove(changed);
            all.insert(0, range);
        }
        let mut ranges = [(0, 0); MAX_SACK_BLOCKS];
        for (range, found) in ranges.iter_mut().zip(all) {
            *range = found;
        }
        ranges
    }

    pub(super) fn receive(&mut self, segment: u64, len: u16) -> Received {
        let before = self.bytes;
        let duplicate = !self.insert(segment, len);
        Received {
            in_order: self.bytes - before,
            duplicate,
        }
    }

    /// Stores a segment. Returns whether it is new.
    fn insert(&mut self, segment: u64, len: u16) -> bool {
        if segment < self.next {
            return false;
        }
        let index = (segment - self.next) as usize;
        if index == 0 {
            self.out_of_order.pop_front();
            self.deliver(len);
            while let Some(len) = self.out_of_order.front().copied().filter(|len| *len > 0) {
                self.out_of_order.pop_front();
                self.out_of_order_count -= 1;
                self.deliver(len);
            }
            return true;
        }
        if self.out_of_order.len() <= index {
            self.out_of_order.resize(index + 1, 0);
        }
        if self.out_of_order[index] != 0 {
            return false;
        }
        self.out_of_order[index] = len;
        self.out_of_order_count += 1;
        true
    }

    fn deliver(&mut self, len: u16) {
        self.next += 1;
        self.bytes += u64::from(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_after_a_gap_are_held_back() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.receive(0, 100).in_order, 100);
        assert_eq!(receiver.receive(3, 100).in_order, 0);
        assert_eq!(receiver.receive(2, 100).in_order, 0);
        assert!(receiver.receive(2, 100).duplicate);
        assert_eq!(receiver.out_of_order_count(), 2);
        assert_eq!(receiver.receive(1, 50).in_order, 250);
        assert!(receiver.receive(0, 100).duplicate);
        assert_eq!((receiver.next(), receiver.out_of_order_count()), (4, 0));
    }
}
