//! Reads digests of the whole file from a response head: `Repr-Digest` (RFC 9530), and the older
//! `Digest` (RFC 3230) and `Content-MD5` (RFC 1864).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::HeaderMap;

use crate::model::checksum::Checksum;

/// Returns the strongest digest of the file in a head. `Content-MD5` is the digest of the body, and
/// counts only if the body `is_whole`.
pub(crate) fn strongest(headers: &HeaderMap, is_whole: bool) -> Option<Checksum> {
    let values = |name| headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    let listed = ["repr-digest", "digest"]
        .into_iter()
        .flat_map(values)
        .filter_map(parse);
    let of_body = values("content-md5")
        .filter(|_| is_whole)
        .filter_map(|value| checksum("md5", value));
    listed.chain(of_body).max_by_key(Checksum::strength)
}

/// Returns the strongest supported digest of a header. Both headers have the same names of
/// algorithms and the same base64; the newer one puts colons around the value.
fn parse(header: &str) -> Option<Checksum> {
    let members = header
        .split(',')
        .filter_map(|member| member.split_once('='));
    members
        .filter_map(|(name, value)| checksum(name, value))
        .max_by_key(Checksum::strength)
}

fn checksum(name: &str, value: &str) -> Option<Checksum> {
    let value = value.trim().trim_matches(':');
    let bytes = BASE64_STANDARD.decode(value).ok()?;
    match name.trim().to_ascii_lowercase().as_str() {
        "sha-512" => bytes.try_into().ok().map(Box::new).map(Checksum::Sha512),
        "sha-256" => bytes.try_into().ok().map(Checksum::Sha256),
        "sha" => bytes.try_into().ok().map(Checksum::Sha1),
        "md5" => bytes.try_into().ok().map(Checksum::Md5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strongest_supported_digest_is_taken() {
        let short = BASE64_STANDARD.encode([1; 32]);
        let long = BASE64_STANDARD.encode([2; 64]);
        let sha256 = Some(Checksum::Sha256([1; 32]));
        assert_eq!(parse(&format!("sha-256=:{short}:")), sha256);
        assert_eq!(parse(&format!("SHA-256={short}")), sha256);
        assert_eq!(parse(&format!("md5=:AAAA:, sha-256=:{short}:")), sha256);
        let both = format!("sha-256=:{short}:, sha-512=:{long}:");
        assert_eq!(parse(&both), Some(Checksum::Sha512(Box::new([2; 64]))));
        let weak = BASE64_STANDARD.encode([3; 16]);
        let md5 = Some(Checksum::Md5([3; 16]));
        assert_eq!(parse(&format!("md5={weak}, unixsum=5")), md5);
        assert_eq!(parse(&format!("sha-256={short},MD5={weak}")), sha256);
        for wrong in ["", "sha-256", "sha-256=:AAAA:", "sha-256=:?:", "unixsum=5"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn digest_of_the_body_counts_only_for_a_whole_file() {
        let mut headers = HeaderMap::new();
        let weak = BASE64_STANDARD.encode([3; 16]);
        headers.append("content-md5", weak.parse().unwrap());
        let md5 = Some(Checksum::Md5([3; 16]));
        assert_eq!(strongest(&headers, true), md5);
        assert_eq!(strongest(&headers, false), None);
        let short = BASE64_STANDARD.encode([1; 32]);
        headers.append("digest", "unixsum=5".parse().unwrap());
        let second = format!("sha-256={short}");
        headers.append("digest", second.parse().unwrap());
        let sha256 = Some(Checksum::Sha256([1; 32]));
        assert_eq!(strongest(&headers, true), sha256);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_rejected(text in "(sha-256=|sha-512=:|.){0,60}") {
            let _ = parse(&text);
        }
    }
}
