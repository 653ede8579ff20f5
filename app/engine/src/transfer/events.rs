//! Events that workers send to the coordinator.

use std::io;

use crossbeam_channel::Sender;
use lanes_shared::checksum::Digest;

use crate::model::outcome::FetchError;
use crate::storage::tree_hasher::CompleteGroups;

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

/// Sends events to the coordinator.
#[derive(Clone)]
pub(crate) struct Events(Sender<Event>);

impl Events {
    pub fn new(sender: Sender<Event>) -> Self {
        Self(sender)
    }

    /// Sends an event. The channel is bounded, but the coordinator reads until the last worker has
    /// ended.
    pub fn send(&self, event: Event) {
        // An error means that the coordinator has given the download up.
        let _ = self.0.send(event);
    }

    /// Sends a notice for the user.
    pub fn notice(&self, text: impl Into<String>) {
        self.send(Event::Notice(text.into()));
    }
}
