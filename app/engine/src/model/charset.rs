//! Character sets of names in URLs and header fields.

use encoding_rs::{Encoding, WINDOWS_1252};

/// Decodes a name that states no character set: UTF-8 or, as in browsers, windows-1252, which contains the
/// letters of ISO-8859-1.
pub(crate) fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into(),
    }
}

/// Decodes a name in the character set of this label (WHATWG Encoding Standard); `None` if the set is
/// unknown, or if the bytes are not valid in it.
pub(crate) fn decode_labelled(label: &str, bytes: &[u8]) -> Option<String> {
    let charset = Encoding::for_label_no_replacement(label.as_bytes())?;
    let (text, has_errors) = charset.decode_without_bom_handling(bytes);
    (!has_errors).then(|| text.into_owned())
}

/// Returns whether the label names a character set and nothing else.
pub(crate) fn is_known(label: &str) -> bool {
    Encoding::for_label(label.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_in_their_character_set() {
        assert_eq!(decode("naïve".as_bytes()), "naïve");
        assert_eq!(decode(b"na\xefve \x80"), "naïve €");
        assert_eq!(decode_labelled("ISO-8859-1", b"\xa3").as_deref(), Some("£"));
        let kana = decode_labelled("shift_jis", b"\x83e");
        assert_eq!(kana.as_deref(), Some("テ"));
        assert_eq!(decode_labelled("utf-8", b"\xff"), None);
        assert_eq!(decode_labelled("banana", b"a"), None);
        assert!(is_known("UTF-8") && is_known("iso-8859-1") && !is_known("gzip"));
    }
}
