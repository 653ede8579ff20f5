//! Targets: from what stands in the request line to the name of a file (RFC 9112 section 3.2).

use percent_encoding::percent_decode_str;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The file or folder of this name, decoded: `Data.jpg`, `folder/`, or nothing for the root. It
    /// comes from a stranger: whether such a file may be opened is for the one to say who opens it.
    Path(String),
    /// A name that no file can have: not UTF-8, or with a `/` or a zero byte written in code.
    InvalidPath,
    /// The server itself (`*`), or another one (`host:port`).
    Server,
}

impl Target {
    /// Reads a target; beside it the host, when the target names one.
    ///
    /// # Errors
    /// In words, when it is none.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<&str>), &'static str> {
        if text.starts_with('/') {
            return Ok((name(text)?, None));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            if !scheme.eq_ignore_ascii_case("http") {
                return Err("this server speaks http only");
            }
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            let path = if path.starts_with('/') { path } else { "/" };
            return Ok((name(path)?, Some(host)));
        }
        let is_authority = text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())
        });
        if text == "*" || is_authority {
            return Ok((Self::Server, None));
        }
        Err("the target of the request must begin with /")
    }
}

/// The name that a path (which begins with `/`) means.
fn name(path: &str) -> Result<Target, &'static str> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if path.contains('#') {
        return Err("a # must be written %23");
    }
    let mut codes = path.split('%').skip(1);
    let is_code = |code: &str| {
        code.as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !codes.all(is_code) {
        return Err("a % must be followed by two hexadecimal digits, and be written %25 itself");
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
    fn targets_mean_names() {
        let name = |text: &str| Target::Path(text.to_owned());
        for (text, expected, host) in [
            ("/", name(""), None),
            ("/Data.jpg", name("Data.jpg"), None),
            ("/folder/", name("folder/"), None),
            ("/a%20b?c=d", name("a b"), None),
            ("/a+b", name("a+b"), None),
            ("/%C3%A4%25", name("ä%"), None),
            ("/ä", name("ä"), None),
            ("/?q", name(""), None),
            // What may be opened is not decided here.
            ("/../etc/passwd", name("../etc/passwd"), None),
            ("/%2e%2E/x", name("../x"), None),
            ("//etc/passwd", name("/etc/passwd"), None),
            ("/a%2Fb", Target::InvalidPath, None),
            ("/a%00", Target::InvalidPath, None),
            ("/%FF", Target::InvalidPath, None),
            ("http://h:1/Data.jpg", name("Data.jpg"), Some("h:1")),
            ("HTTP://h", name(""), Some("h")),
            ("http://h?x", name(""), Some("h")),
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
