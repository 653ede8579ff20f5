//! Chooses the credentials of a request. They are sent only to hosts that the user named: in a link, or
//! by an entry of the netrc file.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::netrc::Login;
use super::netrc_file;
use crate::model::http_options::{Auth, HttpOptions};
use crate::model::http_url::HttpUrl;

/// Credentials of a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A user name and a password, for the Basic or the Digest scheme.
    Login(Login),
    /// A token (RFC 6750).
    Bearer(String),
}

impl Credentials {
    fn login(name: &str, password: &str) -> Self {
        Self::Login(Login {
            name: name.as_bytes().to_vec(),
            password: password.as_bytes().to_vec(),
        })
    }

    /// Returns the `Authorization` field that is sent before the server has asked: the Basic scheme
    /// (RFC 7617), or the token.
    pub fn field(&self) -> String {
        match self {
            Self::Login(Login { name, password }) => {
                let pair = [&name[..], b":", password].concat();
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
            Self::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

/// Returns the credentials of a request to `url`, to which redirects of `link` led.
///
/// 1. The server of `link` gets the credentials in `link`, else those of the options, else those of the
///    netrc file. A user name without a password takes its password from the netrc file.
/// 2. Another host gets those of its own entry in the netrc file, never those of a `default` entry.
pub(crate) fn credentials(
    options: &HttpOptions,
    link: &HttpUrl,
    url: &HttpUrl,
) -> Option<Credentials> {
    if !link.shares_secrets_with(url) {
        return for_redirect(options, link, url);
    }
    if let Some((name, password)) = link.userinfo() {
        let entry = (options.netrc && password.is_none())
            .then(|| netrc_file::for_host(link.host(), Some(&name), true))
            .flatten();
        let given = || Credentials::login(&name, &password.unwrap_or_default());
        return Some(entry.map_or_else(given, Credentials::Login));
    }
    match &options.auth {
        Some(Auth::Basic(name, password)) => Some(Credentials::login(name, password)),
        Some(Auth::Bearer(token)) => Some(Credentials::Bearer(token.clone())),
        None if options.netrc => {
            netrc_file::for_host(link.host(), None, true).map(Credentials::Login)
        }
        None => None,
    }
}

/// Returns those for a host that only a redirect named. The same host on another port gets nothing:
/// netrc entries have no ports, and another user may have opened that one.
fn for_redirect(options: &HttpOptions, link: &HttpUrl, url: &HttpUrl) -> Option<Credentials> {
    let is_other_host = !url.host().eq_ignore_ascii_case(link.host());
    let is_as_safe = url.is_https() || !link.is_https();
    (options.netrc && is_other_host && is_as_safe)
        .then(|| netrc_file::for_host(url.host(), None, false))
        .flatten()
        .map(Credentials::Login)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_server_of_the_link_gets_credentials() {
        let bearer = HttpOptions {
            auth: Some(Auth::Bearer("t".into())),
            ..HttpOptions::default()
        };
        let sent = |link: &str, to: &str| {
            credentials(&bearer, &url(link), &url(to)).map(|found| found.field())
        };
        for (link, to) in [
            ("https://h/a", "https://h/b"),
            ("http://h/a", "https://h/b"),
            ("http://h:8080/a", "https://h:8443/b"),
        ] {
            assert_eq!(sent(link, to).as_deref(), Some("Bearer t"), "{link} {to}");
        }
        for (link, to) in [
            ("https://h/a", "http://h/b"),
            ("https://h/a", "https://h:8443/b"),
            ("http://h/a", "http://h:81/b"),
            ("http://h/a", "https://other/b"),
            ("http://h/a", "https://sub.h/b"),
        ] {
            assert_eq!(sent(link, to), None, "{link} {to}");
        }
        let both = sent("http://me:pw@h/", "http://h/x");
        assert_eq!(both.as_deref(), Some("Basic bWU6cHc="));
        let token = sent("http://me@h/", "http://h/x");
        assert_eq!(token.as_deref(), Some("Basic bWU6"));
    }
}
