//! Errors of HTTP/3.

use std::io;
use std::time::Duration;

use quinn_proto::{ConnectionError, VarInt};

use super::{ClientConfigError, ConnectError, ProxyError};
use crate::model::outcome::FetchError;
use crate::model::source_url_error::SourceUrlError;
use crate::protocol::http3::parse::violation::Violation;

/// Reason why a file could not be fetched over HTTP/3.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Http3Error {
    /// The download was stopped.
    #[error("download stopped")]
    Stopped,
    /// The link is not `https`.
    #[error("HTTP/3 needs an https:// link")]
    NotHttps,
    /// Requests to the server go through a proxy.
    #[error("HTTP/3 cannot go through the proxy {0}, which relays TCP")]
    Proxied(String),
    /// The proxy in the environment is none.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The options of TLS.
    #[error(transparent)]
    Config(#[from] ClientConfigError),
    /// The system refuses TLS.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The cryptography of TLS lacks the cipher suite of the first packets of QUIC.
    #[error("cannot set up QUIC: TLS has no AES-128-GCM")]
    NoCipherSuite,
    /// The host name of the link.
    #[error("cannot connect: {0}")]
    Address(#[from] ConnectError),
    /// The name of the server cannot be sent.
    #[error("cannot connect over QUIC: {0}")]
    Connect(#[from] quinn_proto::ConnectError),
    /// The UDP port is closed.
    #[error("the server does not speak HTTP/3: its UDP port {0} is closed")]
    Refused(u16),
    /// No answer at all.
    #[error(
        "no answer from UDP port {port} within {} s: the server does not speak HTTP/3, or UDP is blocked on \
         the way",
        time.as_secs()
    )]
    NoAnswer {
        /// The port.
        port: u16,
        /// The time.
        time: Duration,
    },
    /// The server speaks QUIC, but not HTTP/3.
    #[error("the server speaks QUIC, but not HTTP/3")]
    NoHttp3,
    /// No packet arrived for this time.
    #[error("the connection was lost: no packet for {} s", .0.as_secs())]
    Idle(Duration),
    /// The QUIC connection ended.
    #[error("the QUIC connection ended: {0}")]
    Lost(ConnectionError),
    /// The server reset the response, with this code.
    #[error("the server cancelled the response (code {:#x})", .0.into_inner())]
    Reset(VarInt),
    /// The server breaks HTTP/3.
    #[error("the server breaks HTTP/3: {0}")]
    Violation(#[from] Violation),
    /// The status of the response.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// The target of a redirect is not a URL.
    #[error("the server redirects to an unusable URL: {0}")]
    Location(SourceUrlError),
    /// A redirect without a target, to `http`, or one too many.
    #[error("the server redirects in a way that HTTP/3 cannot follow")]
    Redirect,
    /// The server compresses the file although it was not asked to.
    #[error("the server sends the file compressed ({0}), which cannot be compared")]
    Coded(String),
    /// The body is not as long as announced.
    #[error("the response has {received} bytes, but announces {announced}")]
    Length {
        /// Length of the body in bytes.
        received: u64,
        /// `Content-Length`.
        announced: u64,
    },
    /// The file cannot be written.
    #[error("cannot write the file: {0}")]
    Write(io::Error),
    /// Any other error of the system.
    #[error("cannot use UDP: {0}")]
    Io(io::Error),
}

/// The TLS alert `no_application_protocol` as a code of QUIC (RFC 9001, 4.8).
const NO_APPLICATION_PROTOCOL: u8 = 120;

impl From<ConnectionError> for Http3Error {
    fn from(error: ConnectionError) -> Self {
        let no_protocol = quinn_proto::TransportErrorCode::crypto(NO_APPLICATION_PROTOCOL);
        match &error {
            ConnectionError::ConnectionClosed(close) if close.error_code == no_protocol => {
                Self::NoHttp3
            }
            ConnectionError::TransportError(own) if own.code == no_protocol => Self::NoHttp3,
            _ => Self::Lost(error),
        }
    }
}

impl From<Http3Error> for FetchError {
    fn from(error: Http3Error) -> Self {
        match error {
            Http3Error::Stopped | Http3Error::Address(ConnectError::Stopped) => Self::Stopped,
            other => Self::Failed(other.to_string()),
        }
    }
}
