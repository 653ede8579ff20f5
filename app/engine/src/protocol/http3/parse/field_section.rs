//! Field sections: the header fields of requests and responses, encoded by QPACK (RFC 9204) without a
//! dynamic table.

use super::huffman;
use super::static_table::STATIC_TABLE;
use super::violation::Violation;

/// Largest size of the fields of a response, counted as in RFC 9114, 4.2.2: names, values, and 32 bytes for
/// each field.
pub(crate) const MAX_FIELDS_LEN: usize = 64 << 10;
const FIELD_OVERHEAD: usize = 32;

/// A function that receives the name and the value of each field.
pub(crate) type OnField<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), Violation> + 'a;

/// Calls `field` with the name and the value of each field of a section.
///
/// # Errors
/// [`Violation::FieldSection`] if the section cannot be decoded, refers to the dynamic table, or is larger
/// than [`MAX_FIELDS_LEN`]; else the error of `field`.
pub(crate) fn decode(section: &[u8], field: &mut OnField<'_>) -> Result<(), Violation> {
    let mut rest = Input(section);
    // The base counts only for the dynamic table.
    let (required, _base) = (rest.integer(8)?, rest.signed_base()?);
    if required != 0 {
        return Err(Violation::FieldSection);
    }
    let mut total = 0;
    while let Some(first) = rest.0.first() {
        let (name, value);
        let (literal_name, literal_value);
        match first {
            0b1100_0000.. => (name, value) = rest.static_entry(6)?,
            0b0101_0000..=0b0101_1111 | 0b0111_0000..=0b0111_1111 => {
                name = rest.static_entry(4)?.0;
                literal_value = rest.string(7)?;
                value = &literal_value[..];
            }
            0b0010_0000..=0b0011_1111 => {
                literal_name = rest.string(3)?;
                literal_value = rest.string(7)?;
                (name, value) = (&literal_name[..], &literal_value[..]);
            }
            // References to the dynamic table.
            _ => return Err(Violation::FieldSection),
        }
        total += name.len() + value.len() + FIELD_OVERHEAD;
        if total > MAX_FIELDS_LEN {
            return Err(Violation::FieldSection);
        }
        field(name, value)?;
    }
    Ok(())
}

/// The bytes that are not read yet.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Reads an integer in the lower `bits` bits of the next byte, and in further bytes (RFC 7541, 5.1).
    fn integer(&mut self, bits: u32) -> Result<usize, Violation> {
        let mask = u8::MAX >> (8 - bits);
        let mut value = u64::from(self.byte()? & mask);
        if value < u64::from(mask) {
            return Ok(value as usize);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|_| Violation::FieldSection);
            }
        }
        // No honest length or index is longer.
        Err(Violation::FieldSection)
    }

    fn signed_base(&mut self) -> Result<usize, Violation> {
        self.integer(7)
    }

    /// Reads the index of an entry of the static table.
    fn static_entry(&mut self, bits: u32) -> Result<(&'static [u8], &'static [u8]), Violation> {
        let entry = STATIC_TABLE.get(self.integer(bits)?);
        let (name, value) = entry.ok_or(Violation::FieldSection)?;
        Ok((name.as_bytes(), value.as_bytes()))
    }

    /// Reads a string with its length in the lower `bits` bits, above which a bit says whether it is
    /// Huffman-coded.
    fn string(&mut self, bits: u32) -> Result<Vec<u8>, Violation> {
        let is_coded = self.0.first().is_some_and(|byte| byte >> bits & 1 == 1);
        let len = self.integer(bits)?;
        let (text, rest) = self
            .0
            .split_at_checked(len)
            .ok_or(Violation::FieldSection)?;
        self.0 = rest;
        match is_coded {
            true => huffman::decode(text).ok_or(Violation::FieldSection),
            false => Ok(text.to_vec()),
        }
    }

    fn byte(&mut self) -> Result<u8, Violation> {
        let (first, rest) = self.0.split_first().ok_or(Violation::FieldSection)?;
        self.0 = rest;
        Ok(*first)
    }
}

/// Encodes fields: those of the static table by index, others with a name of that table, or in full.
/// Credentials are marked, so that no cache of fields keeps them.
pub(crate) fn encode(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut section = vec![0, 0];
    for (name, value) in fields {
        let same = STATIC_TABLE
            .iter()
            .position(|entry| entry == &(*name, *value));
        let named = STATIC_TABLE.iter().position(|entry| entry.0 == *name);
        let secret = u8::from(*name == "authorization");
        match (same, named) {
            (Some(index), _) => integer(0b1100_0000, 6, index, &mut section),
            (None, Some(index)) => {
                integer(0b0101_0000 | secret << 5, 4, index, &mut section);
                string(0, 7, value, &mut section);
            }
            (None, None) => {
                string(0b0010_0000 | secret << 4, 3, name, &mut section);
                string(0, 7, value, &mut section);
            }
        }
    }
    section
}

fn string(pattern: u8, bits: u32, text: &str, out: &mut Vec<u8>) {
    integer(pattern, bits, text.len(), out);
    out.extend(text.as_bytes());
}

fn integer(pattern: u8, bits: u32, value: usize, out: &mut Vec<u8>) {
    let mask = usize::from(u8::MAX >> (8 - bits));
    if value < mask {
        out.push(pattern | value as u8);
        return;
    }
    out.push(pattern | mask as u8);
    let mut rest = value - mask;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(section: &[u8]) -> Result<Vec<(String, String)>, Violation> {
        let mut fields = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        decode(section, &mut |name, value| {
            fields.push((text(name), text(value)));
            Ok(())
        })?;
        Ok(fields)
    }

    #[test]
    fn fields_of_every_form_are_decoded() {
        // RFC 9204, B.1: a literal with the name of the static table.
        let path = [0, 0, 0x51, 11].iter().chain(b"/index.html");
        let path: Vec<u8> = path.copied().collect();
        assert_eq!(
            decoded(&path).unwrap(),
            [(":path".into(), "/index.html".into())]
        );
        // An index; the never-indexed bit; a Huffman-coded value, and a coded name with a plain value.
        let section = [
            0, 0, 0xD9, 0x74, 0x82, 0x64, 0x02, 0x2E, 0xA8, 0xEB, 0x10, 0x64, 0x9C, 0xBF, 1, b'x',
        ];
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            decoded(&section).unwrap(),
            [
                pair(":status", "200"),
                pair("content-length", "302"),
                pair("no-cache", "x")
            ]
        );
        assert_eq!(decoded(&[0, 0]), Ok(Vec::new()));
    }

    #[test]
    fn what_needs_a_dynamic_table_and_what_is_cut_is_refused() {
        for section in [
            &[][..],
            &[0],
            // A required insert count; an indexed field; a name reference; two post-base forms.
            &[1, 0],
            &[0, 0, 0x80],
            &[0, 0, 0x40, 0],
            &[0, 0, 0x10],
            &[0, 0, 0x00, 0],
            // Index 99; a string that is cut; an endless integer.
            &[0, 0, 0xFF, 36],
            &[0, 0, 0x51, 2, b'x'],
            &[0, 0, 0xFF, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        ] {
            assert_eq!(
                decoded(section),
                Err(Violation::FieldSection),
                "{section:x?}"
            );
        }
        let many = [&[0, 0][..], &[0xD9; 2000]].concat();
        assert_eq!(decoded(&many), Err(Violation::FieldSection));
    }

    proptest! {
        #[test]
        fn encoded_fields_are_decoded_again(
            fields in proptest::collection::vec(("[a-z:-]{1,40}", "[ -~]{0,300}"), 0..20),
        ) {
            let given: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            prop_assert_eq!(decoded(&encode(&given)), Ok(fields));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(section: Vec<u8>) {
            let _ = decoded(&section);
        }
    }
}
