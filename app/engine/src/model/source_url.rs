//! The source of a file: its URL determines the protocol.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use lanes_shared::DEFAULT_PORT;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::http_url::HttpUrl;
use super::source_url_error::SourceUrlError;

/// Characters that are percent-encoded in a path: all but the unreserved ones (RFC 3986) and the
/// slash between folders.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The host and the port of a Lanes server.
///
/// # Examples
/// ```
/// use lanes_engine::ServerName;
///
/// let server: ServerName = "lanes://[::1]:7000".parse()?;
/// assert_eq!((server.host.as_str(), server.port), ("::1", 7000));
/// assert_eq!(server.to_string(), "[::1]:7000");
/// // The port may be left out.
/// assert_eq!("localhost".parse::<ServerName>()?.port, 5115);
/// # Ok::<(), lanes_engine::SourceUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerName {
    /// Host name or address; an IPv6 address without its brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for ServerName {
    type Err = SourceUrlError;

    /// Parses `HOST`, `HOST:PORT` or `[IPV6]:PORT`, with or without `lanes://` and a trailing slash.
    fn from_str(text: &str) -> Result<Self, SourceUrlError> {
        let invalid = || SourceUrlError::Server(text.to_owned());
        let bare = text.trim();
        let bare = bare.strip_prefix("lanes://").unwrap_or(bare);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let (host, port) = match bare.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(invalid)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| invalid())?;
                (
                    host,
                    after
                        .strip_prefix(':')
                        .or(after.is_empty().then_some(""))
                        .ok_or_else(invalid)?,
                )
            }
            None => bare.split_once(':').unwrap_or((bare, "")),
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.is_empty() || !host.chars().all(plain) {
            return Err(invalid());
        }
        let port = match port {
            "" => DEFAULT_PORT,
            digits => digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(invalid)?,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// One file of one server.
///
/// # Examples
/// ```
/// use lanes_engine::Source;
///
/// let source: Source = "lanes://localhost/Photo%20(1).jpg".parse()?;
/// assert_eq!(source.name(), "Photo (1).jpg");
/// assert_eq!(source.to_string(), "lanes://localhost:5115/Photo%20%281%29.jpg");
///
/// let source: Source = "https://example.org/file.iso".parse()?;
/// assert!(source.lanes_server().is_none());
/// assert!("ftp://example.org/file.iso".parse::<Source>().is_err());
/// # Ok::<(), lanes_engine::SourceUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file of a Lanes server: `lanes://host:port/name`.
    Lanes {
        /// The server.
        server: ServerName,
        /// The file's name in the server's catalogue, decoded.
        name: String,
    },
    /// A file of an HTTP server: `http://…` or `https://…`.
    Http(HttpUrl),
}

impl Source {
    /// Returns the Lanes server, or `None` for an HTTP server.
    pub fn lanes_server(&self) -> Option<&ServerName> {
        match self {
            Self::Lanes { server, .. } => Some(server),
            Self::Http(_) => None,
        }
    }

    /// Returns the host name or address of the server.
    pub fn host(&self) -> &str {
        match self {
            Self::Lanes { server, .. } => &server.host,
            Self::Http(url) => url.host(),
        }
    }

    /// Returns the link with everything that is needed to open it again, but without a password; see
    /// [`HttpUrl::full_link`]. The text of `Display` is redacted.
    pub fn full_link(&self) -> String {
        match self {
            Self::Lanes { .. } => self.to_string(),
            Self::Http(url) => url.full_link(),
        }
    }

    /// Returns the link without user name, password and query.
    pub(crate) fn without_secrets(&self) -> String {
        let shown = self.to_string();
        let path = shown.split('?').next().map(str::to_owned);
        path.unwrap_or(shown)
    }

    /// Returns whether only the redacted form of the link is known.
    pub fn is_redacted(&self) -> bool {
        matches!(self, Self::Http(url) if url.is_redacted())
    }

    /// Returns whether both are on the same server, so that credentials for one may be sent to the
    /// other.
    pub(crate) fn same_server(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Http(url), Self::Http(other)) => url.same_origin(other),
            _ => self.lanes_server() == other.lanes_server(),
        }
    }

    /// Returns whether `url` has the same server and path, and another query, as an expired signed URL
    /// and its successor have.
    pub(crate) fn differs_in_query(&self, url: &str) -> bool {
        match (self, url.parse()) {
            (Self::Http(url), Ok(Self::Http(other))) => url.differs_in_query(&other),
            _ => false,
        }
    }

    /// Returns the decoded name of the file: with its folders for a Lanes server, else the last segment
    /// of the URL's path. Empty if the URL names only a host.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Lanes { name, .. } => name.into(),
            Self::Http(url) => url.file_name(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lanes { server, name } => {
                write!(f, "lanes://{server}/{}", utf8_percent_encode(name, IN_PATH))
            }
            Self::Http(url) => write!(f, "{url}"),
        }
    }
}

impl FromStr for Source {
    type Err = SourceUrlError;

    fn from_str(text: &str) -> Result<Self, SourceUrlError> {
        let text = text.trim();
        let scheme = text
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("lanes") => lanes_source(&text["lanes://".len()..], text),
            Some("http" | "https") => text.parse().map(Self::Http),
            _ => Err(SourceUrlError::Scheme(text.to_owned())),
        }
    }
}

fn lanes_source(rest: &str, text: &str) -> Result<Source, SourceUrlError> {
    let (server, name) = rest.split_once('/').unwrap_or((rest, ""));
    let server = server.parse()?;
    let name = percent_decode_str(name)
        .decode_utf8()
        .map_err(|_| SourceUrlError::Name(text.to_owned()))?
        .into_owned();
    if name.is_empty() {
        return Err(SourceUrlError::NoName(text.to_owned()));
    }
    Ok(Source::Lanes { server, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn server(text: &str) -> Option<(String, u16)> {
        text.parse().ok().map(|s: ServerName| (s.host, s.port))
    }

    #[test]
    fn servers_are_parsed_with_and_without_port_and_scheme() {
        assert_eq!(server("localhost"), Some(("localhost".into(), 5115)));
        assert_eq!(server(" 127.0.0.1:80 "), Some(("127.0.0.1".into(), 80)));
        assert_eq!(server("lanes://[::1]:7/"), Some(("::1".into(), 7)));
        assert_eq!(server("[fe80::1]"), Some(("fe80::1".into(), 5115)));
        for wrong in [
            "",
            ":80",
            "host:0",
            "host:99999",
            "host:x",
            "a b",
            "[::1",
            "[x]:1",
            "http://a",
        ] {
            assert_eq!(server(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn urls_are_percent_encoded() {
        let source: Source = "lanes://host:5115/Photo%20(1).jpg".parse().unwrap();
        assert_eq!(source.name(), "Photo (1).jpg");
        assert_eq!(source.to_string(), "lanes://host:5115/Photo%20%281%29.jpg");
        assert!(matches!(
            "ftp://a/b".parse::<Source>(),
            Err(SourceUrlError::Scheme(_))
        ));
        assert!(matches!(
            "lanes://a/".parse::<Source>(),
            Err(SourceUrlError::NoName(_))
        ));
        assert!(matches!(
            "lanes://a/%ff".parse::<Source>(),
            Err(SourceUrlError::Name(_))
        ));
    }

    proptest! {
        #[test]
        fn a_displayed_url_parses_to_the_same_source(name in "[^/]{1,30}(/[^/]{1,10})?", port in 1u16..) {
            let source = Source::Lanes { server: ServerName { host: "h".into(), port }, name };
            prop_assert_eq!(source.to_string().parse(), Ok(source));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,60}") {
            let _ = text.parse::<Source>();
            let _ = format!("lanes://{text}").parse::<Source>();
        }
    }
}
