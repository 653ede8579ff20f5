//! The target of a request, and the name of the file it stands for (RFC 9112, section 3.2).

use percent_encoding::percent_decode_str;

use super::invalid_request::InvalidRequest;

/// The target of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The decoded path without its leading slash: `Data.jpg`, `folder/`, or empty for the root. It
    /// is untrusted: the code that opens the file must check it.
    Path(String),
    /// A path that no file can have: not UTF-8, or with an encoded `/` or zero byte.
    InvalidPath,
    /// The server itself (`*`), or another server (`host:port`).
    Server,
}

impl Target {
    /// Parses a target. Also returns the host if the target is a URL.
    ///
    /// # Errors
    /// [`InvalidRequest::Target`], [`InvalidRequest::Scheme`] or
    /// [`InvalidRequest::PercentEncoding`].
    pub(super) fn parse(text: &str) -> Result<(Self, Option<&str>), InvalidRequest> {
        if text.starts_with('/') {
            return Ok((parse_path(text)?, None));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            if !scheme.eq_ignore_ascii_case("http") {
                return Err(InvalidRequest::Scheme);
            }
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            let path = if path.starts_with('/') { path } else { "/" };
            return Ok((parse_path(path)?, Some(host)));
        }
        let is_authority = text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())
        });
        if text == "*" || is_authority {
            return Ok((Self::Server, None));
        }
        Err(InvalidRequest::Target)
    }
}

/// Decodes a path that starts with `/`. A query is ignored.
fn parse_path(path: &str) -> Result<Target, InvalidRequest> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if path.contains('#') {
        return Err(InvalidRequest::Target);
    }
    let mut encoded = path.split('%').skip(1);
    let is_valid = |encoded: &str| {
        encoded
            .as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !encoded.all(is_valid) {
        return Err(InvalidRequest::PercentEncoding);
    }
    let decoded: Vec<u8> = percent_decode_str(&path[1..]).collect();
    let slashes = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'/').count();
    if decoded.contains(&0) || slashes(&decoded) != slashes(&path.as_bytes()[1..]) {
        return Ok(Target::InvalidPath);
    }
    Ok(String::from_utf8(decoded).map_or(Target::InvalidPath, Target::Path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_decoded_to_paths() {
        let path = |text: &str| Target::Path(text.to_owned());
        for (text, expected, host) in [
            ("/", path(""), None),
            ("/Data.jpg", path("Data.jpg"), None),
            ("/folder/", path("folder/"), None),
            ("/a%20b?c=d", path("a b"), None),
            ("/a+b", path("a+b"), None),
            ("/%C3%A4%25", path("ä%"), None),
            ("/ä", path("ä"), None),
            ("/?q", path(""), None),
            // Access is checked when the file is opened, not here.
            ("/../etc/passwd", path("../etc/passwd"), None),
            ("/%2e%2E/x", path("../x"), None),
            ("//etc/passwd", path("/etc/passwd"), None),
            ("/a%2Fb", Target::InvalidPath, None),
            ("/a%00", Target::InvalidPath, None),
            ("/%FF", Target::InvalidPath, None),
            ("http://h:1/Data.jpg", path("Data.jpg"), Some("h:1")),
            ("HTTP://h", path(""), Some("h")),
            ("http://h?x", path(""), Some("h")),
            ("*", Target::Server, None),
            ("host:443", Target::Server, None),
            ("[::1]:443", Target::Server, None),
        ] {
            assert_eq!(Target::parse(text), Ok((expected, host)), "{text}");
        }
        for wrong in [
            "",
            "Data.jpg",
            "?",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%+1",
            "/a#b",
            "https://h/",
            "h:x",
            ":1",
        ] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
