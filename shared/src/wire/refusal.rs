//! Reasons for which a server refuses a request.

/// Reason for which a server refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// The file does not exist. The connection stays open for another name.
    NoSuchFile = 1,
    /// The server has reached its connection limit.
    TooManyConnections = 2,
    /// The request is invalid.
    BadRequest = 3,
    /// The server does not support the client's protocol version.
    Version = 4,
    /// The file changed during the transfer.
    Changed = 5,
    /// The server cannot read the file.
    Unreadable = 6,
    /// The server is shutting down.
    Stopping = 7,
    /// The request was corrupted in transit.
    Corrupted = 8,
    /// The server keeps no results. The connection stays open.
    KeepsNoResults = 9,
}

impl Refusal {
    /// All reasons, by code.
    pub const ALL: [Self; 9] = [
        Self::NoSuchFile,
        Self::TooManyConnections,
        Self::BadRequest,
        Self::Version,
        Self::Changed,
        Self::Unreadable,
        Self::Stopping,
        Self::Corrupted,
        Self::KeepsNoResults,
    ];

    pub(super) fn from_code(code: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|refusal| *refusal as u16 == code)
    }
}
