//! Chooses the credentials of a request. They are sent only to hosts that the user named: in a link, or
//! by an entry of the netrc file.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::netrc::Login;
use super::netrc_file;
use crate::model::http_options::{Auth, HttpOptions};
use crate::model::http_url::HttpUrl;

/// Returns the `Authorization` header of a request to `url`, to which redirects of `link` led.
///
/// 1. The server of `link` gets the credentials in `link`, else those of the options, else those of the
///    netrc file. A user name without a password takes its password from the netrc file.
/// 2. Another host gets those of its own entry in the netrc file, never those of a `default` entry.
pub(crate) fn authorization(
    options: &HttpOptions,
    link: &HttpUrl,
    url: &HttpUrl,
) -> Option<String> {
    if !link.shares_secrets_with(url) {
        return for_redirect(options, link, url);
    }
    if let Some((name, password)) = link.userinfo() {
        let entry = (options.netrc && password.is_none())
            .then(|| netrc_file::for_host(link.host(), Some(&name), true))
            .flatten();
        return Some(match entry {
            Some(login) => login_header(&login),
            None => basic(name.as_bytes(), password.unwrap_or_default().as_bytes()),
        });
    }
    match &options.auth {
        Some(Auth::Basic(name, password)) => Some(basic(name.as_bytes(), password.as_bytes())),
        Some(Auth::Bearer(token)) => Some(format!("Bearer {token}")),
        None if options.netrc => {
            netrc_file::for_host(link.host(), None, true).map(|login| login_header(&login))
        }
        None => None,
    }
}

/// Returns the header for a host that only a redirect named. The same host on another port gets nothing:
/// netrc entries have no ports, and another user may have opened that one.
fn for_redirect(options: &HttpOptions, link: &HttpUrl, url: &HttpUrl) -> Option<String> {
    let is_other_host = !url.host().eq_ignore_ascii_case(link.host());
    let is_as_safe = url.is_https() || !link.is_https();
    (options.netrc && is_other_host && is_as_safe)
        .then(|| netrc_file::for_host(url.host(), None, false))
        .flatten()
        .map(|login| login_header(&login))
}

fn login_header(login: &Login) -> String {
    basic(&login.name, &login.password)
}

/// Returns the header of RFC 7617.
fn basic(name: &[u8], password: &[u8]) -> String {
    let pair = [name, b":", password].concat();
    format!("Basic {}", BASE64_STANDARD.encode(pair))
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
        let sent = |link: &str, to: &str| authorization(&bearer, &url(link), &url(to));
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
        let both = authorization(&bearer, &url("http://me:pw@h/"), &url("http://h/x"));
        assert_eq!(both.as_deref(), Some("Basic bWU6cHc="));
        let token = authorization(&bearer, &url("http://me@h/"), &url("http://h/x"));
        assert_eq!(token.as_deref(), Some("Basic bWU6"));
    }
}
