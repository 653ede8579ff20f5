//! Digests of the whole file in the head of an answer: `Repr-Digest` (RFC 9530) and its forerunner
//! `Digest` (RFC 3230).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::engine::Checksum;

/// The strongest digest of the header that Lanes can compute. The algorithms' names and base64 are
/// the same in both headers; the newer one puts colons around the value.
pub(super) fn parse(header: &str) -> Option<Checksum> {
    let mut found = None;
    for member in header.split(',') {
        let Some((name, value)) = member.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches(':');
        let Ok(bytes) = BASE64_STANDARD.decode(value) else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "sha-512" => {
                if let Ok(bytes) = bytes.try_into() {
                    return Some(Checksum::Sha512(Box::new(bytes)));
                }
            }
            "sha-256" => found = bytes.try_into().ok().map(Checksum::Sha256),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_strongest_known_digest_is_taken() {
        let short = BASE64_STANDARD.encode([1; 32]);
        let long = BASE64_STANDARD.encode([2; 64]);
        let sha256 = Some(Checksum::Sha256([1; 32]));
        assert_eq!(parse(&format!("sha-256=:{short}:")), sha256);
        assert_eq!(parse(&format!("SHA-256={short}")), sha256);
        assert_eq!(parse(&format!("md5=:AAAA:, sha-256=:{short}:")), sha256);
        let both = format!("sha-256=:{short}:, sha-512=:{long}:");
        assert_eq!(parse(&both), Some(Checksum::Sha512(Box::new([2; 64]))));
        for wrong in ["", "sha-256", "sha-256=:AAAA:", "sha-256=:?:", "unixsum=5"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(sha-256=|sha-512=:|.){0,60}") {
            let _ = parse(&text);
        }
    }
}
