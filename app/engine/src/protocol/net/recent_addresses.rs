//! The addresses that accepted a connection lately.
//!
//! They are tried first, so that the connections of a download do not each wait for the same dead address
//! (RFC 8305, 4: historical data).

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sync;

/// Limit of addresses.
const MAX_ADDRESSES: usize = 64;
/// Time for which an address counts (RFC 8305, 8, leaves it open); the network may change meanwhile.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Shared by the whole program, because the addresses are good or bad for its network.
static REACHED: Mutex<Vec<(SocketAddr, Instant)>> = Mutex::new(Vec::new());

/// Records that `address` has accepted a connection.
pub(super) fn reached(address: SocketAddr) {
    let mut all = sync::lock(&REACHED);
    all.retain(|(known, since)| *known != address && since.elapsed() < MAX_AGE);
    if all.len() == MAX_ADDRESSES {
        all.remove(0);
    }
    all.push((address, Instant::now()));
}

/// Records that a connect to `address` has failed.
pub(super) fn failed(address: SocketAddr) {
    sync::lock(&REACHED).retain(|(known, _)| *known != address);
}

/// Moves the addresses that accepted a connection lately to the front; the order stays otherwise.
pub(crate) fn prefer(addresses: &mut [SocketAddr]) {
    let all = sync::lock(&REACHED);
    addresses.sort_by_key(|address| {
        let mut known = all.iter().filter(|(known, _)| known == address);
        !known.any(|(_, since)| since.elapsed() < MAX_AGE)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reached_addresses_come_first_until_they_fail() {
        let [one, two, three] = ["192.0.2.1:7", "192.0.2.2:7", "192.0.2.3:7"];
        let [one, two, three] = [one, two, three].map(|text| text.parse().unwrap());
        let ordered = || {
            let mut addresses = [one, two, three];
            prefer(&mut addresses);
            addresses
        };
        assert_eq!(ordered(), [one, two, three]);
        reached(three);
        assert_eq!(ordered(), [three, one, two]);
        failed(three);
        assert_eq!(ordered(), [one, two, three]);
    }
}
