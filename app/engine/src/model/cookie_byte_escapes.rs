//! Converts the bytes of a cookie to a string and back without loss. Cookies have no character encoding (RFC
//! 6265, 5.2), and a server gets back the bytes that it sent.

/// First of the characters of private use that stand for the bytes 0x80 to 0xff.
const FIRST: u32 = 0xF780;
/// Last of these characters.
const LAST: u32 = FIRST + 0x7f;

/// Returns the text of `bytes`. A character of private use stands for each byte that is not UTF-8, and for
/// each byte of such a character.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let push = |text: &mut String, bytes: &[u8]| {
        let stand_in = |byte: &u8| char::from_u32(FIRST + u32::from(byte & 0x7f));
        text.extend(bytes.iter().filter_map(stand_in));
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match is_stand_in(c) {
                true => push(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes()),
                false => text.push(c),
            }
        }
        push(&mut text, chunk.invalid());
    }
    text
}

/// Returns the bytes of a text that [`to_text`] made.
pub(crate) fn to_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match is_stand_in(c) {
            true => bytes.push((u32::from(c) - FIRST) as u8 | 0x80),
            false => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

fn is_stand_in(c: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn utf_8_is_its_own_text() {
        assert_eq!(to_text("s=\u{e9}x".as_bytes()), "s=\u{e9}x");
        assert_eq!(to_text(b"s=\xe9x"), "s=\u{f7e9}x");
        let private = "\u{f780}".as_bytes();
        assert_eq!(to_bytes(&to_text(private)), private);
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes: Vec<u8>) {
            prop_assert_eq!(to_bytes(&to_text(&bytes)), bytes);
        }
    }
}
