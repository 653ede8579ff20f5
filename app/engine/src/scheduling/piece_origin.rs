//! Records which mirrors delivered each Metalink piece, so that a corrupt piece is traced to its
//! mirror.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::piece_hashes::PieceHashes;

/// A bitmap of mirrors for each piece. Mirrors from the 64th on share one bit.
pub(crate) struct PieceOrigins {
    pieces: Arc<PieceHashes>,
    origins: Vec<AtomicU64>,
}

impl PieceOrigins {
    /// Creates an empty record.
    pub fn new(pieces: &Arc<PieceHashes>) -> Self {
        Self {
            pieces: Arc::clone(pieces),
            origins: (0..pieces.count()).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Records that mirror `index` delivered `bytes`.
    pub fn record(&self, index: usize, bytes: &Range<u64>) {
        for origins in &self.origins[self.pieces.touched_by(bytes)] {
            origins.fetch_or(bit(index), Ordering::Relaxed);
        }
    }

    /// Returns the mirrors that may have delivered these `corrupt` pieces, and clears their
    /// records. If one mirror delivered a whole corrupt piece, only such mirrors are returned.
    pub fn suspects(&self, corrupt: &[usize]) -> SuspectMirrors {
        let origins = corrupt.iter().filter_map(|index| self.origins.get(*index));
        let origins: Vec<u64> = origins
            .map(|bits| bits.swap(0, Ordering::Relaxed))
            .collect();
        let union = |all: u64, bits: &u64| all | bits;
        let single = origins.iter().filter(|bits| bits.count_ones() == 1);
        match single.fold(0, union) {
            0 => SuspectMirrors(origins.iter().fold(0, union)),
            certain => SuspectMirrors(certain),
        }
    }
}

/// A set of mirrors.
pub(crate) struct SuspectMirrors(u64);

impl SuspectMirrors {
    /// Returns whether the set contains mirror `index`.
    pub fn contains(&self, index: usize) -> bool {
        self.0 & bit(index) != 0
    }
}

fn bit(index: usize) -> u64 {
    1 << index.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Checksum;

    #[test]
    fn corrupt_pieces_are_traced_to_their_mirror() {
        let hashes = vec![Checksum::Sha256([0; 32]); 4];
        let origins = PieceOrigins::new(&Arc::new(PieceHashes::new(10, hashes).unwrap()));
        let record = || {
            origins.record(0, &(0..15));
            origins.record(1, &(15..30));
            origins.record(70, &(30..40));
        };
        let suspects = |corrupt: &[usize]| {
            let suspects = origins.suspects(corrupt);
            [0, 1, 70].map(|index| suspects.contains(index))
        };
        record();
        assert_eq!(suspects(&[1]), [true, true, false], "both delivered it");
        assert_eq!(suspects(&[1]), [false; 3], "the record was cleared");
        record();
        assert_eq!(
            suspects(&[1, 2]),
            [false, true, false],
            "mirror 1 delivered all of piece 2"
        );
        assert_eq!(suspects(&[3]), [false, false, true]);
    }
}
