//! The response to a client above the connection limit.

use std::time::{Instant, SystemTime};

use super::codec::{Request, Response, Status, head_len};
use crate::net::lingering_close::LINGER_TIMEOUT;
use crate::net::recv_buffer::RecvBuffer;

/// Encodes the response to a client above the connection limit. Reads the request first, because a
/// response to HEAD must not have a body; the method of an incomplete request counts as GET.
pub(in super::super) fn rejection(mut recv: RecvBuffer<'_>, error: &impl ToString) -> Vec<u8> {
    let deadline = Instant::now() + LINGER_TIMEOUT;
    let mut searched = 0;
    let request = loop {
        match head_len(recv.unread(), searched) {
            Ok(Some(len)) => break Request::parse(&recv.unread()[..len]).ok(),
            Ok(None) => searched = recv.unread().len(),
            Err(_) => break None,
        }
        if recv.fill(deadline).is_err() {
            break None;
        }
    };
    let response = Response::error(Status::ServiceUnavailable, error);
    response.to_bytes(request.as_ref(), false, SystemTime::now())
}
