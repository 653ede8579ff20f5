//! A short text from an HTTP server, fetched into memory.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use super::request::RequestError;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::protocol::http::parse::response_check::{RangeRequest, Rejection};
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::dialer::Dialer;
use crate::protocol::http::transport::tls_config::TlsConfig;
use crate::protocol::http::transport::ureq_agent;
use crate::protocol::http::worker::body_writer::read_error;
use crate::protocol::http::worker::error_mapping::denied;
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// How often it is asked for.
const ATTEMPTS: usize = 4;
/// How long the first retry waits; each further one waits twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// The longest that a busy server is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why there is none.
enum Failure {
    /// Another try may do better; how long to wait before, if the server said it.
    Passing(String, Option<Duration>),
    Final(FetchError),
}

/// Fetches the document at `url`, and not more than a byte over `most` of it.
///
/// # Errors
/// See [`FetchError`].
pub(crate) fn fetch(
    url: &HttpUrl,
    options: &HttpOptions,
    stop: &CancelToken,
    most: u64,
) -> Result<Vec<u8>, FetchError> {
    let failed = |reason| FetchError::Failed(reason);
    let trust = Arc::new(TlsConfig::new(options).map_err(failed)?);
    let site = Mirror::new(0, url.clone());
    let mut attempt = 0;
    loop {
        let failure = match once(&site, options, &Dialer::new(&trust, stop, 1, attempt), most) {
            Ok(bytes) => return Ok(bytes),
            Err(failure) => failure,
        };
        attempt += 1;
        let (reason, wish) = match failure {
            _ if stop.is_stopped() => return Err(FetchError::Stopped),
            Failure::Final(error) => return Err(error),
            Failure::Passing(reason, wish) => (reason, wish),
        };
        let delay = wish.unwrap_or(FIRST_BACKOFF * 2u32.pow(attempt as u32 - 1));
        if attempt >= ATTEMPTS || delay > LONGEST_WAIT {
            return Err(FetchError::Failed(reason));
        }
        if stop.sleep(delay) {
            return Err(FetchError::Stopped);
        }
    }
}

fn once(
    site: &Mirror,
    options: &HttpOptions,
    dialer: &Dialer,
    most: u64,
) -> Result<Vec<u8>, Failure> {
    let line = TransportState::default();
    let agent = ureq_agent::make(options, dialer, &line)
        .map_err(|reason| Failure::Final(FetchError::Failed(reason)))?;
    let fetched = super::request::fetch(&agent, &line, options, site, RangeRequest::Whole);
    let fetched = fetched.map_err(|missed| failure(missed, site))?;
    let mut bytes = Vec::new();
    let mut body = fetched.body.take(most + 1);
    match body.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::Passing(read_error(error, site), None)),
    }
}

fn failure(missed: RequestError, site: &Mirror) -> Failure {
    match missed {
        RequestError::Unreachable(reason) | RequestError::Lost(reason) => {
            Failure::Passing(reason, None)
        }
        RequestError::Rejection(rejected, status) => match rejected {
            Rejection::Busy(wish) => Failure::Passing(status, wish),
            Rejection::Denied => Failure::Final(denied(&status, site)),
            Rejection::Beyond(_) => Failure::Passing(status, None),
            Rejection::Wrong(reason) | Rejection::TooLong(reason) => Failure::Passing(reason, None),
            Rejection::Permanent(reason) => Failure::Final(FetchError::Failed(reason)),
        },
    }
}
