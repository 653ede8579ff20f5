//! What happens to the bytes of one direction of one connection, drawn from a seed.

use std::time::Duration;

use lanes_shared::shuffle::Shuffle;

/// Something that a wire does to bytes that pass a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This bit of one byte is turned over.
    Flip(u8),
    /// The connection is closed.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing passes any more, and nobody is told.
    Stall,
    /// Nothing passes for so long.
    Delay(Duration),
    /// So many bytes change places with as many that follow.
    Swap(usize),
    /// So many bytes pass twice.
    Repeat(usize),
    /// So many bytes are lost.
    Drop(usize),
}

/// The faults of one direction by their place, in bytes from the beginning, in order.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    pub faults: Vec<(u64, Fault)>,
    /// At most so many bytes a second pass.
    pub rate: Option<u64>,
}

impl Fate {
    /// One fault.
    pub fn of(at: u64, fault: Fault) -> Self {
        Self {
            faults: vec![(at, fault)],
            rate: None,
        }
    }
}

/// Numbers that a seed gives, one after another.
pub struct Dice {
    shuffle: Shuffle,
    thrown: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self {
            shuffle: Shuffle::new(u64::MAX, seed),
            thrown: 0,
        }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        self.shuffle.at(self.thrown) % end
    }

    pub fn one_of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len() as u64) as usize]
    }

    /// What happens to one direction that brings about `len` bytes: nothing, or up to three things,
    /// a quarter of them at the beginning, where the messages are.
    pub fn fate(&mut self, len: u64) -> Fate {
        let mut faults: Vec<_> = (0..self.below(4))
            .map(|_| {
                let within = self.one_of(&[200, len, len, len]).max(1);
                (self.below(within), self.fault())
            })
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        Fate { faults, rate: None }
    }

    fn fault(&mut self) -> Fault {
        let some = self.below(3000) as usize + 1;
        match self.below(12) {
            0..4 => Fault::Flip(self.below(8) as u8),
            4 => Fault::Cut,
            5 => Fault::Reset,
            6 => Fault::Stall,
            7 => Fault::Delay(Duration::from_millis(self.below(1500))),
            8 | 9 => Fault::Swap(some),
            10 => Fault::Repeat(some),
            _ => Fault::Drop(some),
        }
    }
}
