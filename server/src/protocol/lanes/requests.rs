//! Reads requests of the Lanes protocol.

use std::io;
use std::time::{Duration, Instant};

use lanes_shared::wire::{HEADER_LEN, Header, MAGIC, MAX_MESSAGE_LEN, Request, WireError};

use super::error::RequestError;
use crate::net::recv_buffer::RecvBuffer;

/// Reads the magic bytes that every connection starts with.
///
/// # Errors
/// [`WireError::BadMagic`] at the first wrong byte, or [`RequestError::Disconnected`].
pub(super) fn read_magic(recv: &mut RecvBuffer<'_>, deadline: Instant) -> Result<(), RequestError> {
    loop {
        let unread = recv.unread();
        let len = unread.len().min(MAGIC.len());
        if unread[..len] != MAGIC[..len] {
            return Err(WireError::BadMagic.into());
        }
        if len == MAGIC.len() {
            recv.consume(len);
            return Ok(());
        }
        recv.fill(deadline)?;
    }
}

/// Reads the next request; `None` if the client has closed its sending side. If no complete request
/// is buffered, calls `before_waiting` once, which sends pending replies, and waits up to `timeout`.
///
/// # Errors
/// [`RequestError::Wire`] or [`RequestError::Disconnected`].
pub(super) fn read_request(
    recv: &mut RecvBuffer<'_>,
    timeout: Duration,
    before_waiting: impl FnOnce() -> io::Result<()>,
) -> Result<Option<Request>, RequestError> {
    if let Some(request) = decode_buffered(recv)? {
        return Ok(Some(request));
    }
    before_waiting()?;
    let deadline = Instant::now() + timeout;
    loop {
        match recv.fill(deadline) {
            Ok(()) => {}
            Err(error)
                if error.kind() == io::ErrorKind::UnexpectedEof && recv.unread().is_empty() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(request) = decode_buffered(recv)? {
            return Ok(Some(request));
        }
    }
}

/// Decodes a request that is buffered completely.
fn decode_buffered(recv: &mut RecvBuffer<'_>) -> Result<Option<Request>, RequestError> {
    let Some((header, rest)) = recv.unread().split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let header = Header::parse(*header)?;
    // Only packets may be longer, and clients send none.
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
