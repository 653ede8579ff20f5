//! Decides which requests may reach the interface, before any token is read.
//!
//! Any web page can send requests to this machine. A browser names the page in `Origin`, so other origins than
//! those of extensions are refused unless the user has listed them. A page whose own name is made to resolve to
//! this machine (DNS rebinding) shows in `Host`, so names that are not those of this machine are refused too.

use std::net::IpAddr;

/// Origins and hosts that may use the interface.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Origins of web pages; `*` for all.
    pub origins: Vec<String>,
    /// Host names besides localhost and addresses.
    pub hosts: Vec<String>,
}

/// Reason why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The page may not use the interface.
    #[error(
        "the web page {0} may not use this interface: allow it with lanes serve --rpc-allow-origin"
    )]
    Origin(String),
    /// The name is not one of this machine.
    #[error(
        "the host name {0} is not one of this machine: allow it with lanes serve --rpc-allow-host"
    )]
    Host(String),
    /// There is no host.
    #[error("the request has no valid Host")]
    NoHost,
}

impl Access {
    /// Checks the `Host` and `Origin` fields of a request.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), Refusal> {
        let authority = host.ok_or(Refusal::NoHost)?.trim();
        let host = name_of(authority).ok_or(Refusal::NoHost)?;
        if !self.is_own_host(&host) {
            return Err(Refusal::Host(shown(&host)));
        }
        match origin {
            Some(origin) if is_same_origin(origin, authority) => Ok(()),
            Some(origin) if !self.is_allowed_origin(origin) => Err(Refusal::Origin(shown(origin))),
            _ => Ok(()),
        }
    }

    fn is_own_host(&self, host: &str) -> bool {
        // An address cannot be rebound.
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_local = host == "localhost" || host.ends_with(".localhost");
        is_address
            || is_local
            || self
                .hosts
                .iter()
                .any(|name| name.eq_ignore_ascii_case(host))
    }

    fn is_allowed_origin(&self, origin: &str) -> bool {
        let schemes = [
            "chrome-extension://",
            "moz-extension://",
            "safari-web-extension://",
        ];
        schemes.iter().any(|scheme| origin.starts_with(scheme))
            || self
                .origins
                .iter()
                .any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    }
}

/// Returns whether an origin is that of this interface itself. WebSocket libraries outside of browsers send it; in a
/// browser only a page that Lanes itself served could.
fn is_same_origin(origin: &str, authority: &str) -> bool {
    let of_origin = origin.split_once("://").map(|(_, authority)| authority);
    of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(authority))
}

/// Returns the host name of a `Host` field, in lower case, without its port.
fn name_of(host: &str) -> Option<String> {
    let host = host.trim();
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (
                address,
                port.strip_prefix(':').or(port.is_empty().then_some("0"))?,
            )
        }
        None => host.split_once(':').unwrap_or((host, "0")),
    };
    let is_port = port.parse::<u16>().is_ok();
    (is_port && !name.is_empty()).then(|| name.trim_end_matches('.').to_ascii_lowercase())
}

/// Returns the beginning of a text from a request, without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_foreign_names_are_refused_unless_listed() {
        let none = Access::default();
        let listed = Access {
            origins: vec!["https://ui.example".into()],
            hosts: vec!["nas".into()],
        };
        for host in [
            "localhost:6800",
            "127.0.0.1:6800",
            "[::1]:6800",
            "192.168.0.9",
            "LOCALHOST.",
        ] {
            assert_eq!(none.check(Some(host), None), Ok(()), "{host}");
        }
        for host in ["evil.example:6800", "localhost.evil.example", "nas:6800"] {
            assert!(
                matches!(none.check(Some(host), None), Err(Refusal::Host(_))),
                "{host}"
            );
        }
        for host in [None, Some(""), Some("[::1"), Some("h:x"), Some(":1")] {
            assert_eq!(none.check(host, None), Err(Refusal::NoHost), "{host:?}");
        }
        assert_eq!(
            listed.check(Some("NAS:6800"), Some("https://ui.example")),
            Ok(())
        );
        for origin in ["chrome-extension://abc", "moz-extension://abc"] {
            assert_eq!(none.check(Some("localhost"), Some(origin)), Ok(()));
        }
        for origin in ["https://evil.example", "null", "http://localhost:3000", ""] {
            assert!(
                none.check(Some("localhost"), Some(origin)).is_err(),
                "{origin}"
            );
        }
        let same = none.check(Some("127.0.0.1:6800"), Some("http://127.0.0.1:6800"));
        assert_eq!(same, Ok(()));
        let rebound = none.check(Some("evil.example:6800"), Some("http://evil.example:6800"));
        assert!(matches!(rebound, Err(Refusal::Host(_))));
        let all = Access {
            origins: vec!["*".into()],
            hosts: Vec::new(),
        };
        assert_eq!(all.check(Some("localhost"), Some("null")), Ok(()));
    }
}
