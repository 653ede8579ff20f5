//! Content of the served file: a function of version and offset, so that tests can compare every byte.

use lanes_shared::sample::Sample;
use sha2::{Digest as _, Sha256};

/// The version that the server serves unless a rule changes it.
pub const FIRST: u64 = 1;

/// Returns bytes `from..from + len` of this version of the file.
pub fn bytes(version: u64, from: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Sample::new(version).fill(from, &mut bytes);
    bytes
}

/// Returns the Repr-Digest of the file as in RFC 9530: `sha-256=:…:`.
pub fn repr_digest(version: u64, len: u64) -> String {
    let hash = Sha256::digest(bytes(version, 0, len as usize));
    format!("sha-256=:{}:", base64(&hash))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let word = (0..3).fold(0_u32, |word, i| {
            word << 8 | u32::from(*three.get(i).unwrap_or(&0))
        });
        (0..4)
            .map(move |i| match i <= three.len() {
                true => char::from(LETTERS[(word >> (18 - 6 * i)) as usize & 63]),
                false => '=',
            })
            .collect::<String>()
    };
    bytes.chunks(3).map(four).collect()
}

/// Encodes bytes as a gzip file with stored (uncompressed) blocks.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = bytes.chunks(0xffff).count();
    for (number, block) in bytes.chunks(0xffff).enumerate() {
        let len = block.len() as u16;
        out.push(u8::from(number + 1 == blocks));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
