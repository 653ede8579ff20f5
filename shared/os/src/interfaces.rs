//! Addresses of the network interfaces.

use std::io;
use std::net::{IpAddr, Ipv6Addr};

/// An address of an interface that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// Name of the interface, such as `eth0`; on Windows its friendly name.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
}

/// Returns the addresses of the interfaces that are up, without loopback, in the order of the system.
///
/// # Errors
/// That of the system.
pub fn interface_addresses() -> io::Result<Vec<InterfaceAddress>> {
    let all = if_addrs::get_if_addrs()?;
    let others = all.into_iter().filter(|one| !one.is_loopback());
    let address = |one: if_addrs::Interface| InterfaceAddress {
        ip: one.ip(),
        interface: one.name,
    };
    Ok(others.map(address).collect())
}

/// Returns the addresses at which other machines of the local networks may reach this one, the most likely
/// first: IPv4 of private networks, other IPv4, then IPv6. Addresses of a link alone are left out, since a
/// client would have to name its own interface with them.
///
/// # Errors
/// That of the system.
pub fn lan_addresses() -> io::Result<Vec<InterfaceAddress>> {
    let mut all = interface_addresses()?;
    all.retain(|one| !is_link_local(one.ip));
    // Stable: the order of the system within each kind.
    all.sort_by_key(rank);
    Ok(all)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// Orders addresses; bridges of containers and virtual machines come after real interfaces.
fn rank(one: &InterfaceAddress) -> (bool, u8) {
    let virtual_names = [
        "docker",
        "br-",
        "virbr",
        "veth",
        "vEthernet",
        "vboxnet",
        "vmnet",
    ];
    let is_virtual = virtual_names
        .iter()
        .any(|name| one.interface.starts_with(name));
    let kind = match one.ip {
        IpAddr::V4(ip) if ip.is_private() => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(ip) if !is_unique_local(ip) => 2,
        IpAddr::V6(_) => 3,
    };
    (is_virtual, kind)
}

fn is_unique_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xfe00 == 0xfc00
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_a_class_can_type_come_first() {
        let one = |interface: &str, ip: &str| InterfaceAddress {
            interface: interface.to_owned(),
            ip: ip.parse().unwrap(),
        };
        let mut all = [
            one("docker0", "172.17.0.1"),
            one("eth0", "fd00::1"),
            one("eth0", "2001:db8::1"),
            one("ppp0", "203.0.113.1"),
            one("eth0", "192.168.1.7"),
        ];
        all.sort_by_key(rank);
        let order = all.map(|one| one.ip.to_string());
        let expected = [
            "192.168.1.7",
            "203.0.113.1",
            "2001:db8::1",
            "fd00::1",
            "172.17.0.1",
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn loopback_and_link_local_addresses_are_left_out() {
        for one in lan_addresses().unwrap() {
            assert!(!one.ip.is_loopback() && !is_link_local(one.ip), "{one:?}");
        }
        assert!(is_link_local("fe80::1".parse().unwrap()));
        assert!(is_link_local("169.254.3.4".parse().unwrap()));
    }
}
