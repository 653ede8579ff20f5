//! The statuses that this server answers with.

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Here it is.
    Ok,
    /// Here is the part asked for.
    PartialContent,
    /// It has another name.
    MovedPermanently,
    /// The client has it already.
    NotModified,
    /// The request makes no sense.
    BadRequest,
    /// It is here and may not be had.
    Forbidden,
    /// It is not here.
    NotFound,
    /// The method is none for files.
    MethodNotAllowed,
    /// The head of the request took too long.
    RequestTimeout,
    /// A body must say its length first.
    LengthRequired,
    /// What the client assumes is not so.
    PreconditionFailed,
    /// The body is too long.
    ContentTooLarge,
    /// The target is too long.
    UriTooLong,
    /// No byte of the file lies in the range.
    RangeNotSatisfiable,
    /// The client expects what nobody here knows.
    ExpectationFailed,
    /// The head is too long.
    HeaderFieldsTooLarge,
    /// The file cannot be read.
    InternalServerError,
    /// The method, or the coding of the body, is unknown here.
    NotImplemented,
    /// Not now.
    ServiceUnavailable,
    /// Another major version of HTTP.
    VersionNotSupported,
}

impl Status {
    /// Its number.
    pub fn code(self) -> u16 {
        self.line().0
    }

    /// Its name, for people.
    pub fn reason(self) -> &'static str {
        self.line().1
    }

    /// Whether it says that something is wrong.
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
            Self::HeaderFieldsTooLarge => (431, "Request Header Fields Too Large"),
            Self::InternalServerError => (500, "Internal Server Error"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::ServiceUnavailable => (503, "Service Unavailable"),
            Self::VersionNotSupported => (505, "HTTP Version Not Supported"),
        }
    }
}
