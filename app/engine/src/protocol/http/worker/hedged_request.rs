//! A second request beside a response in which nothing arrives any more.
//!
//! A silent connection is not dead: its server may pause. Nor is it alive for sure. While others receive, it is
//! replaced. While nothing arrives at all, one connection of the download asks for the same bytes over a new
//! connection, and keeps the silent one. The first that brings a byte is used. So a pause costs nothing, and a
//! connection that is lost delays the download by seconds. For that time there is one connection more than
//! the user allows.

use std::sync::{Arc, TryLockError, Weak};
use std::time::Duration;

use super::positioned_body::{PositionedBody, StalledBody};
use super::server_connection::ServerConnection;
use crate::model::connection_state::ConnectionState;
use crate::protocol::error::{RequestError, WorkerError};
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::parse::response_check::Content;
use crate::protocol::http::transport::wake_condition::WakeCondition;

/// Time between two second requests in one silence.
const INTERVAL: Duration = Duration::from_secs(10);

/// Returns the response to read on: the silent one, or that to a second request.
///
/// # Errors
/// `error`, if the silent connection counts as lost.
pub(super) fn outlast(
    connection: &mut ServerConnection<'_>,
    mut silent: StalledBody,
    error: WorkerError,
) -> Result<PositionedBody, WorkerError> {
    let transfer = connection.transfer;
    let silence = silent.silence.since.elapsed();
    let is_lost = silence >= connection.wait_policy().silence();
    if is_lost || transfer.counters.flow.is_flowing() || transfer.cancel.is_cancelled() {
        return Err(error);
    }
    if silence < INTERVAL * silent.silence.tries {
        return Ok(silent.into_incoming());
    }
    let _only = match transfer.duties.second_request.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
        Err(TryLockError::WouldBlock) => return Ok(silent.into_incoming()),
    };
    silent.silence.tries += 1;
    let socket = silent.body.connection();
    let watched = socket.as_ref().map(Arc::downgrade);
    let has_data = move || {
        let socket = watched.as_ref().and_then(Weak::upgrade);
        socket.is_some_and(|socket| socket.has_data())
    };
    let set_aside = connection.set_aside(WakeCondition::new(has_data))?;
    match request_rest(connection, &silent) {
        Ok(Some(response)) => {
            tracing::debug!(
                "connection {}: continued by a second request",
                connection.index + 1
            );
            return Ok(response);
        }
        Ok(None) => connection.set_state(ConnectionState::Receiving),
        Err(error) => report(connection, &error),
    }
    connection.exchange(set_aside);
    Ok(silent.into_incoming())
}

/// Requests the missing bytes of `silent`. Returns the response once its first byte is there; `None` if it does
/// not continue the file.
fn request_rest(
    connection: &mut ServerConnection<'_>,
    silent: &StalledBody,
) -> Result<Option<PositionedBody>, RequestError> {
    let transfer = connection.transfer;
    let at = silent.bytes.start;
    let owned = transfer.scheduler.unclaimed_of(connection.index);
    let end = if owned.start == silent.claimed {
        owned.end
    } else {
        silent.claimed
    };
    let HttpResponse {
        content,
        info,
        mut body,
    } = connection.request_bytes(&(at..end))?;
    let len = transfer.context.active().map(|file| file.info.len);
    let is_same = info.len == len && connection.mirror.confirm_version(&info.version);
    let bytes = match content {
        Content::Part(bytes) if is_same && bytes.end >= silent.claimed => bytes,
        _ => return Ok(None),
    };
    let begins = body.peek(1).is_ok_and(|beginning| !beginning.is_empty());
    Ok(begins.then(|| PositionedBody {
        claimed: Some(silent.claimed),
        ..PositionedBody::new(body, bytes, at..at)
    }))
}

/// Tells the user if the server cannot be reached any more.
fn report(connection: &ServerConnection<'_>, error: &RequestError) {
    let transfer = connection.transfer;
    match error {
        RequestError::Unreachable { .. } => {
            transfer.record_failure(&error.to_string(), false);
            connection.set_state(ConnectionState::Retrying);
        }
        _ => connection.set_state(ConnectionState::Receiving),
    }
}
