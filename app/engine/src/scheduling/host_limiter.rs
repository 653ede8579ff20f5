//! Places at HTTP servers: how many connections all downloads of one program have together to one server.
//!
//! 1. The limit is a promise to the server: it holds however many downloads there are. Where they are more
//!    than places, those that came last wait for one, as they would in the queue; a connection of each
//!    beyond the limit would be what servers turn people away for.
//! 2. Within it the shares are fair: places are dealt out in turn, in the order in which downloads came, as
//!    long as there are any and somebody wants one. So nobody has two more than another who wants more, and
//!    who came first is never without.
//! 3. A connection of a download that has more than its share ends at its next claim, and waits for a place
//!    itself: when others are done it gets one.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sync::notify::Notify;

/// The places at all servers.
#[derive(Debug)]
pub struct HostLimiter(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    /// The number of the next download.
    next: u64,
    /// By server, in the order in which they came.
    guests: BTreeMap<String, Vec<HostShare>>,
}

/// A download at one server.
#[derive(Debug)]
struct HostShare {
    number: u64,
    /// Connections that have a place.
    held: usize,
    /// Of these, connections that are about to give theirs up.
    leaving: usize,
    /// Connections that wait for one.
    waiting: usize,
    /// How many must still decide to give theirs up.
    owed: Arc<AtomicUsize>,
    /// Rung when there may be a place for it.
    bell: Arc<Notify>,
}

impl HostLimiter {
    /// At most `limit` connections to each server, at least 1.
    pub fn new(limit: u16) -> Self {
        Self(Mutex::new(Inner {
            limit: limit.max(1).into(),
            next: 0,
            guests: BTreeMap::new(),
        }))
    }

    /// From now on at most `limit` connections to each server, at least 1.
    pub fn set(&self, limit: u16) {
        let mut inner = self.lock();
        inner.limit = limit.max(1).into();
        let limit = inner.limit;
        inner.guests.values().for_each(|all| settle(all, limit));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Plain counts, whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Of download `number` at `server`, which need not be there yet.
    fn guest(&mut self, server: &str, visitor: &HostClient) -> &mut HostShare {
        let all = self.guests.entry(server.to_owned()).or_default();
        let at = all.iter().position(|guest| guest.number == visitor.number);
        let at = at.unwrap_or_else(|| {
            all.push(HostShare {
                number: visitor.number,
                held: 0,
                leaving: 0,
                waiting: 0,
                owed: Arc::default(),
                bell: Arc::clone(&visitor.bell),
            });
            all.len() - 1
        });
        &mut all[at]
    }

    /// Whether `visitor` may have one more place at `server`, if it wants `more` than it has said.
    fn has_room(&self, server: &str, visitor: &HostClient, more: usize) -> bool {
        let all = self.guests.get(server).map_or(&[][..], Vec::as_slice);
        let at = all.iter().position(|guest| guest.number == visitor.number);
        if wished(all) + more <= self.limit {
            // Everybody gets what they wish.
            return more > 0 || at.is_some_and(|at| all[at].waiting > 0);
        }
        let mut wishes: Vec<usize> = all.iter().map(HostShare::wish).collect();
        let at = at.unwrap_or_else(|| {
            wishes.push(0);
            wishes.len() - 1
        });
        wishes[at] += more;
        let held = all.get(at).map_or(0, |guest| guest.held);
        let taken: usize = all.iter().map(|guest| guest.held).sum();
        taken < self.limit && held < shares(self.limit, &wishes)[at]
    }

    /// Forgets who is there no more, and tells the others what follows.
    fn settle(&mut self, server: &str) {
        let Some(all) = self.guests.get_mut(server) else {
            return;
        };
        all.retain(|guest| guest.wish() > 0);
        settle(all, self.limit);
        if all.is_empty() {
            self.guests.remove(server);
        }
    }
}

impl HostShare {
    fn wish(&self) -> usize {
        self.held + self.waiting
    }
}

/// How many places all of them wish to have.
fn wished(all: &[HostShare]) -> usize {
    all.iter().map(HostShare::wish).sum()
}

/// Says who has too many places, and rings for those who may have one.
fn settle(all: &[HostShare], limit: usize) {
    if wished(all) <= limit {
        for guest in all {
            guest.owed.store(0, Ordering::Release);
            if guest.waiting > 0 {
                guest.bell.notify_all();
            }
        }
        return;
    }
    let wishes: Vec<usize> = all.iter().map(HostShare::wish).collect();
    let taken: usize = all.iter().map(|guest| guest.held).sum();
    for (guest, share) in all.iter().zip(shares(limit, &wishes)) {
        let stays = guest.held - guest.leaving;
        let owed = stays.saturating_sub(share);
        guest.owed.store(owed, Ordering::Release);
        if guest.waiting > 0 && guest.held < share && taken < limit {
            guest.bell.notify_all();
        }
    }
}

/// Deals out places in turn.
fn shares(limit: usize, wishes: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; wishes.len()];
    let mut left = limit;
    loop {
        let before = left;
        for (share, wish) in shares.iter_mut().zip(wishes) {
            if left > 0 && *share < *wish {
                *share += 1;
                left -= 1;
            }
        }
        if left == before {
            return shares;
        }
    }
}

/// A download, as servers see it.
#[derive(Debug, Clone)]
pub(crate) struct HostClient {
    places: Arc<HostLimiter>,
    number: u64,
    bell: Arc<Notify>,
}

impl HostClient {
    /// A download that comes now; `bell` is rung when there may be a place for it.
    pub fn new(places: Arc<HostLimiter>, bell: Arc<Notify>) -> Self {
        let number = {
            let mut inner = places.lock();
            inner.next += 1;
            inner.next
        };
        Self {
            places,
            number,
            bell,
        }
    }

    /// A place at `server`, if there is one for it now.
    pub fn take(&self, server: &str) -> Option<HostPermit> {
        let mut inner = self.places.lock();
        inner.has_room(server, self, 1).then(|| {
            inner.guest(server, self).held += 1;
            self.place(&mut inner, server, true)
        })
    }

    /// A place at `server` to wait for.
    pub fn wish(&self, server: &str) -> HostPermit {
        let mut inner = self.places.lock();
        inner.guest(server, self).waiting += 1;
        self.place(&mut inner, server, false)
    }

    fn place(&self, inner: &mut Inner, server: &str, is_held: bool) -> HostPermit {
        let owed = Arc::clone(&inner.guest(server, self).owed);
        inner.settle(server);
        HostPermit {
            visitor: self.clone(),
            server: server.to_owned(),
            owed,
            is_held,
            gives_way: Cell::new(false),
        }
    }

    /// What a user should know who waits for a place at `server`, if that is because of other downloads.
    pub fn why_it_waits(&self, server: &str) -> Option<String> {
        let inner = self.places.lock();
        let all = inner.guests.get(server)?;
        let (ours, others): (Vec<&HostShare>, Vec<&HostShare>) =
            all.iter().partition(|guest| guest.number == self.number);
        let limit = inner.limit;
        let (ours, others) = (
            ours.iter().map(|guest| guest.held).sum::<usize>(),
            others.iter().map(|guest| guest.held).sum::<usize>(),
        );
        match (ours, others) {
            (_, 0) => None,
            (0, _) => Some(format!(
                "Waits for a connection: other downloads have the {limit} that there may be to {server}"
            )),
            _ => Some(format!(
                "Shares the {limit} connections that there may be to {server} with other downloads"
            )),
        }
    }
}

/// A place of one connection, or its wish for one. It is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct HostPermit {
    visitor: HostClient,
    server: String,
    /// How many connections of the download must give theirs up.
    owed: Arc<AtomicUsize>,
    is_held: bool,
    gives_way: Cell<bool>,
}

impl HostPermit {
    /// The server that it is at.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Takes the place that was wished for, if there is one now. Returns whether it has it.
    pub fn take(&mut self) -> bool {
        let mut inner = self.visitor.places.lock();
        if !self.is_held && inner.has_room(&self.server, &self.visitor, 0) {
            self.is_held = true;
            let guest = inner.guest(&self.server, &self.visitor);
            guest.waiting -= 1;
            guest.held += 1;
            inner.settle(&self.server);
        }
        self.is_held
    }

    /// Whether its connection is to end, so that another download gets the place. Once it is so, it stays so.
    pub fn gives_way(&self) -> bool {
        if self.gives_way.get() {
            return true;
        }
        // Asked at every claim, and nearly always there is nothing owed.
        if self.owed.load(Ordering::Acquire) == 0 {
            return false;
        }
        let mut inner = self.visitor.places.lock();
        if self.owed.load(Ordering::Acquire) > 0 {
            inner.guest(&self.server, &self.visitor).leaving += 1;
            inner.settle(&self.server);
            self.gives_way.set(true);
        }
        self.gives_way.get()
    }
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        let mut inner = self.visitor.places.lock();
        let guest = inner.guest(&self.server, &self.visitor);
        if self.is_held {
            guest.held -= 1;
            guest.leaving -= usize::from(self.gives_way.get());
        } else {
            guest.waiting -= 1;
        }
        inner.settle(&self.server);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn visitors<const N: usize>(limit: u16) -> [HostClient; N] {
        let places = Arc::new(HostLimiter::new(limit));
        [(); N].map(|()| HostClient::new(Arc::clone(&places), Arc::default()))
    }

    fn take(visitor: &HostClient, wanted: usize) -> Vec<HostPermit> {
        (0..wanted).map_while(|_| visitor.take("h")).collect()
    }

    #[test]
    fn who_comes_second_gets_half_of_it() {
        let [first, second] = visitors(16);
        let mut firsts = take(&first, 20);
        assert_eq!(firsts.len(), 16, "all there are");
        assert!(second.take("h").is_none());
        assert!(second.take("other").is_some(), "each server has its own");
        let mut waiting: Vec<HostPermit> = (0..10).map(|_| second.wish("h")).collect();
        firsts.retain(|place| !place.gives_way());
        assert_eq!(firsts.len(), 8);
        let held = waiting
            .iter_mut()
            .filter_map(|place| place.take().then_some(()));
        assert_eq!(held.count(), 8);
        // Who is done leaves its places to the other.
        drop(waiting);
        assert_eq!(take(&first, 20).len(), 8);
    }

    #[test]
    fn with_more_downloads_than_places_the_last_wait_until_one_has_ended() {
        let [a, b, c] = visitors(2);
        let (first, second) = (a.take("h"), b.take("h"));
        let mut third = c.wish("h");
        assert!(!third.take());
        assert!(first.as_ref().is_some_and(|place| !place.gives_way()));
        let words = c.why_it_waits("h").unwrap();
        assert!(words.contains("the 2 that there may be to h"), "{words}");
        drop(first);
        assert!(third.take());
        assert!(c.why_it_waits("h").is_some_and(|w| w.starts_with("Shares")));
        drop(second);
        assert_eq!(c.why_it_waits("h"), None);
    }

    #[test]
    fn a_lower_limit_takes_effect_at_the_next_claim() {
        let [only] = visitors(8);
        let mut places = take(&only, 8);
        only.places.set(3);
        places.retain(|place| !place.gives_way());
        assert_eq!(places.len(), 3);
        assert!(only.take("h").is_none());
    }

    proptest! {
        #[test]
        fn shares_are_fair(limit in 1_usize..70, wishes in proptest::collection::vec(0_usize..70, 0..12)) {
            let shares = shares(limit, &wishes);
            let (sum, wanted) = (shares.iter().sum::<usize>(), wishes.iter().sum::<usize>());
            prop_assert_eq!(sum, limit.min(wanted));
            for (share, wish) in shares.iter().zip(&wishes) {
                prop_assert!(share <= wish);
                // Who has less than it wants has at most one less than anybody else.
                prop_assert!(share == wish || shares.iter().all(|other| *other <= share + 1));
            }
        }
    }
}
