//! The state of one connection.

/// What one connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not begun yet.
    New,
    /// Waiting for its turn: there are as many connections to the server as there may be.
    Queued,
    /// The TCP connection is being made.
    Connecting,
    /// Asked, and no byte has come yet.
    Waiting,
    /// Bytes are coming.
    Receiving,
    /// Bytes were coming, and none has for a second.
    Stalled,
    /// Lost, and waiting before it is made anew.
    Retrying,
    /// Nothing was left for it to do.
    Done,
    /// Given up.
    Lost,
}

impl ConnectionState {
    /// Whether a TCP connection is up.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Waiting | Self::Receiving | Self::Stalled)
    }

    /// The state in one word, for a label.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "Not begun",
            Self::Queued => "In line",
            Self::Connecting => "Connecting",
            Self::Waiting => "Waiting",
            Self::Receiving => "Receiving",
            Self::Stalled => "Stalled",
            Self::Retrying => "Retrying",
            Self::Done => "Done",
            Self::Lost => "Lost",
        }
    }
}
