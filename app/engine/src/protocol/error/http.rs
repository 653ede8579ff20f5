//! Errors of HTTP requests and responses.

use std::io;
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::{Error, Timeout};

use super::proxy::ProxyError;
use super::tcp::{ConnectError, Disconnect};
use super::tls::{NotTls, TlsError};
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::model::source_url_error::SourceUrlError;

/// Reason why an HTTP request has no usable response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// No connection could be made to the server, or to the proxy.
    #[error("cannot connect to {host}: {reason}")]
    Unreachable {
        /// The server.
        host: String,
        /// Why not.
        reason: ConnectError,
    },
    /// The TLS handshake failed; a retry would too.
    #[error("TLS handshake with {host} failed: {reason}")]
    Tls {
        /// The server.
        host: String,
        /// Why.
        reason: TlsError,
    },
    /// The proxy made no connection to the server.
    #[error("cannot connect to {host}: {reason}")]
    Proxy {
        /// The server.
        host: String,
        /// Why not.
        reason: ProxyError,
    },
    /// The connection was lost before the head of the response was complete.
    #[error(transparent)]
    Lost(TransportError),
    /// The response cannot be used.
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

impl RequestError {
    /// Classifies the error of a request to `host`.
    pub fn new(error: Error, host: &str) -> Self {
        let unreachable = |reason| Self::Unreachable {
            host: host.to_owned(),
            reason,
        };
        match error {
            Error::Other(inner) => match inner.downcast::<ConnectError>() {
                Ok(reason) if matches!(*reason, ConnectError::Stopped) => {
                    Self::Lost(TransportError::Lost {
                        host: host.to_owned(),
                        reason: Disconnect::Stopped,
                    })
                }
                Ok(reason) => unreachable(*reason),
                Err(inner) => Self::of_handshake(inner, host),
            },
            Error::HostNotFound => unreachable(ConnectError::NoAddress),
            Error::Timeout(Timeout::Resolve) => unreachable(ConnectError::LookupTimeout),
            Error::Io(io) => match tls_error(&io) {
                Some(reason) => Self::Tls {
                    host: host.to_owned(),
                    reason,
                },
                None => Self::Lost(TransportError::new(Error::Io(io), host)),
            },
            _ => Self::Lost(TransportError::new(error, host)),
        }
    }

    /// Classifies the error of a proxy or of the configuration of TLS.
    fn of_handshake(error: Box<dyn std::error::Error + Send + Sync>, host: &str) -> Self {
        let host = host.to_owned();
        let error = match error.downcast::<ProxyError>() {
            Ok(reason) => return Self::proxy(*reason, host),
            Err(error) => error,
        };
        match error.downcast::<TlsError>() {
            Ok(reason) => Self::Tls {
                host,
                reason: *reason,
            },
            Err(error) => Self::Lost(TransportError::new(Error::Other(error), &host)),
        }
    }

    fn proxy(reason: ProxyError, host: String) -> Self {
        // The texts of a proxy's certificate and of a server's are the same.
        if let ProxyError::Tls { reason: io, proxy } = &reason
            && let Some(reason) = tls_error(io)
        {
            let host = format!("proxy {proxy}");
            return Self::Tls { host, reason };
        }
        Self::Proxy { host, reason }
    }
}

/// Returns the reason why a handshake can never succeed, if that is why a read or write failed.
fn tls_error(error: &io::Error) -> Option<TlsError> {
    let inner = error.get_ref()?;
    match inner.downcast_ref::<NotTls>() {
        Some(NotTls) => Some(TlsError::NotTls),
        None => TlsError::permanent(inner.downcast_ref()?),
    }
}

/// Error of an HTTP connection during a request or response.
#[derive(Debug, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "each variant holds the host, and the error beneath"
)]
pub(crate) enum TransportError {
    /// The head of the response did not arrive in time.
    #[error("{host} took longer than 30 s to send the head of its response")]
    SlowHead { host: String },
    /// No byte arrived within the idle timeout.
    #[error("no byte received from {host} within the idle timeout")]
    Idle { host: String },
    /// The connection was closed before the end of the body.
    #[error("{host} closed the connection before the end of the response body")]
    Truncated { host: String },
    /// The head of the response exceeds the limit.
    #[error("head of the response from {host} exceeds the limit")]
    LargeHead { host: String },
    /// The response is not HTTP.
    #[error("invalid HTTP response from {host}: {reason}")]
    InvalidHttp { host: String, reason: Error },
    /// The connection was lost.
    #[error("connection to {host} lost: {reason}")]
    Lost { host: String, reason: Disconnect },
    /// Any other error of the HTTP client.
    #[error("request to {host} failed: {reason}")]
    Other { host: String, reason: Error },
}

impl TransportError {
    /// Classifies the error of a connection to `host`.
    pub fn new(error: Error, host: &str) -> Self {
        let host = host.to_owned();
        match error {
            Error::Timeout(Timeout::RecvResponse) => Self::SlowHead { host },
            Error::Timeout(_) => Self::Idle { host },
            Error::BodyStalled => Self::Truncated { host },
            Error::LargeResponseHeader(..) => Self::LargeHead { host },
            Error::Protocol(_) | Error::Http(_) => Self::InvalidHttp {
                host,
                reason: error,
            },
            Error::Io(io) => Self::Lost {
                host,
                reason: io.into(),
            },
            reason => Self::Other { host, reason },
        }
    }
}

/// Reason why a response cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// The server is overloaded.
    #[error("server responded {}", StatusText(*status))]
    Busy {
        /// 429 or 503.
        status: StatusCode,
        /// `Retry-After`, if present.
        retry_after: Option<Duration>,
    },
    /// The server does not serve the file, or not to this user.
    #[error("server responded {}", StatusText(*.0))]
    Denied(StatusCode),
    /// The requested range begins beyond the end of the file, by a 416 or by what other statuses report.
    #[error("server responded 416 (Range Not Satisfiable)")]
    RangeNotSatisfiable {
        /// Length of the file in bytes, if the server reports it.
        len: Option<u64>,
    },
    /// The response does not fit the request; a retry, or another request, may succeed.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// No retry can succeed.
    #[error(transparent)]
    Permanent(#[from] Unusable),
}

/// Reason why a response does not fit its request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    /// A status that may be temporary.
    #[error("server responded {}", StatusText(*.0))]
    Status(StatusCode),
    /// A 206 without a valid `Content-Range`.
    #[error("server sent a partial response without a valid Content-Range")]
    NoContentRange,
    /// A `Content-Range` without the length of the file.
    #[error("Content-Range of the response does not contain the length of the file")]
    UnknownTotal,
    /// A 206 although no range was requested.
    #[error("server sent a partial response although no range was requested")]
    UnrequestedRange,
    /// Other bytes than the requested ones.
    #[error("server sent another range than the requested one")]
    OtherRange,
    /// `Content-Length` contradicts `Content-Range`.
    #[error("Content-Length of the response contradicts its Content-Range")]
    ContradictoryLength,
    /// `Content-Length` is not a number.
    #[error("Content-Length of the response is not a number")]
    InvalidLength,
    /// Another length of the file than before.
    #[error("server reports different lengths of the file")]
    LengthChanged,
}

/// Reason why a response can never be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// A status without a file.
    #[error("server responded {}", StatusText(*.0))]
    Status(StatusCode),
    /// The body is encoded although that was not accepted; its bytes are not those of the file.
    #[error(
        "server sent the file with Content-Encoding {0}, which was not accepted and cannot be undone here"
    )]
    Encoded(String),
    /// The body has a transfer coding that cannot be undone (RFC 9112, 6.1).
    #[error(
        "server sent the file with Transfer-Encoding {0}, which was not accepted and cannot be undone here"
    )]
    TransferCoding(String),
    /// A page of a portal, or a log-in or error page.
    #[error(
        "server sent a web page instead of the file; open the link in a browser, or name the output .html to save the page"
    )]
    WebPage,
    /// The server asks for a login of a kind that Lanes does not speak.
    #[error("{host} asks for {schemes}; Lanes speaks Basic, Digest and Bearer")]
    LoginScheme {
        /// The server.
        host: String,
        /// The authentication schemes it offers.
        schemes: String,
    },
    /// A redirect loop, or a long chain.
    #[error("too many redirects (more than {0})")]
    TooManyRedirects(usize),
    /// A redirect without a `Location`.
    #[error("redirect without a location: {}", StatusText(*.0))]
    NoLocation(StatusCode),
    /// A redirect to something else than an HTTP URL.
    #[error("server redirects to an invalid location: {0}")]
    InvalidLocation(SourceUrlError),
    /// A redirect from HTTPS to HTTP.
    #[error(
        "server redirects from https to http, where anyone on the path can change the file: {0}"
    )]
    Downgrade(HttpUrl),
    /// A redirect to another host, where only the host of the URL is asked.
    #[error("server redirects to another host: {0}")]
    OtherHost(HttpUrl),
}

/// Refusal of a server to serve a file.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.text())]
pub(crate) struct AccessDenied {
    /// The status of the response.
    pub status: StatusCode,
    /// The URL of the file.
    pub url: HttpUrl,
}

impl AccessDenied {
    fn text(&self) -> String {
        let (host, url, status) = (self.url.host(), &self.url, StatusText(self.status));
        match self.status {
            StatusCode::UNAUTHORIZED => format!(
                "{host} requires authentication ({status}): use --user, --bearer or --netrc"
            ),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                format!("proxy requires authentication ({status})")
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                format!("{host} has no such file ({status}): {url}")
            }
            _ => format!("{host} denies access to the file ({status}): {url}"),
        }
    }
}

impl From<AccessDenied> for FetchError {
    fn from(denied: AccessDenied) -> Self {
        match denied.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::NoSuchFile(denied.to_string()),
            _ => Self::Failed(denied.to_string()),
        }
    }
}

/// A status code with its standard reason phrase.
struct StatusText(StatusCode);

impl std::fmt::Display for StatusText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.0.as_u16();
        match self.0.canonical_reason() {
            Some(reason) => write!(f, "{code} ({reason})"),
            None => write!(f, "{code}"),
        }
    }
}
