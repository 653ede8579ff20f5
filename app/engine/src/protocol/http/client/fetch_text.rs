//! Fetches a short text into memory, with retries.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use super::request;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::protocol::error::{
    AccessDenied, ProtocolError, Rejection, RequestError, TransportError,
};
use crate::protocol::http::parse::response_check::RangeRequest;
use crate::protocol::http::transport::pool::{ConnectionPool, PooledConnection};
use crate::protocol::http::transport::wait_policy::WaitPolicy;
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// Limit of attempts.
const MAX_ATTEMPTS: usize = 4;
/// Delay of the first retry; each further one doubles it.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// Longest delay that a busy server may ask for.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Error of one attempt.
enum Failure {
    /// A retry may succeed, after the delay that the server asks for.
    Temporary(ProtocolError, Option<Duration>),
    Permanent(FetchError),
}

/// Fetches the document at `url`, but at most one byte more than `max_len`.
///
/// # Errors
/// [`FetchError::Stopped`], or the reason why the last attempt failed.
pub(crate) fn fetch(
    url: &HttpUrl,
    options: &HttpOptions,
    cancel: &CancelToken,
    max_len: u64,
) -> Result<Vec<u8>, FetchError> {
    let mirror = Mirror::new(0, url.clone());
    let pool = ConnectionPool::default();
    let mut attempt = 0;
    loop {
        let policy = WaitPolicy::new(options.time_limits, attempt, &Arc::default());
        let connection = pool.prepare(&mirror, options, cancel, 1, policy)?;
        let failure = match fetch_once(&connection, options, &mirror, max_len) {
            Ok(bytes) => return Ok(bytes),
            Err(failure) => failure,
        };
        attempt += 1;
        let (reason, retry_after) = match failure {
            _ if cancel.is_cancelled() => return Err(FetchError::Stopped),
            Failure::Permanent(error) => return Err(error),
            Failure::Temporary(reason, retry_after) => (reason, retry_after),
        };
        let delay = retry_after.unwrap_or(FIRST_BACKOFF * 2u32.pow(attempt as u32 - 1));
        if attempt >= MAX_ATTEMPTS || delay > MAX_WAIT {
            return Err(FetchError::Failed(reason.to_string()));
        }
        if cancel.sleep(delay) {
            return Err(FetchError::Stopped);
        }
    }
}

fn fetch_once(
    connection: &PooledConnection,
    options: &HttpOptions,
    mirror: &Mirror,
    max_len: u64,
) -> Result<Vec<u8>, Failure> {
    let response = request::fetch(connection, options, mirror, RangeRequest::Whole)
        .map_err(|error| classify(error, mirror))?;
    let mut bytes = Vec::new();
    match response.body.take(max_len + 1).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let error = TransportError::new(error.into(), mirror.url.host());
            Err(Failure::Temporary(error.into(), None))
        }
    }
}

fn classify(error: RequestError, mirror: &Mirror) -> Failure {
    match error {
        RequestError::Rejected(Rejection::Denied(status)) => {
            let url = mirror.url.clone();
            Failure::Permanent(AccessDenied { status, url }.into())
        }
        RequestError::Rejected(Rejection::Permanent(_)) | RequestError::Tls { .. } => {
            Failure::Permanent(FetchError::Failed(error.to_string()))
        }
        RequestError::Rejected(Rejection::Busy { retry_after, .. }) => {
            Failure::Temporary(error.into(), retry_after)
        }
        RequestError::Unreachable { .. } | RequestError::Lost(_) | RequestError::Rejected(_) => {
            Failure::Temporary(error.into(), None)
        }
    }
}
