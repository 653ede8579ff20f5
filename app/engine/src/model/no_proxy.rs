//! The hosts that `no_proxy` leaves out, as curl 8 reads it, and two forms of other tools.
//!
//! 1. Entries are separated by commas, blanks or both. `*` stands for all hosts.
//! 2. A domain stands for itself and all hosts within it, with or without a dot before it; a dot at the end
//!    is ignored. `*.domain`, which wget2 and Go know, is the same.
//! 3. An address is compared as an address. A network in CIDR form (`10.0.0.0/8`, `fd00::/8`) holds
//!    addresses of its family; host names are not looked up.
//! 4. An entry with a port, which Go knows, stands for that port only.

use std::net::IpAddr;

/// The entries of `no_proxy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NoProxy {
    entries: Vec<(Pattern, Option<u16>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    All,
    /// Lower case, without dots at its ends.
    Domain(String),
    /// An address, and the number of its bits that count.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads a list. Entries that have no meaning are skipped.
    pub fn parse(list: &str) -> Self {
        let words = list.split([',', ' ', '\t', '\n', '\r']);
        let entries = words.filter(|word| !word.is_empty()).filter_map(entry);
        Self {
            entries: entries.collect(),
        }
    }

    /// Returns whether requests to this host and port leave the proxy out. `host` is a name or an address,
    /// with or without brackets.
    pub fn contains(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        self.entries.iter().any(|(pattern, only)| {
            only.is_none_or(|only| only == port)
                && match (pattern, address) {
                    (Pattern::All, _) => true,
                    (Pattern::Network(network, bits), Some(address)) => {
                        is_within(address, *network, *bits)
                    }
                    (Pattern::Domain(domain), None) => name
                        .strip_suffix(domain.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
                    _ => false,
                }
        })
    }
}

fn entry(word: &str) -> Option<(Pattern, Option<u16>)> {
    if let Some(pattern) = pattern(word) {
        return Some((pattern, None));
    }
    let (host, port) = word.rsplit_once(':')?;
    Some((pattern(host)?, Some(port.parse().ok()?)))
}

fn pattern(word: &str) -> Option<Pattern> {
    if word == "*" {
        return Some(Pattern::All);
    }
    let (address, bits) = match word.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().ok()?)),
        None => (word, None),
    };
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        return (bits <= all).then_some(Pattern::Network(address, bits));
    }
    let domain = word.trim_start_matches("*.").trim_matches('.');
    let is_name = !domain.is_empty() && !domain.contains([':', '/', '*']);
    is_name.then(|| Pattern::Domain(domain.to_ascii_lowercase()))
}

/// Returns whether the first `bits` bits of both addresses are equal.
fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_are_left_out_as_curl_does() {
        for (list, host, is_left_out) in [
            ("localhost, 127.0.0.1", "127.0.0.1", true),
            ("localhost,127.0.0.1", "localhost", true),
            ("a b\tlocalhost", "localhost", true),
            ("localhost", "files.localhost", true),
            (".localhost", "files.localhost", true),
            (".example.org", "example.org", true),
            ("*.example.org", "a.example.org", true),
            ("example.org", "notexample.org", false),
            ("example.org", "example.org.evil", false),
            ("EXAMPLE.org", "Example.ORG", true),
            ("example.org.", "example.org", true),
            ("example.org", "example.org.", true),
            ("*", "anything", true),
            ("foo, *", "anything", true),
            ("127.0.0.0/8", "127.9.9.9", true),
            ("127.0.0.0/8", "128.0.0.1", false),
            ("127.0.0.2/30", "127.0.0.1", true),
            ("10.0.0.0/8", "host10.example", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("127.0.0.1/33", "127.0.0.1", false),
            ("127.0.0.1/x", "127.0.0.1", false),
            ("0.0.1", "127.0.0.1", false),
            ("::1", "[::1]", true),
            ("[::1]", "[::1]", true),
            ("0:0:0:0:0:0:0:1", "::1", true),
            ("fd00::/8", "[fd12::7]", true),
            ("fd00::/8", "[fe80::1]", false),
            ("[fd00::]/8", "fd12::7", true),
            ("localhost:81", "localhost", false),
            ("localhost:80", "localhost", true),
            ("127.0.0.1:80", "127.0.0.1", true),
            ("[::1]:80", "::1", true),
            ("[::1]:81", "::1", false),
            ("", "localhost", false),
            (" , ,", "localhost", false),
            ("http://localhost", "localhost", false),
        ] {
            let left_out = NoProxy::parse(list).contains(host, 80);
            assert_eq!(left_out, is_left_out, "{list:?} and {host}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_read(list in "[a-z0-9.:/*, \\[\\]]{0,40}", host in "[a-z0-9.:\\[\\]]{0,20}") {
            NoProxy::parse(&list).contains(&host, 80);
        }

        #[test]
        fn a_network_holds_its_own_addresses(address: u128, bits in 0u32..=128) {
            let address = std::net::Ipv6Addr::from(address);
            let list = format!("{address}/{bits}");
            prop_assert!(NoProxy::parse(&list).contains(&address.to_string(), 1));
        }
    }
}
