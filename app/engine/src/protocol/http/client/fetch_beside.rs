//! Fetches a small file that may stand beside another on the same host.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use super::identity_request;
use super::request_with_redirects::HttpResponse;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::time_limits::TimeLimits;
use crate::protocol::error::{ProtocolError, Rejection, RequestError, TransportError};
use crate::protocol::http::parse::response_check::RangeRequest;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::http::transport::wait_policy::WaitPolicy;
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// Requests for one file: a second one after a lost connection.
const MAX_ATTEMPTS: usize = 2;
/// Longest silence. A file is not kept waiting for long by one that may not exist.
const MAX_SILENCE: Duration = Duration::from_secs(15);

/// Returns the file at `url`, but at most one byte more than `max_len`; `None` if the server has none there, or leads to
/// another host.
///
/// # Errors
/// The server may have the file, but it could not be read.
pub(crate) fn fetch(
    url: &HttpUrl,
    options: &HttpOptions,
    cancel: &CancelToken,
    max_len: u64,
) -> Result<Option<Vec<u8>>, ProtocolError> {
    let silence = options.time_limits.within_response().min(MAX_SILENCE);
    let limits = TimeLimits {
        silence: Some(silence),
        ..options.time_limits
    };
    let pool = ConnectionPool::default();
    let mut attempt = 1;
    loop {
        let mirror = Mirror::new(0, url.clone()).on_own_host();
        let policy = WaitPolicy::new(limits, 0, &Arc::default());
        let Ok(connection) = pool.prepare(&mirror, options, cancel, 1, policy) else {
            // The download itself reports options that cannot be used.
            return Ok(None);
        };
        let response = identity_request::fetch(&connection, options, &mirror, RangeRequest::Whole);
        match response
            .map_err(ProtocolError::from)
            .and_then(|response| read(response, &mirror, max_len))
        {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) if attempt >= MAX_ATTEMPTS || cancel.is_cancelled() => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

fn read(response: HttpResponse, mirror: &Mirror, max_len: u64) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = Vec::new();
    match response.body.take(max_len + 1).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(TransportError::new(error.into(), mirror.url.host()).into()),
    }
}

/// Returns whether an error means that there is no such file: a refusal, also of a kind that a server of
/// objects uses in place of 404, or a page or another host in its place.
fn is_absent(error: &ProtocolError) -> bool {
    matches!(
        error,
        ProtocolError::Request(RequestError::Rejected(
            Rejection::Denied(_) | Rejection::Permanent(_)
        ))
    )
}
