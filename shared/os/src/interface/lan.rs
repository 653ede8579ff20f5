//! Addresses at which other machines reach this one.

use std::io;
use std::net::{IpAddr, Ipv6Addr};

use super::{Interface, is_link_local, list};

/// An address of an interface that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanAddress {
    /// Name of the interface, such as `eth0`; on Windows its friendly name.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
}

/// Returns the addresses at which other machines of the local networks may reach this one, the most likely
/// first: IPv4 of private networks, other IPv4, then IPv6; those of bridges and VPNs come last. Loopback is
/// left out, and so are addresses of a link alone, since a client would have to name its own interface with
/// them.
///
/// # Errors
/// Those of the system.
pub fn lan_addresses() -> io::Result<Vec<LanAddress>> {
    Ok(ordered(list()?))
}

fn ordered(interfaces: Vec<Interface>) -> Vec<LanAddress> {
    let mut found = Vec::new();
    for interface in interfaces.into_iter().filter(|each| each.is_up) {
        let reached = |ip: &IpAddr| !ip.is_loopback() && !is_link_local(ip);
        for ip in interface.addresses.into_iter().filter(reached) {
            let address = LanAddress {
                interface: interface.name.clone(),
                ip,
            };
            found.push((interface.is_virtual, address));
        }
    }
    // Stable: the order of the system within each kind.
    found.sort_by_key(|(is_virtual, address)| (*is_virtual, rank(address.ip)));
    found.into_iter().map(|(_, address)| address).collect()
}

fn rank(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) if ip.is_private() => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(ip) if !is_unique_local(ip) => 2,
        IpAddr::V6(_) => 3,
    }
}

fn is_unique_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xfe00 == 0xfc00
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, is_virtual: bool, addresses: &[&str]) -> Interface {
        Interface {
            name: name.to_owned(),
            addresses: addresses.iter().map(|ip| ip.parse().unwrap()).collect(),
            is_up: true,
            is_virtual,
        }
    }

    #[test]
    fn addresses_that_a_class_can_type_come_first() {
        let off = Interface {
            is_up: false,
            ..interface("eth1", false, &["192.168.2.7"])
        };
        let all = vec![
            interface("lo", true, &["127.0.0.1", "::1"]),
            interface("docker0", true, &["172.17.0.1"]),
            interface("eth0", false, &["fd00::1", "2001:db8::1", "192.168.1.7"]),
            interface("ppp0", false, &["203.0.113.1", "169.254.3.4", "fe80::1"]),
            off,
        ];
        let order: Vec<String> = ordered(all).iter().map(|one| one.ip.to_string()).collect();
        let expected = [
            "192.168.1.7",
            "203.0.113.1",
            "2001:db8::1",
            "fd00::1",
            "172.17.0.1",
        ];
        assert_eq!(order, expected);
    }
}
