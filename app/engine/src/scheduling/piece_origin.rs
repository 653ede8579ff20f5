//! Which servers brought bytes of each piece, so that a wrong piece can be traced to its server.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::piece_hashes::PieceHashes;

/// For each piece a bit for each server that brought any of it. Servers from the 64th on share one.
pub(crate) struct PieceOrigins {
    pieces: Arc<PieceHashes>,
    brought: Vec<AtomicU64>,
}

impl PieceOrigins {
    /// Nothing has come yet.
    pub fn new(pieces: &Arc<PieceHashes>) -> Self {
        Self {
            pieces: Arc::clone(pieces),
            brought: (0..pieces.count()).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Server `number` brought `bytes`.
    pub fn note(&self, number: usize, bytes: &Range<u64>) {
        for brought in &self.brought[self.pieces.touched_by(bytes)] {
            brought.fetch_or(bit(number), Ordering::Relaxed);
        }
    }

    /// The servers that brought these pieces, which are wrong and forgotten: those that brought all of
    /// one; where there is none, those that brought any of one.
    pub fn suspects(&self, wrong: &[usize]) -> SuspectMirrors {
        let brought = wrong.iter().filter_map(|index| self.brought.get(*index));
        let brought: Vec<u64> = brought
            .map(|bits| bits.swap(0, Ordering::Relaxed))
            .collect();
        let or = |sum: u64, bits: &u64| sum | bits;
        let certain = brought.iter().filter(|bits| bits.count_ones() == 1);
        match certain.fold(0, or) {
            0 => SuspectMirrors(brought.iter().fold(0, or)),
            certain => SuspectMirrors(certain),
        }
    }
}

/// Some of the servers.
pub(crate) struct SuspectMirrors(u64);

impl SuspectMirrors {
    /// Whether server `number` is among them.
    pub fn has(&self, number: usize) -> bool {
        self.0 & bit(number) != 0
    }
}

fn bit(number: usize) -> u64 {
    1 << number.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Checksum;

    #[test]
    fn a_wrong_piece_is_traced_to_its_server() {
        let hashes = vec![Checksum::Sha256([0; 32]); 4];
        let blame = PieceOrigins::new(&Arc::new(PieceHashes::new(10, hashes).unwrap()));
        let begin = || {
            blame.note(0, &(0..15));
            blame.note(1, &(15..30));
            blame.note(70, &(30..40));
        };
        let among = |wrong: &[usize]| {
            let suspects = blame.suspects(wrong);
            [0, 1, 70].map(|number| suspects.has(number))
        };
        begin();
        assert_eq!(among(&[1]), [true, true, false], "both brought it");
        assert_eq!(among(&[1]), [false; 3], "forgotten");
        begin();
        assert_eq!(
            among(&[1, 2]),
            [false, true, false],
            "one brought all of a wrong one"
        );
        assert_eq!(among(&[3]), [false, false, true]);
    }
}
