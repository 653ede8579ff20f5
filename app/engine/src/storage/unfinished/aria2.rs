//! The control file of aria2, `NAME.aria2`, version 1. All numbers are big endian:
//!
//! | field | bytes |
//! |---|---|
//! | version, 1 | 2 |
//! | extension; its lowest bit is set for a torrent | 4 |
//! | length of the info hash, and the hash | 4 + that length |
//! | piece length | 4 |
//! | length of the file | 8 |
//! | uploaded bytes | 8 |
//! | length of the bitfield, and a bit a piece, the highest first | 4 + that length |
//! | pieces in flight | 4 |
//! | of each: index, length, length of a bitfield, and a bit a block of 16 KiB | 12 + that length |

use std::ops::Range;

use super::claim::{Runs, StateError};

/// Length of a block of a piece in flight, in bytes.
const BLOCK: u64 = 16 * 1024;

/// Returns the present bytes of a file of `len` bytes.
///
/// # Errors
/// The control file is damaged, of another version, of a torrent, or of another file.
pub(super) fn parse(bytes: &[u8], len: u64) -> Result<Runs, StateError> {
    let mut fields = Fields(bytes);
    if fields.array()? != [0, 1] {
        return Err(StateError::Malformed("only version 1 is known"));
    }
    let extension = fields.u32()?;
    let hash_len = fields.u32()?;
    if extension & 1 != 0 || hash_len != 0 {
        return Err(StateError::Malformed("it is the state of a torrent"));
    }
    let piece_len = u64::from(fields.u32()?);
    let total = u64::from_be_bytes(fields.array()?);
    let _uploaded: [u8; 8] = fields.array()?;
    if piece_len == 0 {
        return Err(StateError::Malformed("a piece has no length"));
    }
    if total != len {
        let (state, server) = (total, len);
        return Err(StateError::OtherLength { state, server });
    }
    let pieces = len.div_ceil(piece_len);
    let mut present = bits(fields.bitfield(pieces)?, piece_len, 0..len);
    let in_flight = fields.u32()?;
    for _ in 0..in_flight {
        let index = u64::from(fields.u32()?);
        let piece = piece_of(index, piece_len, len)?;
        if u64::from(fields.u32()?) != piece.end - piece.start {
            return Err(StateError::Malformed(
                "a piece in flight has another length",
            ));
        }
        let blocks = (piece.end - piece.start).div_ceil(BLOCK);
        present.extend(bits(fields.bitfield(blocks)?, BLOCK, piece));
    }
    match fields.0 {
        [] => Ok(Runs::of_present(present, len)),
        _ => Err(StateError::Malformed("bytes follow its end")),
    }
}

/// Returns the bytes of piece `index`.
fn piece_of(index: u64, piece_len: u64, len: u64) -> Result<Range<u64>, StateError> {
    let start = index.checked_mul(piece_len).filter(|start| *start < len);
    let start = start.ok_or(StateError::Malformed("a piece is beyond the file"))?;
    Ok(start..start.saturating_add(piece_len).min(len))
}

/// Returns the bytes of `whole` whose bits are set, with a bit for each `unit` bytes. Spare bits claim nothing.
fn bits(bitfield: &[u8], unit: u64, whole: Range<u64>) -> Vec<Range<u64>> {
    let mut present: Vec<Range<u64>> = Vec::new();
    let units = (whole.end - whole.start).div_ceil(unit);
    for number in 0..units {
        let byte = bitfield.get((number / 8) as usize).copied();
        if byte.unwrap_or_default() & (0x80 >> (number % 8)) == 0 {
            continue;
        }
        let start = whole.start + number * unit;
        let end = start.saturating_add(unit).min(whole.end);
        match present.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => present.push(start..end),
        }
    }
    present
}

/// The fields that are not read yet.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], StateError> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or(StateError::Malformed("it ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], StateError> {
        let mut array = [0; LEN];
        array.copy_from_slice(self.take(LEN)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, StateError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Takes a bitfield of `count` bits, and its length.
    fn bitfield(&mut self, count: u64) -> Result<&'a [u8], StateError> {
        let len = self.u32()?;
        if u64::from(len) != count.div_ceil(8) {
            return Err(StateError::Malformed("a bitfield has another length"));
        }
        self.take(len as usize)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECE: u64 = 1 << 20;

    /// Returns a control file with these pieces, and of each in flight its index and its blocks.
    pub fn control_file(len: u64, pieces: &[u64], in_flight: &[(u64, &[u64])]) -> Vec<u8> {
        let mut file = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let number = |file: &mut Vec<u8>, value: u64| file.extend((value as u32).to_be_bytes());
        let bitfield = |file: &mut Vec<u8>, count: u64, set: &[u64]| {
            let mut bits = vec![0u8; count.div_ceil(8) as usize];
            for bit in set {
                bits[(bit / 8) as usize] |= 0x80 >> (bit % 8);
            }
            number(file, bits.len() as u64);
            file.extend(bits);
        };
        number(&mut file, PIECE);
        file.extend(len.to_be_bytes());
        file.extend([0; 8]);
        bitfield(&mut file, len.div_ceil(PIECE), pieces);
        number(&mut file, in_flight.len() as u64);
        for (index, blocks) in in_flight {
            let piece_len = PIECE.min(len - index * PIECE);
            number(&mut file, *index);
            number(&mut file, piece_len);
            bitfield(&mut file, piece_len.div_ceil(BLOCK), blocks);
        }
        file
    }

    fn runs(bytes: &[u8], len: u64) -> Vec<(u64, u64)> {
        let parsed = parse(bytes, len).unwrap();
        parsed.iter().map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn pieces_and_blocks_in_flight_are_claimed() {
        let len = 10 * PIECE + 5;
        let file = control_file(len, &[0, 1, 10], &[(2, &[0, 1]), (4, &[63]), (7, &[])]);
        let expected = [
            (0, 2 * PIECE + 2 * BLOCK),
            (5 * PIECE - BLOCK, 5 * PIECE),
            (10 * PIECE, len),
        ];
        assert_eq!(runs(&file, len), expected);
        // As after a kill in the first minute: one piece in flight, without a block.
        assert_eq!(runs(&control_file(len, &[], &[(3, &[])]), len), []);
    }

    #[test]
    fn spare_bits_claim_nothing() {
        let mut file = control_file(3 * PIECE, &[2], &[]);
        let bitfield = file.len() - 5;
        file[bitfield] |= 0x1f;
        assert_eq!(runs(&file, 3 * PIECE), [(2 * PIECE, 3 * PIECE)]);
    }

    #[test]
    fn a_torrent_another_version_and_another_file_are_refused() {
        let good = control_file(3 * PIECE, &[1], &[(2, &[])]);
        for (at, bytes, reason) in [
            (1, &[0][..], "version"),
            (5, &[1], "torrent"),
            (9, &[20], "torrent"),
            (10, &[0; 4], "no length"),
            (33, &[2], "bitfield"),
            (38, &[2], "ends early"),
            (42, &[9], "beyond"),
            (46, &[9], "another length"),
        ] {
            let mut changed = good.clone();
            changed[at..at + bytes.len()].copy_from_slice(bytes);
            let error = parse(&changed, 3 * PIECE).unwrap_err().to_string();
            assert!(error.contains(reason), "{at}: {error}");
        }
        let other = StateError::OtherLength {
            state: 3 * PIECE,
            server: 7,
        };
        assert_eq!(parse(&good, 7), Err(other));
        for len in 0..good.len() {
            assert!(parse(&good[..len], 3 * PIECE).is_err(), "{len} bytes");
        }
        assert!(parse(&[&good[..], &[0]].concat(), 3 * PIECE).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_claim_bytes_of_the_file(start in prop::collection::vec(any::<u8>(), 0..90), len in 0u64..9_000_000, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let good = control_file(len.max(1), &[], &[(0, &[0])]);
            let mut changed = good.clone();
            changed[at.index(good.len())] = byte;
            for bytes in [start, changed] {
                if let Ok(runs) = parse(&bytes, len) {
                    prop_assert!(runs.end() <= len);
                }
            }
        }
    }
}
