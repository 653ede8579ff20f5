//! Why a server says no.

/// Why a server says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// There is no such file. The connection stays open, another name may be asked.
    NoSuchFile = 1,
    /// The server serves as many connections as it will.
    TooManyConnections = 2,
    /// The request makes no sense here.
    BadRequest = 3,
    /// The server does not speak the client's version.
    Version = 4,
    /// The file changed while it was being sent.
    Changed = 5,
    /// The server cannot read the file.
    Unreadable = 6,
    /// The server is being stopped.
    Stopping = 7,
    /// The request was damaged on its way.
    Corrupted = 8,
}

impl Refusal {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::NoSuchFile,
        Self::TooManyConnections,
        Self::BadRequest,
        Self::Version,
        Self::Changed,
        Self::Unreadable,
        Self::Stopping,
        Self::Corrupted,
    ];

    pub(super) fn from_code(code: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|refusal| *refusal as u16 == code)
    }
}
