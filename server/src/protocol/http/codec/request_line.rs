//! The first line of a request: method, target, version (RFC 9112, section 3).

use super::invalid_request::InvalidRequest;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Send the representation.
    Get,
    /// Send the head only.
    Head,
    /// A method that the server knows and does not allow for files.
    NotAllowed,
    /// A method that the server does not know.
    Unknown,
}

/// The first line of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub method: Method,
    pub target: &'a str,
    /// True for HTTP/1.0, false for a later 1.x.
    pub is_http10: bool,
}

const NOT_ALLOWED: [&str; 7] = [
    "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
];

impl<'a> RequestLine<'a> {
    /// Parses a line without its line end.
    ///
    /// # Errors
    /// If a part is missing or invalid, or the major version is not 1.
    pub fn parse(line: &'a [u8]) -> Result<Self, InvalidRequest> {
        let line = std::str::from_utf8(line).map_err(|_| InvalidRequest::NotUtf8)?;
        let mut parts = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidRequest::RequestLine);
        };
        if method.is_empty() || !method.bytes().all(is_token_byte) {
            return Err(InvalidRequest::Method);
        }
        if target.is_empty() || target.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(InvalidRequest::Target);
        }
        let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] = version.as_bytes() else {
            return Err(InvalidRequest::Version);
        };
        if !major.is_ascii_digit() || !minor.is_ascii_digit() {
            return Err(InvalidRequest::Version);
        }
        if *major != b'1' {
            return Err(InvalidRequest::UnsupportedVersion(version.to_owned()));
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

/// Returns whether a token may contain the byte (RFC 9110, section 5.6.2).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::status::Status;
    use super::*;

    #[test]
    fn request_lines_are_parsed_strictly() {
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
            assert_eq!(error.status(), status, "{line}");
        }
    }
}
