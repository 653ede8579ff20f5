//! Groups the connections of the server by client.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use lanes_server::Peer;

/// A client and its connections.
pub(super) struct Client<'a> {
    /// Address.
    pub ip: IpAddr,
    /// Names that it sent with results.
    pub name: Option<&'a str>,
    /// Its connections, the oldest first; at least one.
    pub peers: Vec<&'a Peer>,
}

/// The figures of one connection or of several together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sum {
    /// The open file; the number of files if there are several.
    pub file: String,
    /// File bytes sent.
    pub sent_bytes: u64,
    /// File bytes sent per second.
    pub bytes_per_sec: u64,
    /// Congestion windows in segments; `None` without an emulated link.
    pub cwnd: Option<u64>,
    /// Lost segments; `None` without an emulated link.
    pub lost: Option<u64>,
}

/// Groups connections by client, in the order of their first connections.
pub(super) fn clients<'a>(
    peers: &'a [Peer],
    names: &'a HashMap<IpAddr, String>,
) -> Vec<Client<'a>> {
    let mut places = BTreeMap::new();
    let mut clients: Vec<Client<'a>> = Vec::new();
    for peer in peers {
        let ip = peer.addr.ip().to_canonical();
        let place = *places.entry(ip).or_insert_with(|| {
            clients.push(Client {
                ip,
                name: names.get(&ip).map(String::as_str),
                peers: Vec::new(),
            });
            clients.len() - 1
        });
        clients[place].peers.push(peer);
    }
    clients
}

impl Client<'_> {
    /// Returns the figures of all connections together.
    pub fn sum(&self) -> Sum {
        let all = self.peers.iter().map(|peer| Sum::of(peer));
        let mut sum = all.fold(Sum::default(), |sum, one| sum.plus(&one));
        let mut files: Vec<&str> = self.peers.iter().map(|peer| peer.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| !file.is_empty());
        sum.file = match files[..] {
            [] => String::new(),
            [only] => only.to_owned(),
            _ => format!("{} files", files.len()),
        };
        sum
    }
}

impl Sum {
    /// Returns the figures of a connection.
    pub fn of(peer: &Peer) -> Self {
        Self {
            file: peer.file.clone(),
            sent_bytes: peer.sent_bytes,
            bytes_per_sec: peer.bytes_per_sec,
            cwnd: peer.flow.map(|flow| flow.cwnd.into()),
            lost: peer.flow.map(|flow| flow.lost),
        }
    }

    fn plus(self, other: &Self) -> Self {
        let both = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        Self {
            file: String::new(),
            sent_bytes: self.sent_bytes.saturating_add(other.sent_bytes),
            bytes_per_sec: self.bytes_per_sec.saturating_add(other.bytes_per_sec),
            cwnd: both(self.cwnd, other.cwnd),
            lost: both(self.lost, other.lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn peer(id: u64, addr: &str, file: &str) -> Peer {
        Peer {
            id,
            addr: addr.parse().unwrap(),
            protocol: None,
            file: file.to_owned(),
            sent_bytes: 10 * id,
            bytes_per_sec: id,
            age: Duration::ZERO,
            flow: None,
        }
    }

    #[test]
    fn connections_are_grouped_by_client_and_summed() {
        let peers = [
            peer(1, "10.0.0.2:5", "a"),
            peer(2, "10.0.0.1:6", "a"),
            peer(3, "[::ffff:10.0.0.2]:7", "a"),
            peer(4, "10.0.0.2:8", ""),
        ];
        let names = HashMap::from([("10.0.0.2".parse().unwrap(), "Ada".to_owned())]);
        let all = clients(&peers, &names);
        let [first, second] = &all[..] else {
            panic!("{}", all.len());
        };
        assert_eq!((first.peers.len(), first.name), (3, Some("Ada")));
        assert_eq!((second.peers.len(), second.name), (1, None));
        let sum = first.sum();
        assert_eq!((sum.sent_bytes, sum.bytes_per_sec), (80, 8));
        assert_eq!((sum.file.as_str(), sum.cwnd), ("a", None));
    }
}
