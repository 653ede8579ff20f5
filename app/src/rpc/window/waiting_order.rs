//! The order of the downloads that wait, as clients see and change it.
//!
//! The engine orders only those that are queued. Here a paused download, and one that waits for an answer, has a place
//! among them, as in aria2; the queued ones stand in the other places in the order of the engine.

use std::collections::{HashMap, HashSet};

use lanes_engine::{Command, DownloadId, DownloadState, QueuePlace};

use super::listing::Listing;
use super::{State, WindowDownloads};
use crate::rpc::gid::Gid;
use crate::rpc::queue::{Anchor, Queue};
use crate::rpc::rpc_error::RpcError;

/// Most tries to move a download before another one, which may start at any time.
const MAX_TRIES: usize = 4;

/// Returns `waiting` in the order of `before`. Downloads that ran come first, new ones last, and those that the engine
/// has queued change places until they stand in its order.
pub(super) fn arranged(
    before: &Queue,
    mut waiting: Vec<Gid>,
    engine_queue: impl Iterator<Item = Gid>,
) -> Vec<Gid> {
    let places: HashMap<Gid, usize> = before.waiting.iter().copied().zip(1..).collect();
    let ran: HashSet<Gid> = before.active.iter().copied().collect();
    waiting.sort_by_key(|gid| match places.get(gid) {
        Some(place) => *place,
        None if ran.contains(gid) => 0,
        None => usize::MAX,
    });
    let all: HashSet<Gid> = waiting.iter().copied().collect();
    let queued: Vec<Gid> = engine_queue.filter(|gid| all.contains(gid)).collect();
    let is_queued: HashSet<Gid> = queued.iter().copied().collect();
    let slots = waiting.iter_mut().filter(|gid| is_queued.contains(*gid));
    for (slot, gid) in slots.zip(queued) {
        *slot = gid;
    }
    waiting
}

impl Listing {
    /// Returns the places in the engine's queue that put `moved` where they stand among those that wait.
    fn places(&self, moved: &HashMap<Gid, DownloadId>) -> Vec<(QueuePlace, Vec<DownloadId>)> {
        let mut places: Vec<(QueuePlace, Vec<DownloadId>)> = Vec::new();
        let mut place = QueuePlace::Last;
        for gid in self.queue.waiting.iter().rev() {
            if let Some(id) = moved.get(gid) {
                match places.last_mut() {
                    Some((last, ids)) if *last == place => ids.push(*id),
                    _ => places.push((place, vec![*id])),
                }
            } else if let Some(snapshot) = self.snapshot(*gid)
                && snapshot.state == DownloadState::Queued
            {
                place = QueuePlace::Before(snapshot.id);
            }
        }
        places
    }
}

impl WindowDownloads {
    /// Moves downloads that have just been queued to where they stand among those that wait. Without a queued one
    /// behind them, their priority decides.
    pub(super) fn keep_places(&self, listing: &Listing, queued: &HashMap<Gid, DownloadId>) {
        if queued.is_empty() {
            return;
        }
        for (place, ids) in listing.places(queued) {
            if place != QueuePlace::Last {
                self.engine.send(Command::MoveInQueue(ids, place));
            }
        }
    }

    /// Moves a download among those that wait. Returns its new position.
    ///
    /// # Errors
    /// It does not wait.
    pub(super) fn move_to(
        &self,
        state: &mut State,
        gid: Gid,
        offset: i64,
        anchor: Anchor,
    ) -> Result<usize, RpcError> {
        // A download that was added just now has a place in the engine's queue.
        self.settle(state);
        let position = state.listing.queue.reposition(gid, offset, anchor);
        let position = position.ok_or(RpcError::NotWaiting(gid))?;
        let Some((id, DownloadState::Queued)) = self.engine_download(state, gid) else {
            return Ok(position);
        };
        let moved = HashMap::from([(gid, id)]);
        for _ in 0..MAX_TRIES {
            for (place, ids) in state.listing.places(&moved) {
                self.engine.send(Command::MoveInQueue(ids, place));
            }
            self.settle(state);
            let queue = &mut state.listing.queue;
            let now = queue.waiting.iter().position(|other| *other == gid);
            if now.is_none_or(|now| now <= position) {
                break;
            }
            // The download behind it has started meanwhile.
            queue.reposition(gid, position as i64, Anchor::Start);
        }
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gids(numbers: &[u8]) -> Vec<Gid> {
        let gid = |number: &u8| Gid::parse(&format!("{number:016x}")).unwrap();
        numbers.iter().map(gid).collect()
    }

    #[test]
    fn paused_downloads_keep_their_places_among_queued_ones() {
        let order = |active: &[u8], before: &[u8], waiting: &[u8], engine: &[u8]| {
            let mut queue = Queue::default();
            queue.arrange(gids(active), gids(before));
            arranged(&queue, gids(waiting), gids(engine).into_iter())
        };
        // 2 is paused; the user has moved 4 to the start of the queue.
        let moved = order(&[], &[1, 2, 3, 4], &[1, 2, 3, 4], &[4, 1, 3]);
        assert_eq!(moved, gids(&[4, 2, 1, 3]));
        // 9 ran and is paused, 1 has started, 7 is new.
        let changed = order(&[9], &[1, 2, 3], &[2, 3, 7, 9], &[1, 3, 7]);
        assert_eq!(changed, gids(&[9, 2, 3, 7]));
        // A download that the engine has not put into its queue yet keeps its place.
        assert_eq!(order(&[], &[1, 2], &[1, 2], &[2]), gids(&[1, 2]));
    }
}
