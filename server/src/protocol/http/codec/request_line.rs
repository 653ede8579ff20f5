//! The first line of a request: method, target, version (RFC 9112 section 3).

use super::{InvalidRequest, Method, Status};

/// The first line of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub method: Method,
    pub target: &'a str,
    /// Whether it is HTTP/1.0 and not a later 1.x.
    pub is_http10: bool,
}

/// The methods that are known, and are none for files.
const NOT_ALLOWED: [&str; 7] = [
    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
];

impl<'a> RequestLine<'a> {
    /// Reads a line, given without its end.
    pub fn parse(line: &'a [u8]) -> Result<Self, InvalidRequest> {
        let bad = |message: &str| InvalidRequest::new(Status::BadRequest, message);
        let line = std::str::from_utf8(line).map_err(|_| bad("the request is not UTF-8"))?;
        let mut parts = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad(
                "a request begins with a method, a target and a version, a space between them",
            ));
        };
        if method.is_empty() || !method.bytes().all(is_token_byte) {
            return Err(bad("the method is none"));
        }
        if target.is_empty() || target.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(bad("the target is none"));
        }
        let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] = version.as_bytes() else {
            return Err(bad("the version is none"));
        };
        if !major.is_ascii_digit() || !minor.is_ascii_digit() {
            return Err(bad("the version is none"));
        }
        if *major != b'1' {
            let message = format!("this server speaks HTTP/1.1 and HTTP/1.0, not {version}");
            return Err(InvalidRequest::new(Status::VersionNotSupported, message));
        }
        let method = match method {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            other if NOT_ALLOWED.contains(&other) => Method::NotAllowed,
            _ => Method::Unknown,
        };
        let is_http10 = *minor == b'0';
        Ok(Self {
            method,
            target,
            is_http10,
        })
    }
}

/// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_strictly() {
        let parse = |line: &'static str| RequestLine::parse(line.as_bytes());
        let good = |method, target, is_http10| {
            Ok(RequestLine {
                method,
                target,
                is_http10,
            })
        };
        assert_eq!(parse("GET / HTTP/1.1"), good(Method::Get, "/", false));
        assert_eq!(parse("GET / HTTP/1.9"), good(Method::Get, "/", false));
        assert_eq!(parse("HEAD /x HTTP/1.0"), good(Method::Head, "/x", true));
        assert_eq!(
            parse("POST /x HTTP/1.1"),
            good(Method::NotAllowed, "/x", false)
        );
        assert_eq!(parse("get / HTTP/1.1"), good(Method::Unknown, "/", false));
        assert_eq!(parse("BREW / HTTP/1.1"), good(Method::Unknown, "/", false));
        for (line, status) in [
            ("", Status::BadRequest),
            ("GET /", Status::BadRequest),
            ("GET  / HTTP/1.1", Status::BadRequest),
            ("GET / HTTP/1.1 ", Status::BadRequest),
            (" GET / HTTP/1.1", Status::BadRequest),
            ("GET\t/ HTTP/1.1", Status::BadRequest),
            ("GET / HTTP/1.1 x", Status::BadRequest),
            ("G(T / HTTP/1.1", Status::BadRequest),
            ("GET /\u{1} HTTP/1.1", Status::BadRequest),
            ("GET / http/1.1", Status::BadRequest),
            ("GET / HTTP/1", Status::BadRequest),
            ("GET / HTTP/1.10", Status::BadRequest),
            ("GET / HTTP/x.1", Status::BadRequest),
            ("GET / HTTP/0.9", Status::VersionNotSupported),
            ("PRI * HTTP/2.0", Status::VersionNotSupported),
        ] {
            let Err(error) = parse(line) else {
                panic!("{line}");
            };
            assert_eq!(error.status, status, "{line}");
        }
    }
}
