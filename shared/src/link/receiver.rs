//! The client's TCP: puts segments in order and says when an acknowledgement goes.
//!
//! As Linux: the first 16 segments are acknowledged one by one, then every second; at once when
//! something is missing or came twice; and a single one after 40 ms.

use super::Ns;
use super::events::NEVER;
use std::collections::VecDeque;

/// Segments at the beginning that are acknowledged one by one.
const QUICK: u32 = 16;
/// How long a lone segment waits for its acknowledgement, in nanoseconds.
const DELAY: Ns = 40_000_000;

#[derive(Debug, Clone)]
pub(super) struct Receiver {
    /// The next segment in order.
    next: u64,
    /// Bytes received in order.
    bytes: u64,
    /// Lengths of the segments from `next` on, zero for those missing.
    ahead: VecDeque<u16>,
    /// How many of `ahead` are there.
    held: u32,
    unacked: u32,
    quick: u32,
    /// When the delayed acknowledgement goes.
    pub(super) ack_at: Ns,
}

/// What came of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes that are now in order and were not before.
    pub(super) in_order: u64,
    /// It had come before.
    pub(super) duplicate: bool,
    /// An acknowledgement goes at once.
    pub(super) ack: bool,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            bytes: 0,
            ahead: VecDeque::new(),
            held: 0,
            unacked: 0,
            quick: QUICK,
            ack_at: NEVER,
        }
    }

    /// The first segment that is missing.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Bytes received in order.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Segments beyond the first that is missing.
    pub(super) fn held(&self) -> u32 {
        self.held
    }

    pub(super) fn receive(&mut self, now: Ns, segment: u64, len: u16) -> Received {
        let gap = self.held > 0;
        let before = self.bytes;
        let duplicate = !self.place(segment, len);
        let out_of_order = gap || duplicate || self.held > 0;
        let ack = out_of_order || self.quick > 0 || self.unacked > 0;
        self.quick = self.quick.saturating_sub(1);
        if ack {
            self.acknowledged();
        } else {
            self.unacked += 1;
            self.ack_at = now + DELAY;
        }
        Received {
            in_order: self.bytes - before,
            duplicate,
            ack,
        }
    }

    /// An acknowledgement went.
    pub(super) fn acknowledged(&mut self) {
        self.unacked = 0;
        self.ack_at = NEVER;
    }

    /// Whether the segment is new.
    fn place(&mut self, segment: u64, len: u16) -> bool {
        if segment < self.next {
            return false;
        }
        let index = (segment - self.next) as usize;
        if index == 0 {
            self.ahead.pop_front();
            self.in_order(len);
            while let Some(len) = self.ahead.front().copied().filter(|len| *len > 0) {
                self.ahead.pop_front();
                self.held -= 1;
                self.in_order(len);
            }
            return true;
        }
        if self.ahead.len() <= index {
            self.ahead.resize(index + 1, 0);
        }
        if self.ahead[index] != 0 {
            return false;
        }
        self.ahead[index] = len;
        self.held += 1;
        true
    }

    fn in_order(&mut self, len: u16) {
        self.next += 1;
        self.bytes += u64::from(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_behind_a_gap_wait_for_it() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.receive(0, 0, 100).in_order, 100);
        assert_eq!(receiver.receive(0, 3, 100).in_order, 0);
        assert_eq!(receiver.receive(0, 2, 100).in_order, 0);
        assert!(receiver.receive(0, 2, 100).duplicate);
        assert_eq!(receiver.held(), 2);
        assert_eq!(receiver.receive(0, 1, 50).in_order, 250);
        assert!(receiver.receive(0, 0, 100).duplicate);
        assert_eq!((receiver.next(), receiver.held()), (4, 0));
    }

    #[test]
    fn every_second_segment_is_acknowledged_once_the_quick_ones_are_used() {
        let mut receiver = Receiver::new();
        let acks: Vec<bool> = (0..20).map(|i| receiver.receive(i, i, 1).ack).collect();
        assert!(acks[..16].iter().all(|ack| *ack));
        assert_eq!(acks[16..], [false, true, false, true]);
        receiver.receive(20, 20, 1);
        assert_eq!(receiver.ack_at, 20 + DELAY);
    }
}
