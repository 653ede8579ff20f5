//! Moves downloads among those that wait, and in the engine's queue with them.

use std::collections::HashMap;

use lanes_engine::{Command, DownloadId, DownloadState, QueuePlace};

use super::listing::Listing;
use super::{State, WindowDownloads};
use crate::rpc::gid::Gid;
use crate::rpc::queue::Anchor;
use crate::rpc::rpc_error::RpcError;

/// Most tries to move a download before another one, which may start at any time.
const MAX_TRIES: usize = 4;

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
