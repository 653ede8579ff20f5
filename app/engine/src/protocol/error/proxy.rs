//! Reasons for which a request through a proxy fails (status of `CONNECT`, SOCKS reply, login), and whether a
//! retry can help.

use std::io;

use super::tcp::ConnectError;

/// Reason why a proxy made no connection.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The proxy itself cannot be reached.
    #[error("proxy {proxy}: {reason}")]
    Unreachable {
        /// Host and port.
        proxy: String,
        /// Why not.
        reason: Box<ConnectError>,
    },
    /// The proxy asks for a login.
    #[error(
        "proxy {proxy} requires authentication (407): write its user name and password into its URL, as in http://NAME:PASSWORD@{proxy}"
    )]
    LoginRequired {
        /// Host and port.
        proxy: String,
    },
    /// The proxy refuses the login.
    #[error("proxy {proxy} refuses the user name or password in its URL (407)")]
    LoginRefused {
        /// Host and port.
        proxy: String,
    },
    /// The proxy asks for a login of another kind.
    #[error("proxy {proxy} asks for {schemes} (407); Lanes speaks Basic with proxies")]
    LoginScheme {
        /// Host and port.
        proxy: String,
        /// The authentication schemes it offers.
        schemes: String,
    },
    /// The proxy answers the request for a tunnel with this status.
    #[error("proxy {proxy} refuses the connection ({status}{})", phrase(*status))]
    Refused {
        /// Host and port.
        proxy: String,
        /// The status code.
        status: u16,
    },
    /// The SOCKS proxy answers with this code (RFC 1928, 6; of SOCKS4 from 90).
    #[error("proxy {proxy} made no connection: {}", socks_reply(*code))]
    Socks {
        /// Host and port.
        proxy: String,
        /// The code.
        code: u8,
    },
    /// The SOCKS4 proxy takes IPv4 addresses only.
    #[error("proxy {proxy}: SOCKS4 reaches IPv4 addresses only; use socks5://")]
    Ipv4Only {
        /// Host and port.
        proxy: String,
    },
    /// The proxy speaks another protocol.
    #[error("{proxy} does not answer as {protocol} proxy")]
    Protocol {
        /// Host and port.
        proxy: String,
        /// The expected protocol.
        protocol: &'static str,
    },
    /// The connection to the proxy was lost.
    #[error("connection to proxy {proxy} lost: {reason}")]
    Lost {
        /// Host and port.
        proxy: String,
        /// Why.
        reason: io::Error,
    },
    /// The TLS handshake with the proxy failed.
    #[error("TLS handshake with proxy {proxy} failed: {reason}")]
    Tls {
        /// Host and port.
        proxy: String,
        /// Why.
        reason: io::Error,
    },
    /// The environment variable with this name is not the URL of a proxy.
    #[error(
        "{0} in the environment is no URL of a proxy: write http://HOST:PORT or socks5://HOST:PORT"
    )]
    Variable(&'static str),
}

/// SOCKS5 codes of our own: no method of authentication fits, and the login is refused.
pub(crate) const SOCKS_NO_METHOD: u8 = 0xFF;
/// See [`SOCKS_NO_METHOD`].
pub(crate) const SOCKS_LOGIN_REFUSED: u8 = 0xFE;

impl ProxyError {
    /// Returns whether a retry would fail too.
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } => false,
            Self::Refused { status, .. } => {
                matches!(status, 400..500) && !matches!(status, 408 | 429)
            }
            Self::Socks { code, .. } => {
                matches!(
                    *code,
                    2 | 7 | 8 | 92 | 93 | SOCKS_NO_METHOD | SOCKS_LOGIN_REFUSED
                )
            }
            Self::LoginRequired { .. }
            | Self::LoginRefused { .. }
            | Self::LoginScheme { .. }
            | Self::Ipv4Only { .. }
            | Self::Protocol { .. }
            | Self::Tls { .. }
            | Self::Variable(_) => true,
        }
    }
}

fn phrase(status: u16) -> String {
    let status = ureq::http::StatusCode::from_u16(status).ok();
    let phrase = status.and_then(|status| status.canonical_reason());
    phrase.map_or_else(String::new, |phrase| format!(" {phrase}"))
}

fn socks_reply(code: u8) -> &'static str {
    match code {
        1 | 91 => "it failed",
        2 => "its rules forbid it",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the server refused it",
        6 => "it took too many hops",
        7 => "it does not support the command",
        8 => "it does not support this kind of address",
        92 | 93 => "it asks for the identity of the user (identd)",
        SOCKS_NO_METHOD => {
            "it requires a login that Lanes does not send; write user name and password into its URL"
        }
        SOCKS_LOGIN_REFUSED => "it refuses the user name or password in its URL",
        _ => "it gives an unknown reason",
    }
}
