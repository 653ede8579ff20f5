//! The status codes of responses (RFC 9110, section 15).

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The whole file follows.
    Ok,
    /// The requested range follows.
    PartialContent,
    /// The resource has another URL.
    MovedPermanently,
    /// The client has the current version.
    NotModified,
    /// The request is invalid.
    BadRequest,
    /// The system denies access to the file.
    Forbidden,
    /// There is no such file or directory.
    NotFound,
    /// The method is not allowed for files.
    MethodNotAllowed,
    /// The head of the request did not arrive in time.
    RequestTimeout,
    /// The request body has no known length.
    LengthRequired,
    /// A precondition of the request is false.
    PreconditionFailed,
    /// The request body is too long.
    ContentTooLarge,
    /// The request target is too long.
    UriTooLong,
    /// The range contains no byte of the file.
    RangeNotSatisfiable,
    /// The server does not answer to this host name.
    MisdirectedRequest,
    /// The expectation of the client is unknown.
    ExpectationFailed,
    /// The head of the request is too long.
    HeaderFieldsTooLarge,
    /// The method or transfer coding is unknown.
    NotImplemented,
    /// The server cannot serve the request now.
    ServiceUnavailable,
    /// The major version of HTTP is not 1.
    VersionNotSupported,
}

impl Status {
    /// Returns the three-digit code.
    pub fn code(self) -> u16 {
        self.line().0
    }

    /// Returns the reason phrase.
    pub fn reason(self) -> &'static str {
        self.line().1
    }

    /// Returns whether the status is a client or server error.
    pub fn is_error(self) -> bool {
        self.code() >= 400
    }

    fn line(self) -> (u16, &'static str) {
        match self {
            Self::Ok => (200, "OK"),
            Self::PartialContent => (206, "Partial Content"),
            Self::MovedPermanently => (301, "Moved Permanently"),
            Self::NotModified => (304, "Not Modified"),
            Self::BadRequest => (400, "Bad Request"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::LengthRequired => (411, "Length Required"),
            Self::PreconditionFailed => (412, "Precondition Failed"),
            Self::ContentTooLarge => (413, "Content Too Large"),
            Self::UriTooLong => (414, "URI Too Long"),
            Self::RangeNotSatisfiable => (416, "Range Not Satisfiable"),
            Self::ExpectationFailed => (417, "Expectation Failed"),
            Self::MisdirectedRequest => (421, "Misdirected Request"),
            Self::HeaderFieldsTooLarge => (431, "Request Header Fields Too Large"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::ServiceUnavailable => (503, "Service Unavailable"),
            Self::VersionNotSupported => (505, "HTTP Version Not Supported"),
        }
    }
}
