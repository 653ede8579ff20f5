//! Local host names, to which a server on the loopback interface answers.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Returns whether the value of a `Host` field is `localhost`, a name below it, a name without a dot, or an IP
/// address, with or without a port. No public zone delegates names without a dot (RFC 7085), while the owner of any
/// other name can point it at this machine and let a web page read the responses (DNS rebinding).
pub fn is_local_host(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(addr, port)| addr.parse::<Ipv6Addr>().is_ok() && is_port(port));
    }
    let (name, port) = host
        .find(':')
        .map_or((host, ""), |colon| host.split_at(colon));
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_suffix('.').unwrap_or(&lower);
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_local =
        !lower.is_empty() && lower.chars().all(is_label) || lower.ends_with(".localhost");
    is_port(port) && (is_local || name.parse::<Ipv4Addr>().is_ok())
}

/// Returns whether `text` is empty or a colon with digits.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').map_or(text.is_empty(), |digits| {
        digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_single_labels_and_addresses_are_local() {
        for local in [
            "localhost",
            "LocalHost:5115",
            "localhost.",
            "files.localhost:1",
            "x",
            "nas:8080",
            "127.0.0.1",
            "192.0.2.1:80",
            "[::1]",
            "[::1]:5115",
        ] {
            assert!(is_local_host(local), "{local}");
        }
        for other in [
            "",
            ".",
            "x y",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:5115:1",
            "127.1",
            "localhost:x",
            "[::1",
            "[::1].evil.example",
            "::1",
        ] {
            assert!(!is_local_host(other), "{other}");
        }
    }
}
