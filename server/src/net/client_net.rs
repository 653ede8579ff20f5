//! The network of a client, which per-client shares are counted by.

use std::net::{IpAddr, Ipv6Addr};

/// Mask of the first 64 bits of an IPv6 address.
const NETWORK: u128 = u128::MAX << 64;

/// The network of a client: its IPv4 address, or the /64 of its IPv6 address, because a single host
/// can use all addresses of a /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientNet(IpAddr);

impl ClientNet {
    /// Returns the network of a client with this address.
    pub fn of(addr: IpAddr) -> Self {
        match addr.to_canonical() {
            IpAddr::V6(addr) if !addr.is_loopback() => {
                Self(Ipv6Addr::from_bits(addr.to_bits() & NETWORK).into())
            }
            addr => Self(addr),
        }
    }

    /// Returns whether the client is on the machine of the server. All programs of that machine
    /// have the same address, so shares do not apply to it.
    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_host_are_one_network() {
        let of = |addr: &str| ClientNet::of(addr.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert!(of("::1").is_loopback() && of("127.9.9.9").is_loopback());
        assert!(of("::ffff:127.0.0.1").is_loopback() && !of("192.0.2.1").is_loopback());
    }
}
