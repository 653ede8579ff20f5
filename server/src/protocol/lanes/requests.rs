//! Requests of the Lanes protocol, as they come in.

use std::io;
use std::time::{Duration, Instant};

use lanes_shared::wire::{HEADER_LEN, Header, MAGIC, MAX_MESSAGE_LEN, Request, WireError};

use crate::net::recv_buffer::RecvBuffer;

/// Why there is no further request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The client has nothing more to say, or fell silent.
    #[error("the connection ended: {0}")]
    Gone(#[from] io::Error),
    /// The client says what is no request.
    #[error("{0}")]
    Wire(#[from] WireError),
}

/// Reads the bytes that every connection begins with. Refuses at the first wrong byte.
pub(crate) fn magic(recv: &mut RecvBuffer<'_>, deadline: Instant) -> Result<(), RequestError> {
    loop {
        let waiting = recv.unread();
        let seen = waiting.len().min(MAGIC.len());
        if waiting[..seen] != MAGIC[..seen] {
            return Err(WireError::NotLanes.into());
        }
        if seen == MAGIC.len() {
            recv.consume(seen);
            return Ok(());
        }
        recv.fill(deadline)?;
    }
}

/// The next request, waited for as long as `patience`. Before the first wait, and only if one is
/// needed, `before_waiting` is called: the moment to send what has been answered so far. `None`
/// when the client has ended in good order.
pub(crate) fn next<E: From<RequestError>>(
    recv: &mut RecvBuffer<'_>,
    patience: Duration,
    before_waiting: impl FnOnce() -> Result<(), E>,
) -> Result<Option<Request>, E> {
    if let Some(request) = buffered(recv)? {
        return Ok(Some(request));
    }
    before_waiting()?;
    let deadline = Instant::now() + patience;
    loop {
        match recv.fill(deadline) {
            Ok(()) => {}
            Err(error)
                if error.kind() == io::ErrorKind::UnexpectedEof && recv.unread().is_empty() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(RequestError::Gone(error).into()),
        }
        if let Some(request) = buffered(recv)? {
            return Ok(Some(request));
        }
    }
}

/// A request that is here already.
fn buffered(recv: &mut RecvBuffer<'_>) -> Result<Option<Request>, RequestError> {
    let Some((header, rest)) = recv.unread().split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let header = Header::parse(*header)?;
    // Only a packet may be longer, and a client sends none.
    if header.len > MAX_MESSAGE_LEN {
        let (kind, len) = (header.kind, header.len);
        return Err(WireError::TooLong { kind, len }.into());
    }
    let Some(payload) = rest.get(..header.len as usize) else {
        return Ok(None);
    };
    let request = Request::decode(header, payload)?;
    recv.consume(HEADER_LEN + header.len as usize);
    Ok(Some(request))
}
