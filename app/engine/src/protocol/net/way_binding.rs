//! Binds sockets to one way: a network interface, or a source address.
//!
//! Both are done: packets leave by the interface, and carry its address, by which the rules of a router or of
//! this computer may choose. Name lookups stay the system's: they take the route that it chooses.

use std::io;
use std::net::{IpAddr, SocketAddr};

use lanes_os::interface::{self, Interface};
use socket2::Socket;

use crate::model::way::{MAX_WAYS, WayError, WayName};

/// Name that stands for all interfaces that are up and not virtual.
const ALL: &str = "all";

/// Binds `socket`, which is about to connect to `peer`, to this way.
///
/// A peer on this computer, such as a local proxy, is reached over loopback unless the way is an address of it.
///
/// # Errors
/// See [`WayError`].
pub(crate) fn bind(socket: &Socket, way: &WayName, peer: SocketAddr) -> Result<(), WayError> {
    let failed = |error: io::Error| WayError::System {
        name: way.to_string(),
        reason: error.to_string(),
    };
    if peer.ip().is_loopback() && way.address().is_none_or(|own| !own.is_loopback()) {
        return Ok(());
    }
    let found = find(way, &interface::list().map_err(failed)?)?;
    let source = found.source(way, peer)?;
    if let Some(name) = &found.interface {
        match interface::bind(socket, name, peer.is_ipv6()) {
            // An older Linux needs privileges; then the source address has to do.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    socket
        .bind(&SocketAddr::new(source, 0).into())
        .map_err(failed)
}

/// A network interface that a download may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayChoice {
    /// Name of the interface.
    pub name: String,
    /// Its addresses, those that routers forward first.
    pub addresses: Vec<IpAddr>,
    /// Set if it can carry packets now.
    pub is_up: bool,
    /// Set for loopback, VPNs, bridges and the like, which are used only by name.
    pub is_virtual: bool,
}

/// Returns the network interfaces that have an address. Empty if the system lists none.
pub fn list_interfaces() -> Vec<WayChoice> {
    let all = interface::list().unwrap_or_default().into_iter();
    all.map(|found| WayChoice {
        name: found.name,
        addresses: found.addresses,
        is_up: found.is_up,
        is_virtual: found.is_virtual,
    })
    .collect()
}

/// Returns the ways of a list in which `all` stands for every interface that is up and not virtual.
///
/// # Errors
/// [`WayError::Missing`] if one is not there: then its name is probably misspelt.
pub fn resolve_ways(ways: Vec<WayName>) -> Result<Vec<WayName>, WayError> {
    let resolved = expand(ways);
    for status in check(&resolved) {
        if let Err(error @ WayError::Missing { .. }) = status {
            return Err(error);
        }
    }
    Ok(resolved)
}

/// Replaces `all` by every interface that is up and not virtual.
pub(crate) fn expand(ways: Vec<WayName>) -> Vec<WayName> {
    if ways.iter().all(|way| way.as_str() != ALL) {
        return ways;
    }
    let real = list_interfaces().into_iter();
    let real = real.filter(|choice| choice.is_up && !choice.is_virtual);
    let mut expanded: Vec<WayName> = real.filter_map(|choice| choice.name.parse().ok()).collect();
    for way in ways.into_iter().filter(|way| way.as_str() != ALL) {
        if !expanded.contains(&way) {
            expanded.push(way);
        }
    }
    expanded.truncate(MAX_WAYS);
    expanded
}

/// Returns for each way whether it can be used now, else the reason.
pub(crate) fn check(ways: &[WayName]) -> Vec<Result<(), WayError>> {
    // A system that lists none now does so again later.
    let Ok(all) = interface::list() else {
        return ways.iter().map(|_| Ok(())).collect();
    };
    ways.iter().map(|way| find(way, &all).map(drop)).collect()
}

/// A way that is up.
#[derive(Debug)]
struct FoundWay {
    /// Its interface; `None` for an address that the system does not list.
    interface: Option<String>,
    addresses: Vec<IpAddr>,
}

impl FoundWay {
    /// Returns the source address for a connection to `peer`.
    fn source(&self, way: &WayName, peer: SocketAddr) -> Result<IpAddr, WayError> {
        let mut addresses = self.addresses.iter();
        let fits = |address: &&IpAddr| address.is_ipv6() == peer.is_ipv6();
        addresses
            .find(fits)
            .copied()
            .ok_or_else(|| WayError::Family {
                name: way.to_string(),
                family: if peer.is_ipv6() { "IPv6" } else { "IPv4" },
            })
    }
}

fn find(way: &WayName, all: &[Interface]) -> Result<FoundWay, WayError> {
    let name = || way.to_string();
    let own = way.address();
    let found = match own {
        Some(address) => all.iter().find(|each| each.addresses.contains(&address)),
        None => all.iter().find(|each| each.name == way.as_str()),
    };
    match (found, own) {
        (Some(found), _) if !found.is_up => Err(WayError::Down(found.name.clone())),
        (Some(found), own) => Ok(FoundWay {
            interface: Some(found.name.clone()),
            addresses: own.map_or_else(|| found.addresses.clone(), |own| vec![own]),
        }),
        // All of 127.0.0.0/8 is loopback, and only its first address is listed.
        (None, Some(address)) if address.is_loopback() => Ok(FoundWay {
            interface: None,
            addresses: vec![address],
        }),
        (None, None) if interface::exists(way.as_str()) => Err(WayError::NoAddress(name())),
        (None, _) => Err(WayError::Missing {
            name: name(),
            others: all.iter().map(|each| each.name.clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces() -> Vec<Interface> {
        let interface = |name: &str, addresses: &[&str], is_up| Interface {
            name: name.to_owned(),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            is_up,
            is_virtual: false,
        };
        vec![
            interface("eth0", &["192.0.2.5", "2001:db8::5"], true),
            interface("wlan0", &["198.51.100.7"], true),
            interface("usb0", &["203.0.113.9"], false),
        ]
    }

    fn source(way: &str, peer: &str) -> Result<IpAddr, WayError> {
        let way: WayName = way.parse().unwrap();
        find(&way, &interfaces())?.source(&way, peer.parse().unwrap())
    }

    #[test]
    fn a_way_is_found_by_its_name_or_its_address() {
        let five: IpAddr = "192.0.2.5".parse().unwrap();
        assert_eq!(source("eth0", "192.0.2.1:80"), Ok(five));
        assert_eq!(source("192.0.2.5", "192.0.2.1:80"), Ok(five));
        assert_eq!(
            source("eth0", "[2001:db8::1]:80"),
            Ok("2001:db8::5".parse().unwrap())
        );
        assert_eq!(
            source("127.0.0.3", "127.0.0.1:80"),
            Ok("127.0.0.3".parse().unwrap())
        );
    }

    #[test]
    fn a_way_that_cannot_be_used_is_named_with_the_reason_and_the_choice() {
        let error = |way, peer| source(way, peer).unwrap_err().to_string();
        let missing = error("eth9", "192.0.2.1:80");
        assert!(
            missing.contains("`eth9`") && missing.contains("eth0, wlan0, usb0"),
            "{missing}"
        );
        assert!(error("203.0.113.9", "192.0.2.1:80").contains("`usb0` is down"));
        assert!(error("wlan0", "[2001:db8::1]:80").contains("`wlan0` has no IPv6 address"));
        assert!(error("192.0.2.5", "[2001:db8::1]:80").contains("no IPv6 address"));
    }
}
