//! Hashes of pieces: with them a wrong file tells which of its bytes are wrong.

use std::ops::Range;

use super::checksum::Checksum;

/// A file cut into equal pieces, the last perhaps shorter, and what each must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceHashes {
    len: u64,
    hashes: Vec<Checksum>,
}

impl PieceHashes {
    /// Pieces of `len` bytes. `None` for no pieces, and for pieces of nothing.
    pub fn new(len: u64, hashes: Vec<Checksum>) -> Option<Self> {
        (len > 0 && !hashes.is_empty()).then_some(Self { len, hashes })
    }

    /// The length of each but perhaps the last, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.hashes.len()
    }

    /// Whether a file of `file_len` bytes has just these pieces.
    pub fn fits(&self, file_len: u64) -> bool {
        file_len.div_ceil(self.len) == self.hashes.len() as u64
    }

    /// The name of their hashes' algorithm.
    pub fn name(&self) -> &'static str {
        self.hashes.first().map_or("", Checksum::name)
    }

    /// What each must hash to, in order.
    pub(crate) fn hashes(&self) -> &[Checksum] {
        &self.hashes
    }

    /// The bytes of piece `index` (from 0) of a file of `file_len` bytes.
    pub(crate) fn bytes_of(&self, index: usize, file_len: u64) -> Range<u64> {
        let start = self.len.saturating_mul(index as u64).min(file_len);
        start..start.saturating_add(self.len).min(file_len)
    }

    /// The pieces that `bytes`, of which there are some, touch.
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
