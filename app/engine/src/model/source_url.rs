//! Where bytes come from: one module a protocol, told apart by the URL.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use lanes_shared::DEFAULT_PORT;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::http_url::HttpUrl;

/// What stays as it is in the path of a URL (RFC 3986, unreserved, and the slash between folders).
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Why a text is no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text has no scheme that Lanes speaks.
    #[error("`{0}` is no link that Lanes knows: it begins with https://, http:// or lanes://")]
    Scheme(String),
    /// The text is no URL.
    #[error("`{0}` is no link: {1}")]
    Url(String, String),
    /// The host or port cannot be read.
    #[error("`{0}` is no server: write HOST or HOST:PORT, such as 127.0.0.1:{DEFAULT_PORT}")]
    Server(String),
    /// The link names a server but no file.
    #[error("the link names no file: write lanes://HOST:PORT/NAME, not {0}")]
    NoName(String),
    /// The name is not UTF-8 once decoded.
    #[error("the file name in the link is not UTF-8: {0}")]
    Name(String),
}

/// A Lanes server: host and port.
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
    type Err = SourceError;

    /// Reads `HOST`, `HOST:PORT` or `[IPV6]:PORT`, with or without `lanes://` and a closing slash.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let refuse = || SourceError::Server(text.to_owned());
        let bare = text.trim();
        let bare = bare.strip_prefix("lanes://").unwrap_or(bare);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let (host, port) = match bare.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(refuse)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| refuse())?;
                (
                    host,
                    after
                        .strip_prefix(':')
                        .or(after.is_empty().then_some(""))
                        .ok_or_else(refuse)?,
                )
            }
            None => bare.split_once(':').unwrap_or((bare, "")),
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.is_empty() || !host.chars().all(plain) {
            return Err(refuse());
        }
        let port = match port {
            "" => DEFAULT_PORT,
            digits => digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(refuse)?,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// One file of one server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file of a Lanes server: `lanes://host:port/name`.
    Lanes {
        /// The server.
        server: ServerName,
        /// The file's name in the server's catalogue, decoded.
        name: String,
    },
    /// Anything that an HTTP server gives: `http://…` or `https://…`.
    Http(HttpUrl),
}

impl Source {
    /// The Lanes server that the file comes from; `None` for other servers.
    pub fn lanes_server(&self) -> Option<&ServerName> {
        match self {
            Self::Lanes { server, .. } => Some(server),
            Self::Http(_) => None,
        }
    }

    /// The name of the host that the file comes from.
    pub fn host(&self) -> &str {
        match self {
            Self::Lanes { server, .. } => &server.host,
            Self::Http(url) => url.host(),
        }
    }

    /// Whether both come from the same server, so that what may be told to one may be told to the other.
    pub(crate) fn same_server(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Http(url), Self::Http(other)) => url.same_origin(other),
            _ => self.lanes_server() == other.lanes_server(),
        }
    }

    /// Whether `link` leads to the same server and path with another query: a link that has expired
    /// and its successor differ so.
    pub(crate) fn differs_in_query(&self, link: &str) -> bool {
        match (self, link.parse()) {
            (Self::Http(url), Ok(Self::Http(other))) => url.differs_in_query(&other),
            _ => false,
        }
    }

    /// The file's name: with its folders for a Lanes server, else the last part of the URL's path,
    /// decoded. Empty when the URL names only a host.
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
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let scheme = text
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("lanes") => lanes_source(&text["lanes://".len()..], text),
            Some("http" | "https") => text.parse().map(Self::Http),
            _ => Err(SourceError::Scheme(text.to_owned())),
        }
    }
}

fn lanes_source(rest: &str, text: &str) -> Result<Source, SourceError> {
    let (server, name) = rest.split_once('/').unwrap_or((rest, ""));
    let server = server.parse()?;
    let name = percent_decode_str(name)
        .decode_utf8()
        .map_err(|_| SourceError::Name(text.to_owned()))?
        .into_owned();
    if name.is_empty() {
        return Err(SourceError::NoName(text.to_owned()));
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
    fn servers_are_read_as_people_write_them() {
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
    fn links_are_percent_encoded() {
        let source: Source = "lanes://host:5115/Photo%20(1).jpg".parse().unwrap();
        assert_eq!(source.name(), "Photo (1).jpg");
        assert_eq!(source.to_string(), "lanes://host:5115/Photo%20%281%29.jpg");
        assert!(matches!(
            "ftp://a/b".parse::<Source>(),
            Err(SourceError::Scheme(_))
        ));
        assert!(matches!(
            "lanes://a/".parse::<Source>(),
            Err(SourceError::NoName(_))
        ));
        assert!(matches!(
            "lanes://a/%ff".parse::<Source>(),
            Err(SourceError::Name(_))
        ));
    }

    proptest! {
        #[test]
        fn a_link_comes_back_as_it_was(name in "[^/]{1,30}(/[^/]{1,10})?", port in 1u16..) {
            let source = Source::Lanes { server: ServerName { host: "h".into(), port }, name };
            prop_assert_eq!(source.to_string().parse(), Ok(source));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = text.parse::<Source>();
            let _ = format!("lanes://{text}").parse::<Source>();
        }
    }
}
