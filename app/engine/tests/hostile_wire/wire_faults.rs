//! Faults in one direction of one connection, and their pseudo-random choice.

use std::time::Duration;

use lanes_shared::shuffle::Shuffle;

/// A fault at one offset of the byte stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Flips this bit of one byte.
    FlipBit(u8),
    /// Closes the connection with FIN.
    Close,
    /// Resets the connection with RST.
    Reset,
    /// Stops forwarding and keeps the connection open.
    Stall,
    /// Stops forwarding for this time.
    Delay(Duration),
    /// Swaps this many bytes with as many that follow.
    Swap(usize),
    /// Sends this many bytes twice.
    Duplicate(usize),
    /// Drops this many bytes.
    Drop(usize),
}

/// Faults of one direction of a connection.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    /// Faults with their offsets in bytes, in ascending order.
    pub faults: Vec<(u64, Fault)>,
    /// Rate limit in bytes/s.
    pub rate: Option<u64>,
}

impl FaultPlan {
    /// Returns a plan with one fault at offset `at`.
    pub fn single(at: u64, fault: Fault) -> Self {
        Self {
            faults: vec![(at, fault)],
            rate: None,
        }
    }
}

/// A deterministic sequence of pseudo-random numbers.
pub struct SeededRandom {
    shuffle: Shuffle,
    /// Number of values drawn so far.
    drawn: u64,
}

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self {
            shuffle: Shuffle::new(u64::MAX, seed),
            drawn: 0,
        }
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        self.shuffle.at(self.drawn) % end
    }

    pub fn choose<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len() as u64) as usize]
    }

    /// Returns up to three faults for a direction that carries about `len` bytes. A quarter of them are in
    /// the first 200 bytes, which contain the handshake messages.
    pub fn fault_plan(&mut self, len: u64) -> FaultPlan {
        let mut faults: Vec<_> = (0..self.below(4))
            .map(|_| {
                let within = self.choose(&[200, len, len, len]).max(1);
                (self.below(within), self.fault())
            })
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        FaultPlan { faults, rate: None }
    }

    fn fault(&mut self) -> Fault {
        let len = self.below(3000) as usize + 1;
        match self.below(12) {
            0..4 => Fault::FlipBit(self.below(8) as u8),
            4 => Fault::Close,
            5 => Fault::Reset,
            6 => Fault::Stall,
            7 => Fault::Delay(Duration::from_millis(self.below(1500))),
            8 | 9 => Fault::Swap(len),
            10 => Fault::Duplicate(len),
            _ => Fault::Drop(len),
        }
    }
}
