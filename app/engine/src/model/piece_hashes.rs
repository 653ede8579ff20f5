//! Hashes of the pieces of a file, which locate the wrong bytes of a damaged one.

use std::ops::Range;

use super::checksum::Checksum;

/// The expected hashes of the pieces of a file. All pieces have the same length, but the last may be
/// shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceHashes {
    len: u64,
    hashes: Vec<Checksum>,
}

impl PieceHashes {
    /// Creates hashes of pieces of `len` bytes. `None` if `len` is 0 or there are no hashes.
    pub fn new(len: u64, hashes: Vec<Checksum>) -> Option<Self> {
        (len > 0 && !hashes.is_empty()).then_some(Self { len, hashes })
    }

    /// Returns the length of a piece in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Returns the number of pieces.
    pub fn count(&self) -> usize {
        self.hashes.len()
    }

    /// Returns whether a file of `file_len` bytes has this number of pieces.
    pub fn fits(&self, file_len: u64) -> bool {
        file_len.div_ceil(self.len) == self.hashes.len() as u64
    }

    /// Returns the name of the hash algorithm.
    pub fn name(&self) -> &'static str {
        self.hashes.first().map_or("", Checksum::name)
    }

    /// Returns the hashes, in order.
    pub(crate) fn hashes(&self) -> &[Checksum] {
        &self.hashes
    }

    /// Returns the bytes of piece `index` (from 0) of a file of `file_len` bytes.
    pub(crate) fn bytes_of(&self, index: usize, file_len: u64) -> Range<u64> {
        let start = self.len.saturating_mul(index as u64).min(file_len);
        start..start.saturating_add(self.len).min(file_len)
    }

    /// Returns the indices of the pieces that overlap `bytes`, which is not empty.
    pub(crate) fn touched_by(&self, bytes: &Range<u64>) -> Range<usize> {
        let piece = |at: u64| ((at / self.len) as usize).min(self.hashes.len());
        piece(bytes.start)..(piece(bytes.end.saturating_sub(1)) + 1).min(self.hashes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_tile_the_file() {
        let hash = Checksum::Sha256([0; 32]);
        let pieces = PieceHashes::new(10, vec![hash.clone(); 3]).unwrap();
        assert!(pieces.fits(21) && pieces.fits(30) && !pieces.fits(20) && !pieces.fits(31));
        let all: Vec<_> = (0..3).map(|index| pieces.bytes_of(index, 25)).collect();
        assert_eq!(all, [0..10, 10..20, 20..25]);
        for (bytes, touched) in [(0..10, 0..1), (9..11, 0..2), (10..25, 1..3), (24..25, 2..3)] {
            assert_eq!(pieces.touched_by(&bytes), touched, "{bytes:?}");
        }
        assert_eq!(PieceHashes::new(0, vec![hash]), None);
        assert_eq!(PieceHashes::new(10, Vec::new()), None);
    }
}
