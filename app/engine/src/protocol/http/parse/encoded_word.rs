//! Decodes the encoded words of mail (RFC 2047), which some servers put into file names.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::model::charset;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes all encoded words in `text`; `None` if there is none, or an invalid one.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = String::new();
    // Adjacent words of one character set, since a letter may be split between them.
    let mut charset = String::new();
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, word)) = rest.split_once("=?") {
        let is_adjacent = before.trim().is_empty() && !charset.is_empty();
        let mut parts = word.splitn(3, '?');
        let (label, coding, word) = (parts.next()?, parts.next()?, parts.next()?);
        let (word, after) = word.split_once("?=")?;
        // RFC 2231 adds a language.
        let label = label.split('*').next().unwrap_or_default();
        if !is_adjacent || !charset.eq_ignore_ascii_case(label) {
            flush(&mut out, &charset, &mut bytes)?;
        }
        if !is_adjacent {
            out.push_str(before);
        }
        label.clone_into(&mut charset);
        bytes.extend(decode_word(coding, word)?);
        rest = after;
    }
    if charset.is_empty() {
        return None;
    }
    flush(&mut out, &charset, &mut bytes)?;
    out.push_str(rest);
    Some(out)
}

fn flush(out: &mut String, charset: &str, bytes: &mut Vec<u8>) -> Option<()> {
    if !bytes.is_empty() {
        out.push_str(&charset::decode_labelled(charset, bytes)?);
        bytes.clear();
    }
    Some(())
}

fn decode_word(coding: &str, word: &str) -> Option<Vec<u8>> {
    match coding {
        "B" | "b" => BASE64.decode(word.trim()).ok(),
        "Q" | "q" => decode_q(word.as_bytes()),
        _ => None,
    }
}

fn decode_q(mut word: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(word.len());
    while let Some((byte, rest)) = word.split_first() {
        word = rest;
        match byte {
            b'_' => out.push(b' '),
            b'=' => {
                let (digits, rest) = word.split_at_checked(2)?;
                // `from_str_radix` accepts a sign.
                let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
                let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                word = rest;
            }
            byte => out.push(*byte),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_words_are_decoded() {
        for (text, decoded) in [
            ("=?UTF-8?B?bmHDr3ZlLnppcA==?=", Some("naïve.zip")),
            ("=?utf-8?b?bmHDr3ZlLnppcA?=", Some("naïve.zip")),
            ("=?UTF-8?Q?na=C3=AFve_1.zip?=", Some("naïve 1.zip")),
            ("=?ISO-8859-1?Q?na=efve?=.zip", Some("naïve.zip")),
            ("=?UTF-8*fr?Q?a?= =?UTF-8?Q?b?= c", Some("ab c")),
            ("=?UTF-8?Q?na=C3?= =?utf-8?Q?=AFve?=", Some("naïve")),
            ("=?UTF-8?Q?a?= and =?ISO-8859-1?Q?=e9?=", Some("a and é")),
            ("=?Shift_JIS?B?g2U=?=", Some("テ")),
            ("plain.zip", None),
            ("a=?b", None),
            ("=?banana?Q?a?=", None),
            ("=?UTF-8?X?a?=", None),
            ("=?UTF-8?Q?=C3?=", None),
            ("=?UTF-8?Q?=+1?=", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_or_rejected(text in "(=\\?|\\?=|\\?|UTF-8|[BbQq=_ a-f0-9é]){0,30}") {
            let _ = decode(&text);
        }
    }
}
