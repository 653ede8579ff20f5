//! The URL of a proxy.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

/// The protocol that a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyProtocol {
    /// HTTP (RFC 9110, 7.3 and 9.3.6).
    Http,
    /// HTTP over TLS.
    Https,
    /// SOCKS4, which takes IPv4 addresses only.
    Socks4,
    /// SOCKS4 with host names.
    Socks4a,
    /// SOCKS5 (RFC 1928); the proxy resolves host names.
    Socks5,
}

/// A proxy: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`, host and port,
/// with user name and password if needed. Without a scheme it is an HTTP proxy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl {
    pub protocol: ProxyProtocol,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    /// User name and password, decoded.
    pub login: Option<(String, String)>,
}

/// The text is not the URL of a proxy of a supported kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidProxy;

impl ProxyUrl {
    /// Returns host and port, as in a URL.
    pub fn server(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Returns whether the proxy speaks HTTP.
    pub fn is_http(&self) -> bool {
        matches!(self.protocol, ProxyProtocol::Http | ProxyProtocol::Https)
    }
}

impl fmt::Debug for ProxyUrl {
    /// Leaves out the user name and the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.protocol, self.server())
    }
}

impl FromStr for ProxyUrl {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let text = text.trim();
        let full = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        let url = Url::parse(&full).map_err(|_| InvalidProxy)?;
        let (protocol, port) = match url.scheme() {
            "http" => (ProxyProtocol::Http, 80),
            "https" => (ProxyProtocol::Https, 443),
            "socks4" => (ProxyProtocol::Socks4, 1080),
            "socks4a" => (ProxyProtocol::Socks4a, 1080),
            "socks" | "socks5" | "socks5h" => (ProxyProtocol::Socks5, 1080),
            _ => return Err(InvalidProxy),
        };
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(InvalidProxy);
        }
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (name, password) = (decode(url.username()), url.password().map(decode));
        let has_login = !name.is_empty() || password.is_some();
        Ok(Self {
            protocol,
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            login: has_login.then(|| (name, password.unwrap_or_default())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_users_write_them() {
        for (text, shown) in [
            ("http://proxy:3128", "Http(proxy:3128)"),
            ("http://proxy:3128/", "Http(proxy:3128)"),
            ("proxy:3128", "Http(proxy:3128)"),
            ("127.0.0.1:8080", "Http(127.0.0.1:8080)"),
            (" proxy ", "Http(proxy:80)"),
            ("https://proxy", "Https(proxy:443)"),
            ("HTTP://Proxy:1", "Http(proxy:1)"),
            ("socks5://h", "Socks5(h:1080)"),
            ("socks5h://h:9050", "Socks5(h:9050)"),
            ("socks4a://h:1", "Socks4a(h:1)"),
            ("socks4://h:1", "Socks4(h:1)"),
            ("socks5://[::1]:1", "Socks5([::1]:1)"),
            ("http://[fe80::1]:1", "Http([fe80::1]:1)"),
        ] {
            let proxy: ProxyUrl = text.parse().unwrap();
            assert_eq!(format!("{proxy:?}"), shown, "{text}");
        }
        for wrong in [
            "",
            "http://",
            "ftp://h:1",
            "nonsense://",
            "h:99999",
            "http://[::",
        ] {
            assert_eq!(wrong.parse::<ProxyUrl>(), Err(InvalidProxy), "{wrong}");
        }
    }

    #[test]
    fn logins_are_decoded_and_never_shown() {
        for (text, name, password) in [
            ("http://me:p%40ss@h:1", "me", "p@ss"),
            ("me:secret@h:1", "me", "secret"),
            ("socks5://me:a%3Ab@h", "me", "a:b"),
            ("http://me@h:1", "me", ""),
        ] {
            let proxy: ProxyUrl = text.parse().unwrap();
            assert_eq!(proxy.login, Some((name.to_owned(), password.to_owned())));
            assert!(!format!("{proxy:?}").contains("me"), "{proxy:?}");
        }
        assert_eq!("http://h:1".parse::<ProxyUrl>().unwrap().login, None);
    }
}
