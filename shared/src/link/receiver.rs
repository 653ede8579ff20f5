//! The client's TCP: puts segments in order.
//!
//! Every segment is acknowledged. Linux may wait for a second one, but a client that reads what
//! comes as it comes makes it send at once: of the acknowledgements seen over an emulated link,
//! nine of ten were for a single segment.

use std::collections::VecDeque;

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
}

/// What came of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes that are now in order and were not before.
    pub(super) in_order: u64,
    /// It had come before.
    pub(super) duplicate: bool,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            bytes: 0,
            ahead: VecDeque::new(),
            held: 0,
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

    pub(super) fn receive(&mut self, segment: u64, len: u16) -> Received {
        let before = self.bytes;
        let duplicate = !self.place(segment, len);
        Received {
            in_order: self.bytes - before,
            duplicate,
        }
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
        assert_eq!(receiver.receive(0, 100).in_order, 100);
        assert_eq!(receiver.receive(3, 100).in_order, 0);
        assert_eq!(receiver.receive(2, 100).in_order, 0);
        assert!(receiver.receive(2, 100).duplicate);
        assert_eq!(receiver.held(), 2);
        assert_eq!(receiver.receive(1, 50).in_order, 250);
        assert!(receiver.receive(0, 100).duplicate);
        assert_eq!((receiver.next(), receiver.held()), (4, 0));
    }
}
