//! Events that workers send to the coordinator.
//!
//! The coordinator waits for them on a condition variable: a wait on the channel itself yields the processor
//! several times first, which took a quarter of the time of a batch over a far link.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryIter, bounded};
use lanes_shared::checksum::Digest;

use crate::model::outcome::FetchError;
use crate::storage::tree_hasher::CompleteGroups;
use crate::sync::lock;
use crate::sync::notify::Notify;

/// Most events that wait for the coordinator; a worker with one more waits too.
const CAPACITY: usize = 1024;

/// A rare event of a transfer. Bytes are counted in atomics instead, so no event is sent per
/// packet.
pub(crate) enum Event {
    /// The length is known and the file exists; complete groups can be hashed from now on.
    Confirmed(Option<CompleteGroups>),
    /// The file has every byte.
    Complete,
    /// The source reported the digest.
    DigestKnown,
    /// The server reported the statistics of the emulated link.
    LinkKnown,
    /// The download cannot continue.
    Fatal(FetchError),
    /// A notice for the user.
    Notice(String),
    /// The hasher ended, with the digest if the file is complete.
    Hashed(io::Result<Option<Digest>>),
    /// The worker of this connection ended; with a reason if the connection was lost or refused.
    Finished(usize, Option<String>),
}

/// Wakes the coordinator, which holds the lock from its last look at the channel until it waits.
#[derive(Default)]
struct Arrival {
    lock: Mutex<()>,
    notify: Notify,
}

/// Creates a channel for the events of one attempt at a time.
pub(crate) fn channel() -> (Events, EventReceiver) {
    let (sender, receiver) = bounded(CAPACITY);
    let arrival = Arc::<Arrival>::default();
    let events = Events {
        sender,
        arrival: Arc::clone(&arrival),
    };
    (events, EventReceiver { receiver, arrival })
}

/// Sends events to the coordinator.
#[derive(Clone)]
pub(crate) struct Events {
    sender: Sender<Event>,
    arrival: Arc<Arrival>,
}

impl Events {
    /// Sends an event. The channel is bounded, but the coordinator reads until the last worker has
    /// ended.
    pub fn send(&self, event: Event) {
        // An error means that the coordinator has given the download up.
        let _ = self.sender.send(event);
        drop(lock(&self.arrival.lock));
        self.arrival.notify.notify_all();
    }

    /// Sends a notice for the user.
    pub fn notice(&self, text: impl Into<String>) {
        self.send(Event::Notice(text.into()));
    }
}

/// The coordinator's end of the channel.
#[derive(Clone)]
pub(crate) struct EventReceiver {
    receiver: Receiver<Event>,
    arrival: Arc<Arrival>,
}

impl EventReceiver {
    /// Returns the next event; `None` if there is none within `timeout`, or rarely before.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        let guard = lock(&self.arrival.lock);
        if let Ok(event) = self.receiver.try_recv() {
            return Some(event);
        }
        drop(self.arrival.notify.wait_timeout(guard, timeout));
        self.receiver.try_recv().ok()
    }

    /// Returns the events that have arrived.
    pub fn try_iter(&self) -> TryIter<'_, Event> {
        self.receiver.try_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn every_event_arrives_at_once_and_a_wait_without_one_ends() {
        let (events, receiver) = channel();
        let (long, began) = (Duration::from_secs(60), Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let events = events.clone();
                scope.spawn(move || (0..2000).for_each(|_| events.send(Event::Complete)));
            }
            let mut received = 0;
            while received < 8000 {
                received += usize::from(receiver.recv_timeout(long).is_some());
            }
        });
        assert!(began.elapsed() < long, "{:?}", began.elapsed());
        assert!(receiver.recv_timeout(Duration::from_millis(1)).is_none());
    }
}
