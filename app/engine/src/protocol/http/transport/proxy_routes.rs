//! Chooses the proxy of a request, by its scheme, from the options or the environment.

use crate::model::http_options::ProxyChoice;
use crate::model::no_proxy::NoProxy;
use crate::model::proxy_url::{InvalidProxy, ProxyUrl};
use crate::protocol::error::{ClientConfigError, ProxyError};

/// The variables for each scheme, in the order in which they count. `HTTP_PROXY` is left out as in curl:
/// in a CGI program the client sets it.
const HTTP: &[&str] = &["http_proxy", "all_proxy", "ALL_PROXY"];
const HTTPS: &[&str] = &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY: &[&str] = &["no_proxy", "NO_PROXY"];

/// The proxies of a download.
#[derive(Debug, Default)]
pub(crate) struct ProxyRoutes {
    http: Option<Route>,
    https: Option<Route>,
    /// Hosts that are reached directly.
    direct: NoProxy,
}

/// A proxy, or the variable that does not name one.
type Route = Result<ProxyUrl, &'static str>;

impl ProxyRoutes {
    /// Returns the proxies of this choice.
    ///
    /// # Errors
    /// [`ClientConfigError::Proxy`] if the chosen URL is not that of a proxy.
    pub fn new(choice: &ProxyChoice) -> Result<Self, ClientConfigError> {
        match choice {
            ProxyChoice::Environment => Ok(Self::of_environment(|name| std::env::var(name).ok())),
            ProxyChoice::Direct => Ok(Self::default()),
            ProxyChoice::Url(url) => {
                let parsed: Result<ProxyUrl, InvalidProxy> = url.parse();
                let proxy = parsed.map_err(|_| ClientConfigError::Proxy)?;
                Ok(Self {
                    http: Some(Ok(proxy.clone())),
                    https: Some(Ok(proxy)),
                    direct: NoProxy::default(),
                })
            }
        }
    }

    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            let set = names
                .iter()
                .filter_map(|name| Some((*name, variable(name)?)));
            set.into_iter().find(|(_, value)| !value.trim().is_empty())
        };
        let route = |names: &[&'static str]| {
            let (name, value) = first(names)?;
            Some(value.parse().map_err(|InvalidProxy| name))
        };
        let direct = first(NO_PROXY).map(|(_, list)| NoProxy::parse(&list));
        Self {
            http: route(HTTP),
            https: route(HTTPS),
            direct: direct.unwrap_or_default(),
        }
    }

    /// Returns the proxy of requests to this server; `None` if it is reached directly.
    ///
    /// # Errors
    /// [`ProxyError::Variable`] if the variable that counts is not the URL of a proxy.
    pub fn route(&self, server: &Server<'_>) -> Result<Option<&ProxyUrl>, ProxyError> {
        let route = match server.is_https {
            true => &self.https,
            false => &self.http,
        };
        let route = route.as_ref();
        match route.filter(|_| !self.direct.contains(server.host, server.port)) {
            None => Ok(None),
            Some(Ok(proxy)) => Ok(Some(proxy)),
            Some(Err(variable)) => Err(ProxyError::Variable(variable)),
        }
    }
}

/// The server of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Server<'a> {
    pub is_https: bool,
    /// Host name or address; an IPv6 address without its brackets.
    pub host: &'a str,
    pub port: u16,
}

impl<'a> Server<'a> {
    /// Splits a scheme, host and port, as `HttpUrl::origin` has them.
    pub fn of(origin: &'a str) -> Self {
        let (scheme, authority) = origin.split_once("://").unwrap_or(("http", origin));
        let is_https = scheme == "https";
        let (host, rest) = match authority.strip_prefix('[') {
            Some(address) => address.split_once(']').unwrap_or((address, "")),
            None => match authority.find(':') {
                Some(colon) => authority.split_at(colon),
                None => (authority, ""),
            },
        };
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        Self {
            is_https,
            host,
            port: port.unwrap_or(if is_https { 443 } else { 80 }),
        }
    }

    /// Returns host and port, as a request for a tunnel has them.
    pub fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_split_into_host_and_port() {
        for (origin, is_https, host, port) in [
            ("http://h", false, "h", 80),
            ("https://h.org", true, "h.org", 443),
            ("https://h.org:444", true, "h.org", 444),
            ("http://1.2.3.4:5", false, "1.2.3.4", 5),
            ("https://[::1]:443", true, "::1", 443),
            ("http://[::1]", false, "::1", 80),
        ] {
            let server = Server::of(origin);
            assert_eq!(
                (server.is_https, server.host, server.port),
                (is_https, host, port)
            );
        }
        assert_eq!(Server::of("https://[::1]").authority(), "[::1]:443");
        assert_eq!(Server::of("http://h:81").authority(), "h:81");
    }

    /// Returns the host of the proxy for a URL in an environment of `NAME=VALUE` words.
    fn proxy(environment: &str, origin: &str) -> String {
        let routes = ProxyRoutes::of_environment(|name| {
            let mut words = environment.split(' ');
            words.find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        });
        match routes.route(&Server::of(origin)) {
            Ok(Some(proxy)) => proxy.host.clone(),
            Ok(None) => "direct".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_scheme_chooses_the_variable_and_all_proxy_is_the_last() {
        for (environment, http, https) in [
            ("", "direct", "direct"),
            ("http_proxy=a", "a", "direct"),
            ("HTTP_PROXY=a", "direct", "direct"),
            ("https_proxy=b", "direct", "b"),
            ("HTTPS_PROXY=b", "direct", "b"),
            ("https_proxy=b HTTPS_PROXY=c", "direct", "b"),
            ("all_proxy=c http_proxy=a", "a", "c"),
            ("ALL_PROXY=c https_proxy=b", "c", "b"),
            ("all_proxy=c http_proxy=", "c", "c"),
            ("all_proxy=c no_proxy=h", "direct", "direct"),
            ("all_proxy=c NO_PROXY=h:443", "c", "direct"),
            ("all_proxy=c no_proxy= NO_PROXY=h", "direct", "direct"),
            ("all_proxy=socks5://s:1", "s", "s"),
        ] {
            assert_eq!(proxy(environment, "http://h"), http, "{environment}");
            assert_eq!(proxy(environment, "https://h"), https, "{environment}");
        }
    }

    #[test]
    fn a_variable_without_a_proxy_is_named_where_it_counts() {
        let environment = "https_proxy=gopher://x http_proxy=a no_proxy=direct.example";
        assert_eq!(proxy(environment, "http://h"), "a");
        assert!(proxy(environment, "https://h").starts_with("https_proxy in the environment"));
        assert_eq!(proxy(environment, "https://direct.example"), "direct");
    }
}
