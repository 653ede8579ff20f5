//! How HTTP servers are spoken to: what a user may set.

use std::path::PathBuf;

/// Which proxy is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// The one that the environment names (`https_proxy`, `all_proxy`, …, `no_proxy`), if any.
    #[default]
    Environment,
    /// None.
    Direct,
    /// This one: `http://`, `socks4://` or `socks5://`, `HOST:PORT`, with user and password if need be.
    Url(String),
}

/// Who the server is told we are.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user name and a password (RFC 7617).
    Basic(String, String),
    /// A token (RFC 6750).
    Bearer(String),
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Secrets stay out of logs.
        f.write_str(match self {
            Self::Basic(..) => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// How HTTP servers are spoken to. The default is what a browser without an account does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpOptions {
    /// User and password, or a token. Those within the link come first. Told only to the hosts of links that
    /// the user gave, never to those that they redirect to.
    pub auth: Option<Auth>,
    /// Further header fields: name and value. Told only to the hosts of links that the user gave.
    pub headers: Vec<(String, String)>,
    /// The proxy.
    pub proxy: ProxyChoice,
    /// Whether `~/.netrc` is asked for user and password.
    pub netrc: bool,
    /// Whether a server may be anybody: its certificate is not checked.
    pub insecure: bool,
    /// The certificates to trust instead of the system's: a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Whether a redirect may lead from `https` to `http`.
    pub allow_downgrade: bool,
}

impl HttpOptions {
    /// Checks what can be checked without asking a server.
    ///
    /// # Errors
    /// In words.
    pub fn check(&self) -> Result<(), String> {
        use ureq::http::{HeaderName, HeaderValue};
        for (name, value) in &self.headers {
            HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("`{name}` is no name of a header field"))?;
            HeaderValue::from_str(value).map_err(|_| {
                format!("the value of the header field {name} has forbidden characters")
            })?;
        }
        if let ProxyChoice::Url(proxy) = &self.proxy {
            ureq::Proxy::new(proxy).map_err(|_| {
                format!("`{proxy}` is no proxy: write http://HOST:PORT or socks5://HOST:PORT")
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let with_header = |name: &str, value: &str| HttpOptions {
            headers: vec![(name.into(), value.into())],
            ..HttpOptions::default()
        };
        assert_eq!(HttpOptions::default().check(), Ok(()));
        assert_eq!(with_header("X-Token", "a b").check(), Ok(()));
        assert!(
            with_header("X Token", "a")
                .check()
                .unwrap_err()
                .contains("X Token")
        );
        assert!(with_header("X", "a\r\nb").check().is_err());
        let proxy = HttpOptions {
            proxy: ProxyChoice::Url("nonsense://".into()),
            ..HttpOptions::default()
        };
        assert!(proxy.check().unwrap_err().contains("proxy"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let auth = Auth::Basic("user".into(), "secret".into());
        assert!(!format!("{auth:?}").contains("secret"));
    }
}
