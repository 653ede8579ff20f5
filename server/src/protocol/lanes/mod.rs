//! The Lanes protocol: requests in, replies out, in the order of the requests.

mod connection;
mod error;
mod requests;

use lanes_shared::wire::{Refusal, Reply};

pub(super) use connection::serve;

/// Encodes the refusal of a connection above the connection limit. The client need not send
/// anything before.
pub(super) fn rejection(error: &impl ToString) -> Vec<u8> {
    let mut bytes = Vec::new();
    Reply::Refused {
        refusal: Refusal::TooManyConnections,
        message: error.to_string(),
    }
    .encode(&mut bytes);
    bytes
}
