//! Events of a path as the client observes them.

use super::Ns;

/// Identifies a connection of a [`Path`](super::Path).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId {
    pub(super) slot: u32,
    /// Distinguishes the flows that have used the same slot.
    pub(super) generation: u32,
}

/// An event that the client observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// Time of the event.
    pub at: Ns,
    /// Connection of the event.
    pub flow: FlowId,
    /// Kind of the event.
    pub kind: EventKind,
}

/// Kind of an [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// This many additional bytes can be read in order.
    Bytes(u64),
    /// The connection is reset, which closes the flow.
    Reset,
}
