//! Sends the result of an experiment to the server of a class.

use std::time::{Duration, Instant};

use lanes_shared::class_result::ClassResult;
use lanes_shared::wire::{Refusal, Reply, Request};

use super::connection::{Connection, Sink, hello};
use crate::model::random_id;
use crate::model::source_url::ServerName;
use crate::model::time_limits::TimeLimits;
use crate::protocol::error::{ConnectionError, Disconnect, ProtocolViolation, SendResultError};
use crate::sync::cancel::CancelToken;

/// Time limit for all attempts: a class that ends at the same time fills the server for a while.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Time limit for the reply of one attempt.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);
/// Time before the next attempt.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Sends a result. Tries again for a minute while the server is full or the connection is lost; a result that
/// arrives twice counts once.
///
/// # Errors
/// [`SendResultError`].
pub(crate) fn send(
    server: &ServerName,
    result: &ClassResult,
    cancel: &CancelToken,
) -> Result<(), SendResultError> {
    let begun = Instant::now();
    let result = result.clone().cleaned();
    loop {
        let error = match attempt(server, &result, cancel) {
            Ok(()) => return Ok(()),
            Err(_) if cancel.is_cancelled() => return Err(SendResultError::Cancelled),
            Err(error) => error,
        };
        let may_pass = matches!(
            error,
            ConnectionError::Lost(_)
                | ConnectionError::Refused {
                    refusal: Refusal::TooManyConnections | Refusal::Corrupted,
                    ..
                }
        );
        if !may_pass || begun.elapsed() + RETRY_DELAY >= TIMEOUT {
            return Err(error.into());
        }
        cancel.sleep(RETRY_DELAY);
    }
}

/// Sends the result once and waits for the reply.
fn attempt(
    server: &ServerName,
    result: &ClassResult,
    cancel: &CancelToken,
) -> Result<(), ConnectionError> {
    let limit = TimeLimits::default().connect;
    let (mut connection, _guard) =
        Connection::open(server, None, limit, |socket| cancel.guard(socket))?;
    let mut out = hello(random_id::random(), None);
    Request::Result(Box::new(result.clone())).encode(&mut out);
    connection.send(&out)?;
    let begun = Instant::now();
    let mut replies = Replies::default();
    while !replies.is_kept {
        connection.receive(&mut replies)?;
        if begun.elapsed() > REPLY_TIMEOUT {
            return Err(ConnectionError::Lost(Disconnect::Idle(REPLY_TIMEOUT)));
        }
    }
    Ok(())
}

/// The replies to a result.
#[derive(Default)]
struct Replies {
    is_welcomed: bool,
    is_kept: bool,
}

impl Sink for Replies {
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError> {
        match reply {
            Reply::Welcome { .. } if !self.is_welcomed => self.is_welcomed = true,
            Reply::ResultKept { .. } if self.is_welcomed => self.is_kept = true,
            _ => return Err(ProtocolViolation::Unrequested.into()),
        }
        Ok(())
    }
}
