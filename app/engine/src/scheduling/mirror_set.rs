//! Selects the mirror for each new connection of a download.
//!
//! A connection goes to the mirror whose next connection promises the highest rate (see
//! [`super::rate_ranking`]): the measured rate per connection, divided by the connections it would then have.
//! A mirror without a measured rate is tried first.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use super::host_limiter::{HostClient, HostLimiter, HostPermit};
use super::mirror::Mirror;
use super::piece_origin::PieceOrigins;
use super::rate_ranking::Choice;
use crate::model::bottleneck::PermitLimit;
use crate::model::piece_hashes::PieceHashes;
use crate::model::source_url::Source;
use crate::sync;
use crate::sync::notify::Notify;

/// Failures in a row after which a mirror is dropped, if another is left.
const MAX_FAILURES: u32 = 3;
/// Rate assigned to a mirror that delivered corrupt pieces, in bytes a second: the lowest.
const SUSPECT_RATE: f64 = 1.0;

/// The HTTP servers of one download; empty for a Lanes server.
pub(crate) struct MirrorSet {
    mirrors: Vec<Mirror>,
    states: Mutex<Vec<MirrorState>>,
    /// Origins of the pieces; `None` without piece hashes or without a second mirror.
    origins: Option<PieceOrigins>,
    /// Notified when a server is reached or a permit may be available.
    notify: Arc<Notify>,
    /// The download as a client of the host limiter.
    client: HostClient,
}

#[derive(Debug, Clone, Default)]
struct MirrorState {
    /// The mirror as a choice; its rate is the mean of a connection.
    choice: Choice,
    dropped: bool,
}

impl MirrorSet {
    /// Creates a set of the HTTP servers among `sources`. `pieces` are the hashes of the file's
    /// pieces; `limiter` limits the connections to each server.
    pub fn new<'a>(
        sources: impl Iterator<Item = &'a Source>,
        pieces: Option<&Arc<PieceHashes>>,
        limiter: Arc<HostLimiter>,
    ) -> Self {
        let urls = sources.filter_map(|source| match source {
            Source::Http(url) => Some(url.clone()),
            Source::Lanes { .. } => None,
        });
        let notify: Arc<Notify> = Arc::default();
        let mirror = |(index, url)| Mirror::new(index, url).with_notify(&notify);
        let mirrors: Vec<Mirror> = urls.enumerate().map(mirror).collect();
        let states = Mutex::new(vec![MirrorState::default(); mirrors.len()]);
        let origins = pieces.filter(|_| mirrors.len() > 1).map(PieceOrigins::new);
        Self {
            mirrors,
            states,
            origins,
            client: HostClient::new(limiter, Arc::clone(&notify)),
            notify,
        }
    }

    /// Returns the notification for reached servers and available permits.
    pub fn notify(&self) -> Arc<Notify> {
        Arc::clone(&self.notify)
    }

    /// Returns whether any server has accepted a connection.
    pub fn is_reached(&self) -> bool {
        let mut mirrors = self.mirrors.iter();
        mirrors.any(|mirror| mirror.known_address.is_reachable())
    }

    /// Returns the server of the source itself; `None` for a Lanes server.
    pub fn primary(&self) -> Option<&Mirror> {
        self.mirrors.first()
    }

    /// Selects a mirror for a new connection, with a permit for its server; [`Self::release`] must
    /// follow. If no mirror has a permit available, `waiting` becomes the permit to wait for.
    pub fn acquire(&self, waiting: &mut Option<HostPermit>) -> Option<(&Mirror, HostPermit)> {
        let mut states = self.states();
        let mut candidates: Vec<&Mirror> = self.mirrors.iter().collect();
        candidates.retain(|mirror| !states[mirror.index].dropped);
        // Stable, so that among equals the mirror that the user named first wins.
        let promised_rate = |mirror: &Mirror| states[mirror.index].choice.promised_rate();
        candidates.sort_by(|a, b| promised_rate(b).total_cmp(&promised_rate(a)));
        for mirror in &candidates {
            let server = mirror.server();
            let permit = match waiting {
                Some(permit) if permit.server() == server => {
                    if permit.try_acquire() {
                        waiting.take()
                    } else {
                        None
                    }
                }
                _ => self.client.try_acquire(&server),
            };
            if let Some(permit) = permit {
                states[mirror.index].choice.connections += 1;
                return Some((mirror, permit));
            }
        }
        let best = candidates.first()?.server();
        if waiting
            .as_ref()
            .is_none_or(|permit| permit.server() != best)
        {
            *waiting = Some(self.client.enqueue(&best));
        }
        None
    }

    /// Returns the limit that a connection waits for with this permit, if it does because of the server or
    /// of other downloads.
    pub fn permit_limit(&self, waiting: &HostPermit) -> Option<PermitLimit> {
        self.client.permit_limit(waiting.server())
    }

    /// Returns a notice for the user if a connection waits for this permit because of other
    /// downloads.
    pub fn wait_reason(&self, waiting: &HostPermit) -> Option<String> {
        self.client.wait_reason(waiting.server())
    }

    /// Records the end of a connection to mirror `index`, its mean rate, and whether it succeeded.
    pub fn release(&self, index: usize, bytes_per_sec: f64, succeeded: bool) {
        let mut states = self.states();
        let choice = &mut states[index].choice;
        if choice.release(bytes_per_sec, succeeded) {
            let before = choice.rate.unwrap_or(bytes_per_sec);
            choice.rate = Some((before + bytes_per_sec) / 2.0);
            return;
        }
        if choice.failures >= MAX_FAILURES && has_other(&states, index) {
            states[index].dropped = true;
        }
    }

    /// Drops mirror `index` if another is left. Returns whether it was dropped.
    pub fn drop_mirror(&self, index: usize) -> bool {
        let mut states = self.states();
        let has_other = has_other(&states, index);
        states[index].dropped |= has_other;
        has_other
    }

    /// Records that `mirror` delivered `bytes` of the file.
    pub fn record_origin(&self, mirror: &Mirror, bytes: &Range<u64>) {
        if let Some(origins) = &self.origins {
            origins.record(mirror.index, bytes);
        }
    }

    /// Ranks the mirrors that may have delivered these `corrupt` pieces behind all others. Returns
    /// their host names.
    pub fn demote_suspects(&self, corrupt: &[usize]) -> Vec<String> {
        let Some(origins) = &self.origins else {
            return Vec::new();
        };
        let suspects = origins.suspects(corrupt);
        let mut states = self.states();
        let mut hosts = Vec::new();
        let mirrors = self.mirrors.iter();
        for mirror in mirrors.filter(|mirror| suspects.contains(mirror.index)) {
            states[mirror.index].choice.rate = Some(SUSPECT_RATE);
            let host = mirror.url.host().to_owned();
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Returns all servers.
    pub fn all(&self) -> &[Mirror] {
        &self.mirrors
    }

    /// Returns the number of servers.
    pub fn count(&self) -> usize {
        self.mirrors.len()
    }

    /// Returns whether a connection to mirror `index` may learn the length and version of the file.
    /// The source itself defines them unless it has failed.
    pub fn may_probe(&self, index: usize) -> bool {
        let states = self.states();
        index == 0
            || states
                .first()
                .is_none_or(|first| first.choice.failures > 0 || first.dropped)
    }

    /// Returns whether there is more than one server.
    pub fn has_mirrors(&self) -> bool {
        self.mirrors.len() > 1
    }

    fn states(&self) -> MutexGuard<'_, Vec<MirrorState>> {
        sync::lock(&self.states)
    }
}

/// Returns whether a mirror other than `index` is left.
fn has_other(states: &[MirrorState], index: usize) -> bool {
    states
        .iter()
        .enumerate()
        .any(|(other, state)| other != index && !state.dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Checksum;

    fn mirror_set(count: usize, per_host: u16) -> MirrorSet {
        let sources: Vec<Source> = (0..count)
            .map(|i| format!("http://h{i}/f").parse().unwrap())
            .collect();
        MirrorSet::new(sources.iter(), None, Arc::new(HostLimiter::new(per_host)))
    }

    /// Returns the mirrors selected for `connections` new connections, which never end.
    fn acquire(mirrors: &MirrorSet, connections: usize) -> Vec<usize> {
        let next = |_| {
            let (mirror, permit) = mirrors.acquire(&mut None)?;
            std::mem::forget(permit);
            Some(mirror.index)
        };
        (0..connections).filter_map(next).collect()
    }

    #[test]
    fn connections_are_distributed_by_rate() {
        let mirrors = mirror_set(2, 64);
        assert_eq!(acquire(&mirrors, 2), [0, 1], "each is tried");
        mirrors.release(0, 3e6, true);
        mirrors.release(1, 1e6, true);
        let mut count = [0; 2];
        for index in acquire(&mirrors, 8) {
            count[index] += 1;
        }
        assert_eq!(count, [6, 2]);
    }

    #[test]
    fn mirrors_that_delivered_corrupt_pieces_rank_last() {
        let pieces = PieceHashes::new(10, vec![Checksum::Sha256([0; 32]); 2]);
        let links: [Source; 3] = [0, 1, 2].map(|i| format!("http://h{i}/f").parse().unwrap());
        let limiter = Arc::new(HostLimiter::new(64));
        let mirrors = MirrorSet::new(links.iter(), pieces.map(Arc::new).as_ref(), limiter);
        mirrors.record_origin(&mirrors.mirrors[0], &(0..10));
        mirrors.record_origin(&mirrors.mirrors[1], &(10..20));
        assert_eq!(mirrors.demote_suspects(&[0]), ["h0"]);
        assert!(!acquire(&mirrors, 9).contains(&0));
        for unreachable in [1, 2] {
            mirrors.release(unreachable, 0.0, false);
        }
        assert_eq!(acquire(&mirrors, 1), [0]);
    }

    #[test]
    fn each_server_gets_at_most_its_limit() {
        let mirrors = mirror_set(2, 3);
        let selected = acquire(&mirrors, 7);
        assert_eq!(selected.len(), 6);
        assert_eq!(selected.iter().filter(|index| **index == 0).count(), 3);
    }

    #[test]
    fn failing_mirrors_are_dropped_except_the_last() {
        let mirrors = mirror_set(2, 64);
        for _ in 0..MAX_FAILURES {
            mirrors.release(0, 0.0, false);
            mirrors.release(1, 1e6, true);
        }
        assert_eq!(acquire(&mirrors, 9), [1; 9]);
        assert!(!mirrors.drop_mirror(1), "the last one stays");
        assert_eq!(acquire(&mirrors, 1), [1]);
    }
}
