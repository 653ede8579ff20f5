//! Samples: generated files of any size, whose bytes are a function of seed and offset.
//!
//! With a sample an experiment measures the network and not a disk. Every 64-byte line begins with
//! a hash of its line number, so a packet written to the wrong offset is always detected; the rest
//! of a line is copied from a fixed block, so generating data costs little more than copying it.

use crate::shuffle::mix;
use crate::size;

const LINE: usize = 64;
const BLOCK: usize = 64 * 1024;

/// Maximum length of a sample, in bytes (1 TiB).
pub const MAX_SAMPLE_LEN: u64 = 1 << 40;

/// Maximum length of number and unit in a sample's name, in bytes.
const MAX_NAME_LEN: usize = 32;

/// Samples that a catalogue lists.
pub const LISTED: [&str; 3] = ["sample-10MiB.bin", "sample-100MiB.bin", "sample-1GiB.bin"];

/// Returns the length in bytes that a sample's name requests: `sample-<n><unit>.bin`, with a unit
/// that [`size::parse`] accepts. `None` for any other name, a number with a leading zero, or a length
/// above [`MAX_SAMPLE_LEN`]. So a sample has few names, and all are short.
pub fn len_of(name: &str) -> Option<u64> {
    let text = name.strip_prefix("sample-")?.strip_suffix(".bin")?;
    let has_leading_zero = matches!(text.as_bytes(), [b'0', b'0'..=b'9', ..]);
    let is_long = text.len() > MAX_NAME_LEN;
    if text.contains(char::is_whitespace) || has_leading_zero || is_long {
        return None;
    }
    size::parse(text).ok().filter(|len| *len <= MAX_SAMPLE_LEN)
}

/// Generator of the bytes of all samples: one endless stream per seed.
pub struct Sample {
    seed: u64,
    block: Box<[u8]>,
}

impl Sample {
    /// Creates the stream of `seed`. It uses 64 KiB.
    pub fn new(seed: u64) -> Self {
        let block = (0..BLOCK as u64 / 8)
            .flat_map(|i| mix(seed ^ mix(i)).to_le_bytes())
            .collect();
        Self { seed, block }
    }

    /// Fills `buf` with the bytes of the stream from `offset` on.
    pub fn fill(&self, offset: u64, buf: &mut [u8]) {
        let mut at = offset;
        let mut rest = buf;
        while !rest.is_empty() {
            let from = (at % BLOCK as u64) as usize;
            let (now, later) = rest.split_at_mut(rest.len().min(BLOCK - from));
            now.copy_from_slice(&self.block[from..from + now.len()]);
            self.number_lines(at, now);
            at += now.len() as u64;
            rest = later;
        }
    }

    /// Writes the hash of each line over its first eight bytes, as far as they lie in `buf`.
    fn number_lines(&self, offset: u64, buf: &mut [u8]) {
        let first = offset / LINE as u64;
        let skew = (offset % LINE as u64) as usize;
        let stamp = |line: u64| mix(self.seed ^ line).to_le_bytes();
        let head = 8usize.saturating_sub(skew).min(buf.len());
        if head > 0 {
            buf[..head].copy_from_slice(&stamp(first)[skew..skew + head]);
        }
        let rest = buf.get_mut(LINE - skew..).unwrap_or_default();
        let (lines, end) = rest.as_chunks_mut::<LINE>();
        let mut line = first + 1;
        for bytes in lines {
            bytes[..8].copy_from_slice(&stamp(line));
            line += 1;
        }
        let len = end.len().min(8);
        end[..len].copy_from_slice(&stamp(line)[..len]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn name_determines_the_length() {
        assert_eq!(len_of("sample-10MiB.bin"), Some(10 << 20));
        assert_eq!(len_of("sample-20MB.bin"), Some(20_000_000));
        assert_eq!(len_of("sample-0B.bin"), Some(0));
        assert_eq!(len_of("sample-1TiB.bin"), Some(1 << 40));
        for invalid in [
            "sample-2TiB.bin",
            "sample-.bin",
            "sample-1.bin.gz",
            "Data.jpg",
            "sample--1B.bin",
            "sample-01B.bin",
            "sample-00B.bin",
            "sample-1.0000000000000000000000000000000000KiB.bin",
        ] {
            assert_eq!(len_of(invalid), None, "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn partial_reads_equal_one_read(offset in 0u64..1 << 41, len in 0usize..200_000, cut in 0.0f64..1.0) {
            let sample = Sample::new(7);
            let mut whole = vec![0; len];
            sample.fill(offset, &mut whole);
            let at = (len as f64 * cut) as usize;
            let (mut left, mut right) = (vec![1; at], vec![2; len - at]);
            sample.fill(offset, &mut left);
            sample.fill(offset + at as u64, &mut right);
            left.append(&mut right);
            prop_assert!(left == whole);
        }

        #[test]
        fn lines_differ(a in 0u64..1 << 34, b in 0u64..1 << 34) {
            prop_assume!(a != b);
            let sample = Sample::new(7);
            let (mut x, mut y) = ([0; LINE], [0; LINE]);
            sample.fill(a * 64, &mut x);
            sample.fill(b * 64, &mut y);
            prop_assert_ne!(x, y);
        }
    }
}
