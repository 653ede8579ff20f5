//! State of one connection, as user interfaces show it.

/// The state of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not started.
    New,
    /// Waiting for a permit: the server has as many connections as are allowed.
    Queued,
    /// Establishing the TCP connection.
    Connecting,
    /// Request sent, no byte of the response received.
    Waiting,
    /// Receiving data.
    Receiving,
    /// No data for a second, after data was received.
    Stalled,
    /// Receiving no faster than a rate limit of the user allows.
    Limited,
    /// Lost, and waiting before the next attempt.
    Retrying,
    /// Ended, with no work left.
    Done,
    /// Given up.
    Lost,
}

impl ConnectionState {
    /// Returns whether the TCP connection is established.
    pub fn is_up(self) -> bool {
        matches!(
            self,
            Self::Waiting | Self::Receiving | Self::Stalled | Self::Limited
        )
    }

    /// Returns the name of the state, for the user interface.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "Not started",
            Self::Queued => "Queued",
            Self::Connecting => "Connecting",
            Self::Waiting => "Waiting",
            Self::Receiving => "Receiving",
            Self::Stalled => "Stalled",
            Self::Limited => "Held by limit",
            Self::Retrying => "Retrying",
            Self::Done => "Done",
            Self::Lost => "Lost",
        }
    }
}
