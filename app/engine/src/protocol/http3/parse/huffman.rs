//! The Huffman code of header strings (RFC 7541, 5.2 and appendix B).
//!
//! The code is canonical: within one length the codes rise with the symbol, and the first code of a length
//! follows the last shorter one. So the lengths alone determine it.

/// Number of symbols: the bytes, and the end of the string, which never occurs in one.
const SYMBOLS: usize = 257;
const END: u16 = 256;
/// Longest code in bits.
const MAX_BITS: usize = 30;

/// Length of the code of each symbol in bits.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// The code, derived from [`LENGTHS`].
struct Code {
    /// Number of symbols of each length.
    counts: [u16; MAX_BITS + 1],
    /// Symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
}

const CODE: Code = code();

const fn code() -> Code {
    let mut code = Code {
        counts: [0; MAX_BITS + 1],
        symbols: [0; SYMBOLS],
    };
    let (mut len, mut next) = (1, 0);
    while len <= MAX_BITS {
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == len {
                code.counts[len] += 1;
                code.symbols[next] = symbol as u16;
                next += 1;
            }
            symbol += 1;
        }
        len += 1;
    }
    code
}

/// Decodes a string; `None` if it contains the end symbol, or is padded with other than up to seven ones.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut at = Position::default();
    for byte in bytes {
        for shift in (0..8).rev() {
            if let Some(symbol) = at.step(byte >> shift & 1) {
                if symbol == END {
                    return None;
                }
                text.push(symbol as u8);
                at = Position::default();
            }
        }
    }
    (at.len < 8 && at.code + 1 == 1 << at.len).then_some(text)
}

/// The bits read of one code.
#[derive(Default)]
struct Position {
    code: u32,
    len: usize,
    /// The first code of this length, and the index of its symbol.
    first: u32,
    index: usize,
}

impl Position {
    /// Reads one bit. Returns the symbol if its code is complete.
    fn step(&mut self, bit: u8) -> Option<u16> {
        self.first = (self.first + u32::from(CODE.counts[self.len])) << 1;
        self.index += usize::from(CODE.counts[self.len]);
        self.code = self.code << 1 | u32::from(bit);
        self.len += 1;
        // Every sequence of the longest length is a code, so that `len` never exceeds it.
        let offset = self.code.checked_sub(self.first)?;
        (offset < u32::from(CODE.counts[self.len]))
            .then(|| CODE.symbols[self.index + offset as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Encodes a string by the canonical code.
    fn encode(text: &[u8]) -> Vec<u8> {
        let (mut codes, mut code, mut index) = ([0_u32; SYMBOLS], 0_u32, 0);
        for count in &CODE.counts {
            for _ in 0..*count {
                codes[usize::from(CODE.symbols[index])] = code;
                (code, index) = (code + 1, index + 1);
            }
            code <<= 1;
        }
        let mut bits = Vec::new();
        for byte in text {
            let symbol = usize::from(*byte);
            let len = u32::from(LENGTHS[symbol]);
            bits.extend((0..len).rev().map(|shift| codes[symbol] >> shift & 1));
        }
        bits.resize(bits.len().next_multiple_of(8), 1);
        let byte = |eight: &[u32]| eight.iter().fold(0, |byte, bit| byte << 1 | *bit as u8);
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_are_decoded() {
        // RFC 7541, C.4.1, C.4.2 and C.6.1.
        for (hex, text) in [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
            ("a8eb10649cbf", "no-cache"),
            ("6402", "302"),
            (
                "d07abe941054d444a8200595040b8166e082a62d1bff",
                "Mon, 21 Oct 2013 20:13:21 GMT",
            ),
        ] {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
            assert_eq!(decode(&bytes).as_deref(), Some(text.as_bytes()));
            assert_eq!(encode(text.as_bytes()), bytes);
        }
    }

    #[test]
    fn wrong_padding_and_the_end_symbol_are_refused() {
        assert_eq!(decode(&[]), Some(Vec::new()));
        // `0` is five zeros; the padding must be ones, and less than a byte.
        assert_eq!(decode(&[0b0000_0111]), Some(b"0".to_vec()));
        assert_eq!(decode(&[0b0000_0110]), None);
        assert_eq!(decode(&[0b0000_0111, 0xFF]), None);
        assert_eq!(decode(&[0xFF; 4]), None);
    }

    proptest! {
        #[test]
        fn an_encoded_string_is_decoded_again(text: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes: Vec<u8>) {
            if let Some(text) = decode(&bytes) {
                // The shortest code has five bits.
                prop_assert!(text.len() <= bytes.len() * 8 / 5);
                prop_assert_eq!(encode(&text), bytes);
            }
        }
    }
}
