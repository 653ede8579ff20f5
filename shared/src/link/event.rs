//! What the client sees of a path.

use super::Ns;

/// One connection of a [`Path`](super::Path).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId {
    pub(super) slot: u32,
    /// Slots are used again; a name is not.
    pub(super) generation: u32,
}

/// Something that the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// When.
    pub at: Ns,
    /// On which connection.
    pub flow: FlowId,
    /// What.
    pub kind: EventKind,
}

/// What the client sees on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// So many bytes more can be read, in order.
    Bytes(u64),
    /// The connection is reset. The flow is closed by this.
    Reset,
}
