//! Reasons for which bytes are not a request.

use super::status::Status;

/// The reason for which the bytes of a client are not a request. The connection ends with the error
/// response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// Only empty lines precede a request.
    #[error("not an HTTP request: only empty lines")]
    EmptyLines,
    /// The client starts a TLS handshake.
    #[error("unexpected TLS handshake: use http, not https")]
    Tls,
    /// The first byte cannot start a request.
    #[error("not an HTTP request")]
    NotHttp,
    /// The head has no end.
    #[error("incomplete request")]
    Incomplete,
    /// The head did not arrive within the timeout.
    #[error("request timeout: the head of the request is incomplete")]
    Timeout,
    /// The request line is too long; the limit is in bytes.
    #[error("request line too long: more than {0} bytes")]
    LineTooLong(usize),
    /// The head is too long; the limit is in bytes.
    #[error("request head too long: more than {0} bytes")]
    HeadTooLong(usize),
    /// The head has too many fields.
    #[error("too many header fields: more than {0}")]
    TooManyFields(usize),
    /// The request line is not UTF-8.
    #[error("invalid request line: not UTF-8")]
    NotUtf8,
    /// The request line does not have three parts.
    #[error("invalid request line: expected method, target and version, one space between them")]
    RequestLine,
    /// The method is not a token.
    #[error("invalid method")]
    Method,
    /// The version is not a version of HTTP.
    #[error("invalid HTTP version")]
    Version,
    /// The major version is not 1.
    #[error("unsupported version: {0}; use HTTP/1.1 or HTTP/1.0")]
    UnsupportedVersion(String),
    /// The target is empty, contains control characters or a fragment, or has none of the forms of
    /// RFC 9112, section 3.2.
    #[error("invalid request target")]
    Target,
    /// The target contains a `%` without two hexadecimal digits.
    #[error("invalid percent-encoding in the request target")]
    PercentEncoding,
    /// The target is a URL with another scheme.
    #[error("unsupported URL scheme: use http")]
    Scheme,
    /// The target is a URL without a valid host.
    #[error("invalid host in the request target")]
    TargetHost,
    /// A header field is invalid.
    #[error("invalid header field: {0}")]
    Field(httparse::Error),
    /// The head has no `Host`.
    #[error("missing Host header")]
    MissingHost,
    /// The head has several `Host` fields.
    #[error("more than one Host header")]
    SeveralHosts,
    /// The `Host` is not a host name.
    #[error("invalid Host header")]
    Host,
    /// The `Content-Length` is not one number.
    #[error("invalid Content-Length")]
    ContentLength,
    /// The `Content-Length` does not fit 64 bits.
    #[error("Content-Length out of range")]
    ContentLengthOutOfRange,
    /// `Transfer-Encoding` together with `Content-Length`, or in HTTP/1.0.
    #[error("ambiguous length of the request body")]
    AmbiguousBody,
    /// The length of the body is not known in advance.
    #[error("Content-Length required: chunked request bodies are not accepted")]
    ChunkedBody,
    /// The `Transfer-Encoding` is unknown.
    #[error("unsupported Transfer-Encoding")]
    TransferEncoding,
    /// The `Expect` is unknown.
    #[error("unsupported expectation: only 100-continue is known")]
    Expectation,
}

impl InvalidRequest {
    /// Returns the status of the error response.
    pub fn status(&self) -> Status {
        match self {
            Self::EmptyLines
            | Self::Tls
            | Self::NotHttp
            | Self::Incomplete
            | Self::NotUtf8
            | Self::RequestLine
            | Self::Method
            | Self::Version
            | Self::Target
            | Self::PercentEncoding
            | Self::Scheme
            | Self::TargetHost
            | Self::Field(_)
            | Self::MissingHost
            | Self::SeveralHosts
            | Self::Host
            | Self::ContentLength
            | Self::AmbiguousBody => Status::BadRequest,
            Self::Timeout => Status::RequestTimeout,
            Self::ChunkedBody => Status::LengthRequired,
            Self::ContentLengthOutOfRange => Status::ContentTooLarge,
            Self::LineTooLong(_) => Status::UriTooLong,
            Self::Expectation => Status::ExpectationFailed,
            Self::HeadTooLong(_) | Self::TooManyFields(_) => Status::HeaderFieldsTooLarge,
            Self::TransferEncoding => Status::NotImplemented,
            Self::UnsupportedVersion(_) => Status::VersionNotSupported,
        }
    }
}
