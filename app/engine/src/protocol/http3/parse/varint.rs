//! Variable-length integers of QUIC (RFC 9000, 16).

/// Largest value.
pub(super) const MAX: u64 = (1 << 62) - 1;

/// Reads the integer at the start of `bytes`. Returns it with its length in bytes; `None` if it is
/// incomplete.
pub(super) fn read(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = 1 << (first >> 6);
    let rest = bytes.get(1..len)?;
    let high = u64::from(first & 0x3F);
    let value = rest
        .iter()
        .fold(high, |value, byte| value << 8 | u64::from(*byte));
    Some((value, len))
}

/// Appends `value` in its shortest form; [`MAX`] for a larger one.
pub(super) fn write(value: u64, out: &mut Vec<u8>) {
    let value = value.min(MAX);
    match value {
        0..=0x3F => out.push(value as u8),
        0x40..=0x3FFF => out.extend((value as u16 | 0x4000).to_be_bytes()),
        0x4000..=0x3FFF_FFFF => out.extend((value as u32 | 0x8000_0000).to_be_bytes()),
        _ => out.extend((value | 0xC000_0000_0000_0000).to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        // RFC 9000, A.1.
        for (bytes, value) in [
            (
                &[0xC2, 0x19, 0x7C, 0x5E, 0xFF, 0x14, 0xE8, 0x8C][..],
                151_288_809_941_952_652,
            ),
            (&[0x9D, 0x7F, 0x3E, 0x7D], 494_878_333),
            (&[0x7B, 0xBD], 15_293),
            (&[0x25], 37),
            (&[0x40, 0x25], 37),
        ] {
            assert_eq!(read(bytes), Some((value, bytes.len())));
        }
        assert_eq!((read(&[]), read(&[0x40])), (None, None));
    }

    proptest! {
        #[test]
        fn a_written_integer_is_read_again(value in 0..=MAX, more: Vec<u8>) {
            let mut bytes = Vec::new();
            write(value, &mut bytes);
            let len = bytes.len();
            bytes.extend(more);
            prop_assert_eq!(read(&bytes), Some((value, len)));
            prop_assert_eq!(read(&bytes[..len - 1]), None);
        }
    }
}
