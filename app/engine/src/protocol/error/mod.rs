//! Errors of both protocols, as values. Their texts are the `Display` implementations in this
//! folder, and nowhere else in the room.
//!
//! Start at [`WorkerError`], which ends the work of a connection. Its reason is a
//! [`ProtocolError`]: of the HTTP client a [`RequestError`] or [`TransportError`], of the Lanes
//! client a [`ConnectionError`].

mod http;
mod http3;
mod lanes;
mod proxy;
mod tcp;
mod tls;

use std::time::Duration;

use ureq::http::StatusCode;

pub(crate) use self::http::{
    AccessDenied, Mismatch, Rejection, RequestError, TransportError, Unusable,
};
pub(crate) use self::http3::Http3Error;
pub use self::lanes::{ConnectionError, ProtocolViolation, SendResultError};
pub use self::proxy::ProxyError;
pub(crate) use self::proxy::{SOCKS_LOGIN_REFUSED, SOCKS_NO_METHOD};
pub use self::tcp::{ConnectError, Disconnect};
pub(crate) use self::tls::{ClientConfigError, NotTls, TlsError};
use crate::model::outcome::FetchError;
use crate::model::source_url::ServerName;
use crate::model::way::WayError;

/// Error that ends the work of one connection. The variant decides about retries.
#[derive(Debug)]
pub(crate) enum WorkerError {
    /// No connection could be made.
    Unreachable(ProtocolError),
    /// The server accepts no further connection; the others continue.
    Refused(ProtocolError),
    /// The server accepts no further connection now, but may later.
    Busy {
        /// The server's refusal.
        reason: ProtocolError,
        /// `Retry-After` of the response, if present.
        retry_after: Option<Duration>,
    },
    /// The connection was lost; a new one may succeed.
    Lost(ProtocolError),
    /// The server does not serve the file, or no longer.
    Denied(FetchError),
    /// This source cannot serve the file, but another may.
    Source(FetchError),
    /// No connection can complete the download.
    Fatal(FetchError),
}

/// Reason why a connection could not be used to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolError {
    /// An HTTP request has no usable response.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The HTTP connection failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The Lanes connection failed.
    #[error(transparent)]
    Lanes(#[from] ConnectionError),
    /// A Lanes server refused the request.
    #[error("{server}: {message}")]
    Refused {
        /// The server.
        server: ServerName,
        /// The server's message.
        message: String,
    },
    /// The download was stopped or no longer needs the connection.
    #[error("download stopped")]
    Stopped,
    /// Data arrived that no request covers.
    #[error("server sent data that was not requested")]
    UnrequestedData,
    /// The server closed the connection before the end of the body.
    #[error("server closed the connection before the end of the response body")]
    BodyTooShort,
    /// The body continues after its length.
    #[error("response body is longer than its Content-Length")]
    BodyTooLong,
    /// The server ignored `Range` although it serves ranges to other connections.
    #[error("server sent the whole file instead of the requested range")]
    RangeIgnored,
    /// The server reports another version of the file than over other connections.
    #[error("server reports another version of the file than over other connections")]
    OtherVersion,
    /// The server reports another version of the file, whose bytes are equal: the download goes on with it.
    #[error("server reports another version of the file, with equal bytes")]
    VersionAdopted,
    /// The way is lost, for this reason; the download goes on over others.
    #[error("{0}; the other interfaces go on")]
    WayLost(WayError),
    /// The mirror is dropped, for this reason; others remain.
    #[error(transparent)]
    MirrorDropped(FetchError),
}

impl ProtocolError {
    /// Returns whether the server reports by a status that it fails at present. One that does not implement
    /// the request never will.
    pub fn is_server_failure(&self) -> bool {
        let Self::Request(RequestError::Rejected(Rejection::Mismatch(Mismatch::Status(status)))) =
            self
        else {
            return false;
        };
        let is_permanent = [
            StatusCode::NOT_IMPLEMENTED,
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            StatusCode::NETWORK_AUTHENTICATION_REQUIRED,
        ];
        !is_permanent.contains(status)
    }

    /// Returns whether an outage of the network or of the server may be the reason. Otherwise the server
    /// answers, but not as it should.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Request(RequestError::Rejected(Rejection::Mismatch(mismatch))) => {
                matches!(mismatch, Mismatch::Status(_))
            }
            Self::Request(RequestError::Proxy { reason, .. }) => !reason.is_permanent(),
            Self::Request(RequestError::Rejected(_) | RequestError::Tls { .. }) => false,
            Self::Request(RequestError::Lost(error)) | Self::Transport(error) => !matches!(
                error,
                TransportError::LargeHead { .. } | TransportError::InvalidHttp { .. }
            ),
            Self::Request(RequestError::Unreachable { .. }) | Self::BodyTooShort => true,
            Self::Lanes(error) => !matches!(error, ConnectionError::Protocol(_)),
            Self::Refused { .. } => true,
            Self::WayLost(_) => true,
            Self::Stopped
            | Self::UnrequestedData
            | Self::BodyTooLong
            | Self::RangeIgnored
            | Self::OtherVersion
            | Self::VersionAdopted
            | Self::MirrorDropped(_) => false,
        }
    }
}
