//! Errors of RPC calls, with the codes and texts of aria2 where clients compare them.

use lanes_engine::SourceUrlError;
use lanes_engine::metalink::MetalinkError;

use super::gid::{Gid, GidError};
use super::options::OptionError;

/// Error of one RPC call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// The body is not JSON.
    #[error("Parse error.")]
    Parse,
    /// The JSON is not a request.
    #[error("Invalid Request.")]
    InvalidRequest,
    /// The parameters are not an array.
    #[error("Invalid params.")]
    InvalidParams,
    /// The token is wrong or missing.
    #[error("Unauthorized")]
    Unauthorized,
    /// There is no such method.
    #[error("No such method: {0}")]
    NoSuchMethod(String),
    /// A parameter is missing.
    #[error("The parameter at {0} is required but missing.")]
    Missing(usize),
    /// A parameter has another type.
    #[error("The parameter at {0} has wrong type.")]
    WrongType(usize),
    /// The position in the queue is negative.
    #[error("Position must be greater than or equal to 0.")]
    Position,
    /// The way to count a position is unknown.
    #[error("Illegal argument.")]
    IllegalArgument,
    /// There are no links.
    #[error("URI is not provided.")]
    NoUri,
    /// A link is not supported.
    #[error("{0}")]
    Link(#[from] SourceUrlError),
    /// The link is a torrent's.
    #[error("Lanes does not download over BitTorrent: give an http://, https:// or lanes:// link")]
    Torrent,
    /// The daemon ends only with a signal.
    #[error(
        "shutdown over RPC is not supported: end lanes serve with SIGTERM, or close the window"
    )]
    Shutdown,
    /// The id names no download.
    #[error(transparent)]
    Gid(#[from] GidError),
    /// The download cannot do that in its state.
    #[error("GID#{0} cannot be {1} now")]
    CannotNow(Gid, &'static str),
    /// The download does not run and does not wait.
    #[error("Active Download not found for GID#{0}")]
    NotActive(Gid),
    /// The download does not run.
    #[error("No active download for GID#{0}")]
    NoServers(Gid),
    /// The download does not wait.
    #[error("GID#{0} not found in the waiting queue.")]
    NotWaiting(Gid),
    /// The download has not ended.
    #[error("Could not remove download result of GID#{0}")]
    NoResult(Gid),
    /// The download has ended, so its options are fixed.
    #[error("Cannot change option for GID#{0}")]
    CannotChange(Gid),
    /// The download has ended, so its links are fixed.
    #[error("Cannot remove URIs from GID#{0}")]
    CannotChangeUris(Gid),
    /// A download has one file, with the index 1.
    #[error("fileIndex is out of range")]
    FileIndex,
    /// The queue is full.
    #[error("the queue is full: {0} downloads wait; remove some before adding more")]
    QueueFull(usize),
    /// The links and options of all downloads together are too long.
    #[error("the queue is full: links and options take more than {} MiB; remove some downloads before adding more", .0 >> 20)]
    QueueTooLong(usize),
    /// A link is too long.
    #[error("a link is too long: more than {} KiB", .0 >> 10)]
    LinkTooLong(usize),
    /// An option has an invalid value.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The data is no Metalink.
    #[error(transparent)]
    Metalink(#[from] MetalinkError),
    /// The data is not base64.
    #[error("the Metalink is not valid base64")]
    Base64,
    /// The queue cannot be written to the disk.
    #[error("cannot save the queue: {0}")]
    Save(#[from] std::io::Error),
    /// The window asks the user before it downloads, so an accepted download cannot be changed to another.
    #[error("this needs a token: set one under Other programs in the settings of Lanes")]
    NeedsToken,
    /// Too many downloads wait for an answer of the user.
    #[error("{0} downloads wait for an answer in the window of Lanes; answer there first")]
    TooManyQuestions(usize),
    /// A call within `system.multicall` is not an object.
    #[error("system.multicall expected struct.")]
    NotStruct,
    /// A call within `system.multicall` has no method.
    #[error("Missing methodName.")]
    NoMethodName,
    /// `system.multicall` within itself.
    #[error("Recursive system.multicall forbidden.")]
    Recursive,
}

impl RpcError {
    /// Returns the code of the error in the response.
    pub(crate) fn code(&self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::InvalidParams => -32602,
            _ => 1,
        }
    }

    /// Returns the HTTP status of a response with this error alone. Some clients look only at the status.
    pub(crate) fn http_status(&self) -> u16 {
        match self {
            Self::Parse | Self::InvalidParams => 500,
            _ => 400,
        }
    }
}
