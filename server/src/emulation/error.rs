//! Reasons for which a connection cannot join an emulated link.

use std::io;

use lanes_shared::link::ProfileError;

/// The reason for which a connection cannot join an emulated link.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The link profile of the client is invalid.
    #[error(transparent)]
    InvalidProfile(#[from] ProfileError),
    /// The server does not accept link profiles of clients.
    #[error("the server fixes the link (--fixed-link); connect without a link profile")]
    FixedByServer,
    /// The session already uses another link.
    #[error(
        "the connections of a session share one link; this connection requests another link than \
         the first"
    )]
    OtherLink,
    /// The link profile limits the number of connections.
    #[error(
        "the emulated server accepts at most {0} connections (max_connections of the link profile)"
    )]
    TooManyConnections(u32),
    /// The client has its share of the sessions.
    #[error("too many sessions: the server accepts at most {0} of one client")]
    TooManySessions(usize),
    /// The client has its share of the sessions that wait for their background traffic.
    #[error(
        "too many new sessions with background flows: at most {0} of one client may wait; try again"
    )]
    TooManyWarmUps(usize),
    /// The client has closed the connection.
    #[error("the client has closed the connection")]
    ClientGone,
    /// The system cannot start a thread.
    #[error("cannot start a thread for the emulated link: {0}")]
    NoThread(#[source] io::Error),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}
