//! Network interfaces: their addresses, and sockets that use one of them only.

use std::io;
use std::net::IpAddr;

use socket2::Socket;

pub use self::lan::{LanAddress, lan_addresses};

mod lan;

/// Beginnings of the names of interfaces that carry the traffic of another one, or stay on this computer:
/// VPNs, bridges, containers, virtual machines.
#[cfg(not(target_os = "linux"))]
const VIRTUAL: [&str; 14] = [
    "utun",
    "tun",
    "tap",
    "wg",
    "ppp",
    "ipsec",
    "bridge",
    "vmnet",
    "vmenet",
    "awdl",
    "llw",
    "ap",
    "vEthernet",
    "feth",
];

/// A network interface that has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as the system shows it.
    pub name: String,
    /// Its addresses, those that routers forward first.
    pub addresses: Vec<IpAddr>,
    /// Set if it can carry packets now.
    pub is_up: bool,
    /// Set for loopback, VPNs, bridges and the like.
    pub is_virtual: bool,
}

/// Returns the interfaces that have an address, in the order of the system.
///
/// # Errors
/// Those of the system.
pub fn list() -> io::Result<Vec<Interface>> {
    let mut all: Vec<Interface> = Vec::new();
    for found in if_addrs::get_if_addrs()? {
        let address = found.ip();
        if let Some(known) = all.iter_mut().find(|known| known.name == found.name) {
            known.addresses.push(address);
            known.is_up |= found.is_oper_up();
            continue;
        }
        all.push(Interface {
            is_up: found.is_oper_up(),
            is_virtual: found.is_loopback() || is_virtual(&found.name),
            name: found.name,
            addresses: vec![address],
        });
    }
    for interface in &mut all {
        interface.addresses.sort_by_key(is_link_local);
    }
    Ok(all)
}

/// Returns whether an interface with this name exists, also without an address. Only Linux can tell.
pub fn exists(name: &str) -> bool {
    let is_plain = !name.is_empty() && !name.contains(['/', '\0']) && !name.starts_with('.');
    cfg!(target_os = "linux")
        && is_plain
        && std::path::Path::new("/sys/class/net").join(name).exists()
}

fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(target_os = "linux")]
fn is_virtual(name: &str) -> bool {
    // Point-to-point modems have no device either, but a type of their own; they too are chosen by name.
    std::path::Path::new("/sys/devices/virtual/net")
        .join(name)
        .exists()
}

#[cfg(not(target_os = "linux"))]
fn is_virtual(name: &str) -> bool {
    VIRTUAL.iter().any(|begin| name.starts_with(begin))
}

/// Makes `socket`, which is not bound or connected, send and receive over the interface `name` only.
///
/// Linux does without privileges since 5.7 (`SO_BINDTODEVICE`), macOS always (`IP_BOUND_IF`). Elsewhere this
/// does nothing: Windows sends over the interface that has the source address (its strong host model), which
/// the caller binds. Returns whether the interface is bound.
///
/// # Errors
/// `PermissionDenied` on an older Linux, `NotFound` if there is no such interface, and others of the system.
pub fn bind(socket: &Socket, name: &str, is_ipv6: bool) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let _ = is_ipv6;
        socket.bind_device(Some(name.as_bytes()))?;
        Ok(true)
    }
    #[cfg(target_vendor = "apple")]
    {
        let mut all = if_addrs::get_if_addrs()?.into_iter();
        let index = all
            .find(|each| each.name == name)
            .and_then(|each| each.index);
        let index = index.and_then(std::num::NonZeroU32::new);
        let index = index.ok_or(io::ErrorKind::NotFound)?;
        match is_ipv6 {
            true => socket.bind_device_by_index_v6(Some(index))?,
            false => socket.bind_device_by_index_v4(Some(index))?,
        }
        Ok(true)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        let _ = (socket, name, is_ipv6);
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_listed_with_its_address_and_counts_as_virtual() {
        let all = list().unwrap();
        let loopback = all.iter().find(|each| {
            let mut addresses = each.addresses.iter();
            addresses.any(|address| *address == IpAddr::from([127, 0, 0, 1]))
        });
        let loopback = loopback.unwrap();
        assert!(loopback.is_virtual && loopback.is_up, "{loopback:?}");
        assert!(!exists("no-such-interface") && !exists("../lo") && !exists(""));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_is_bound_to_an_interface_without_privileges_or_the_system_says_so() {
        let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        match bind(&socket, "lo", false) {
            Ok(is_bound) => {
                assert!(is_bound);
                assert_eq!(socket.device().unwrap().as_deref(), Some(&b"lo"[..]));
            }
            // Linux before 5.7.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        }
        assert!(bind(&socket, "no-such-device", false).is_err());
    }
}
