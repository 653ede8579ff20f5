//! The servers of one download: its link and the mirrors, and which connection asks which.
//!
//! Each connection that is made goes to the server whose next connection promises most: its speed a
//! connection so far, divided by how many it would then have (as seats are given to parties by
//! d'Hondt). A server that has not shown its speed yet goes first.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::host_limiter::{HostClient, HostLimiter, HostPermit};
use super::piece_origin::PieceOrigins;
use crate::model::http_options::HttpOptions;
use crate::model::piece_hashes::PieceHashes;
use crate::model::source_url::Source;
use crate::protocol::http::transport::tls_config::TlsConfig;
use crate::scheduling::mirror::Mirror;
use crate::sync::notify::Notify;

/// How often in a row a server may fail before it is dropped, if there is another.
const MAX_FAILURES: u32 = 3;

/// All servers of a download.
pub(crate) struct MirrorSet {
    all: Vec<Mirror>,
    states: Mutex<Vec<State>>,
    /// Who brought what, where that can be of use.
    blame: Option<PieceOrigins>,
    bell: Arc<Notify>,
    trust: OnceLock<Result<Arc<TlsConfig>, String>>,
    /// The download, as the servers see it.
    visitor: HostClient,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Connections that ask it now.
    connections: u32,
    /// What a connection to it brought, in bytes a second; `None` before one has ended.
    speed: Option<f64>,
    /// Attempts in a row that brought nothing.
    failures: u32,
    dropped: bool,
}

impl State {
    /// What one more connection would bring, as a measure to compare.
    fn promise(&self) -> f64 {
        let speed = self.speed.unwrap_or(f64::MAX / 128.0);
        speed / f64::from(self.connections + 1)
    }
}

impl MirrorSet {
    /// The HTTP servers among the sources, which bring a file that has these pieces, over as many
    /// connections to each as there are places.
    pub fn new<'a>(
        sources: impl Iterator<Item = &'a Source>,
        pieces: Option<&Arc<PieceHashes>>,
        places: Arc<HostLimiter>,
    ) -> Self {
        let urls = sources.filter_map(|source| match source {
            Source::Http(url) => Some(url.clone()),
            Source::Lanes { .. } => None,
        });
        let bell: Arc<Notify> = Arc::default();
        let site = |(number, url)| Mirror::new(number, url).with_bell(&bell);
        let all: Vec<Mirror> = urls.enumerate().map(site).collect();
        let states = Mutex::new(vec![State::default(); all.len()]);
        let blame = pieces.filter(|_| all.len() > 1).map(PieceOrigins::new);
        Self {
            all,
            states,
            blame,
            visitor: HostClient::new(places, Arc::clone(&bell)),
            bell,
            trust: OnceLock::new(),
        }
    }

    /// Rung when one of them is reached.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// Whom the download trusts, as its options say.
    ///
    /// # Errors
    /// See [`TlsConfig::new`].
    pub(crate) fn trust(&self, options: &HttpOptions) -> Result<Arc<TlsConfig>, String> {
        let trust = self
            .trust
            .get_or_init(|| TlsConfig::new(options).map(Arc::new));
        trust.clone()
    }

    /// Whether one of them was reached.
    pub fn is_reached(&self) -> bool {
        self.all.iter().any(|site| site.door.is_open())
    }

    /// The server of the link itself; `None` for a Lanes server.
    pub fn primary(&self) -> Option<&Mirror> {
        self.all.first()
    }

    /// Chooses a server for a connection that is about to be made, with a place there; [`Self::left`] must
    /// follow. Where none has a place, `wish` is then the one to wait for.
    pub(crate) fn choose(&self, wish: &mut Option<HostPermit>) -> Option<(&Mirror, HostPermit)> {
        let mut states = self.states();
        let mut there: Vec<&Mirror> = self.all.iter().collect();
        there.retain(|site| !states[site.number].dropped);
        // Stable: of equals the first, which the user named first.
        let promise = |site: &Mirror| states[site.number].promise();
        there.sort_by(|a, b| promise(b).total_cmp(&promise(a)));
        for site in &there {
            let server = site.server();
            let place = match wish {
                Some(wished) if wished.server() == server => {
                    if wished.take() {
                        wish.take()
                    } else {
                        None
                    }
                }
                _ => self.visitor.take(&server),
            };
            if let Some(place) = place {
                states[site.number].connections += 1;
                return Some((site, place));
            }
        }
        let best = there.first()?.server();
        if wish.as_ref().is_none_or(|wish| wish.server() != best) {
            *wish = Some(self.visitor.wish(&best));
        }
        None
    }

    /// What a user should know of a connection that waits for this place, if others are why.
    pub(crate) fn why_it_waits(&self, wish: &HostPermit) -> Option<String> {
        self.visitor.why_it_waits(wish.server())
    }

    /// A connection to server `index` has ended, which brought so much; `ok` unless it failed.
    pub(crate) fn left(&self, index: usize, bytes_per_sec: f64, ok: bool) {
        let mut states = self.states();
        let state = &mut states[index];
        state.connections = state.connections.saturating_sub(1);
        if ok || bytes_per_sec > 0.0 {
            state.failures = 0;
            let before = state.speed.unwrap_or(bytes_per_sec);
            state.speed = Some((before + bytes_per_sec) / 2.0);
            return;
        }
        state.failures += 1;
        // One that never answers must not look better than one that has shown what it can.
        state.speed = Some(state.speed.unwrap_or(0.0) / 2.0);
        if state.failures >= MAX_FAILURES && others(&states, index) {
            states[index].dropped = true;
        }
    }

    /// Server `index` is asked no more, if there is another. Returns whether it was dropped.
    pub(crate) fn drop_site(&self, index: usize) -> bool {
        let mut states = self.states();
        let others = others(&states, index);
        states[index].dropped |= others;
        others
    }

    /// `site` brought `bytes` of the file.
    pub(crate) fn brought(&self, site: &Mirror, bytes: &Range<u64>) {
        if let Some(blame) = &self.blame {
            blame.note(site.number, bytes);
        }
    }

    /// These pieces came wrong: whoever brought them is asked only when nobody else brings anything.
    /// Returns the hosts' names.
    pub(crate) fn blame(&self, wrong: &[usize]) -> Vec<String> {
        let Some(blame) = &self.blame else {
            return Vec::new();
        };
        let suspects = blame.suspects(wrong);
        let mut states = self.states();
        let mut hosts = Vec::new();
        for site in self.all.iter().filter(|site| suspects.has(site.number)) {
            states[site.number].speed = Some(1.0);
            let host = site.url.host().to_owned();
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// How many servers there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether a connection to server `index` may be the one that learns what the file is: the link that
    /// was named first says so, as long as it has not failed.
    pub(crate) fn may_begin(&self, index: usize) -> bool {
        let states = self.states();
        index == 0
            || states
                .first()
                .is_none_or(|first| first.failures > 0 || first.dropped)
    }

    /// Whether there is more than one server.
    pub(crate) fn has_mirrors(&self) -> bool {
        self.all.len() > 1
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        // Plain values, whole at every moment.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn others(states: &[State], index: usize) -> bool {
    states
        .iter()
        .enumerate()
        .any(|(other, state)| other != index && !state.dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(n: usize, per_host: u16) -> MirrorSet {
        let sources: Vec<Source> = (0..n)
            .map(|i| format!("http://h{i}/f").parse().unwrap())
            .collect();
        MirrorSet::new(sources.iter(), None, Arc::new(HostLimiter::new(per_host)))
    }

    /// Which servers so many more connections go to, whose places are then kept for ever.
    fn choose(sites: &MirrorSet, connections: usize) -> Vec<usize> {
        let next = |_| {
            let (site, place) = sites.choose(&mut None)?;
            std::mem::forget(place);
            Some(site.number)
        };
        (0..connections).filter_map(next).collect()
    }

    #[test]
    fn connections_are_shared_out_by_speed() {
        let sites = sites(2, 64);
        assert_eq!(choose(&sites, 2), [0, 1], "each is tried");
        sites.left(0, 3e6, true);
        sites.left(1, 1e6, true);
        let mut count = [0; 2];
        for index in choose(&sites, 8) {
            count[index] += 1;
        }
        assert_eq!(count, [6, 2]);
    }

    #[test]
    fn who_brought_wrong_pieces_comes_last() {
        let pieces = PieceHashes::new(10, vec![crate::Checksum::Sha256([0; 32]); 2]);
        let links: [Source; 3] = [0, 1, 2].map(|i| format!("http://h{i}/f").parse().unwrap());
        let places = Arc::new(HostLimiter::new(64));
        let sites = MirrorSet::new(links.iter(), pieces.map(Arc::new).as_ref(), places);
        sites.brought(&sites.all[0], &(0..10));
        sites.brought(&sites.all[1], &(10..20));
        assert_eq!(sites.blame(&[0]), ["h0"]);
        assert!(!choose(&sites, 9).contains(&0));
        for dead in [1, 2] {
            sites.left(dead, 0.0, false);
        }
        assert_eq!(choose(&sites, 1), [0]);
    }

    #[test]
    fn no_server_gets_more_connections_than_it_may() {
        let sites = sites(2, 3);
        let chosen = choose(&sites, 7);
        assert_eq!(chosen.len(), 6);
        assert_eq!(chosen.iter().filter(|index| **index == 0).count(), 3);
    }

    #[test]
    fn a_server_that_fails_is_dropped_and_the_last_one_never() {
        let sites = sites(2, 64);
        for _ in 0..MAX_FAILURES {
            sites.left(0, 0.0, false);
            sites.left(1, 1e6, true);
        }
        assert_eq!(choose(&sites, 9), [1; 9]);
        assert!(!sites.drop_site(1), "the last one stays");
        assert_eq!(choose(&sites, 1), [1]);
    }
}
