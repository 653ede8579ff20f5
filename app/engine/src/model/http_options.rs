//! User options for requests to HTTP servers.

use std::path::PathBuf;

use super::cookie_jar::CookieJar;
use super::display_text::redact;
use super::proxy_url::ProxyUrl;
use super::time_limits::TimeLimits;
use super::way::{WayName, WayNameError, check_ways};

/// The proxy to use.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// The one in the environment, by scheme: `http_proxy` or `https_proxy`, else `all_proxy`, but for the
    /// hosts in `no_proxy`.
    #[default]
    Environment,
    /// No proxy.
    Direct,
    /// This one: `http://`, `https://`, `socks4://`, `socks4a://` or `socks5://`, `HOST:PORT`, with user
    /// name and password if needed.
    Url(String),
}

impl std::fmt::Debug for ProxyChoice {
    /// Leaves out the user name and the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Direct => f.write_str("Direct"),
            Self::Url(url) => write!(f, "Url({})", redact(url)),
        }
    }
}

/// Credentials for HTTP servers.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user name and a password (RFC 7617).
    Basic(String, String),
    /// A token (RFC 6750).
    Bearer(String),
}

impl std::fmt::Debug for Auth {
    /// Leaves out the secrets, so that they cannot reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Basic(..) => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Options for requests to HTTP servers. The default is that of a browser without an account.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HttpOptions {
    /// Credentials; those in the URL take precedence. Sent only to the hosts of URLs that the user
    /// gave, never to those of redirects.
    pub auth: Option<Auth>,
    /// Further header fields: name and value. Sent only to the hosts of URLs that the user gave.
    pub headers: Vec<(String, String)>,
    /// Cookies of earlier answers and of a file. Clones of the options share them.
    pub cookies: CookieJar,
    /// The proxy.
    pub proxy: ProxyChoice,
    /// Set to look credentials up in `~/.netrc`. They are sent to the hosts of URLs that the user gave, and
    /// to those of redirects which have an entry of their own in that file.
    pub netrc: bool,
    /// Set to skip TLS certificate verification.
    pub insecure: bool,
    /// PEM file of the certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Set to follow redirects from `https` to `http`.
    pub allow_downgrade: bool,
    /// Time limits of the connections.
    pub time_limits: TimeLimits,
    /// Network interfaces that the connections use, also those to Lanes servers; none for the route that the
    /// system chooses.
    pub ways: Vec<WayName>,
}

impl std::fmt::Debug for HttpOptions {
    /// Leaves out the values of the header fields, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpOptions")
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("cookies", &self.cookies)
            .field("proxy", &self.proxy)
            .field("netrc", &self.netrc)
            .field("insecure", &self.insecure)
            .field("ca_file", &self.ca_file)
            .field("allow_downgrade", &self.allow_downgrade)
            .field("time_limits", &self.time_limits)
            .field("ways", &self.ways)
            .finish()
    }
}

/// Error in [`HttpOptions`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpOptionsError {
    /// A header field has an invalid name.
    #[error("invalid header field name `{0}`")]
    HeaderName(String),
    /// The value of the header field with this name has characters that are not allowed.
    #[error("invalid characters in the value of header field `{0}`")]
    HeaderValue(String),
    /// The proxy is not a URL of a supported kind.
    #[error("invalid proxy `{}`: write http://HOST:PORT or socks5://HOST:PORT", redact(.0))]
    Proxy(String),
    /// The list of interfaces is wrong.
    #[error(transparent)]
    Ways(#[from] WayNameError),
}

impl HttpOptions {
    /// Returns whether no option is set and there are no cookies.
    pub fn is_default(&self) -> bool {
        let default = Self {
            cookies: self.cookies.clone(),
            ..Self::default()
        };
        self.cookies.is_empty() && *self == default
    }

    /// Returns the names of what goes to the server besides the request: header fields, `Cookie` and
    /// `credentials`, each once. Never a value, which may be a secret.
    pub fn sent_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let jar = (!self.cookies.is_empty()).then_some("Cookie");
        let auth = self.auth.as_ref().map(|_| "credentials");
        let headers = self.headers.iter().map(|(name, _)| name.as_str());
        for name in headers.chain(jar).chain(auth) {
            if !names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Checks the header fields and the proxy, without any request.
    ///
    /// # Errors
    /// See [`HttpOptionsError`].
    pub fn check(&self) -> Result<(), HttpOptionsError> {
        use ureq::http::{HeaderName, HeaderValue};
        for (name, value) in &self.headers {
            HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| HttpOptionsError::HeaderName(name.clone()))?;
            HeaderValue::from_str(value)
                .map_err(|_| HttpOptionsError::HeaderValue(name.clone()))?;
        }
        if let ProxyChoice::Url(proxy) = &self.proxy {
            let parsed: Result<ProxyUrl, _> = proxy.parse();
            parsed.map_err(|_| HttpOptionsError::Proxy(proxy.clone()))?;
        }
        check_ways(&self.ways)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_options_are_rejected_by_name() {
        let with_header = |name: &str, value: &str| HttpOptions {
            headers: vec![(name.into(), value.into())],
            ..HttpOptions::default()
        };
        let error = |options: HttpOptions| options.check().unwrap_err().to_string();
        assert_eq!(HttpOptions::default().check(), Ok(()));
        assert_eq!(with_header("X-Token", "a b").check(), Ok(()));
        assert!(error(with_header("X Token", "a")).contains("X Token"));
        assert!(with_header("X", "a\r\nb").check().is_err());
        let proxy = HttpOptions {
            proxy: ProxyChoice::Url("nonsense://".into()),
            ..HttpOptions::default()
        };
        assert!(error(proxy).contains("proxy"));
    }

    #[test]
    fn debug_output_has_no_secrets() {
        let auth = Auth::Basic("user".into(), "secret".into());
        assert!(!format!("{auth:?}").contains("secret"));
        let options = HttpOptions {
            auth: Some(auth),
            headers: vec![("Cookie".into(), "sid=secret".into())],
            proxy: ProxyChoice::Url("http://me:secret@proxy:1".into()),
            ..HttpOptions::default()
        };
        let shown = format!("{options:?}");
        assert!(
            !shown.contains("secret") && shown.contains("Cookie"),
            "{shown}"
        );
        let wrong = HttpOptions {
            proxy: ProxyChoice::Url("nonsense://me:secret@proxy:9".into()),
            ..HttpOptions::default()
        };
        let error = wrong.check().unwrap_err().to_string();
        assert!(
            !error.contains("secret") && error.contains("proxy:9"),
            "{error}"
        );
    }
}
