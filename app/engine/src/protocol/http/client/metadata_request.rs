//! Probes a file without downloading it.
//!
//! The probe is a GET for the first byte, because servers answer HEAD with less care. If the server
//! sends the whole file instead, the connection is closed.

use std::sync::Arc;

use super::request_with_redirects::HttpResponse;
use super::{identity_request, range_refusal};
use crate::model::file_name::{is_metalink_name, safe_name};
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::model::probe_result::ProbeResult;
use crate::protocol::error::{AccessDenied, Rejection, RequestError};
use crate::protocol::http::parse::resource_info_of_response::empty_file;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::http::transport::wait_policy::WaitPolicy;
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// A file as a server describes it in a response.
pub(crate) struct Described {
    pub info: ResponseInfo,
    /// Set if the server serves ranges of it.
    pub serves_ranges: bool,
    /// URL after redirects, if there were any.
    pub final_url: Option<String>,
}

/// Returns the description of a file for the user.
///
/// # Errors
/// Those that a download would report.
pub(crate) fn probe(
    url: &HttpUrl,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<ProbeResult, FetchError> {
    let Described {
        info,
        serves_ranges,
        final_url,
    } = describe(url, options, cancel)?;
    let name = info.name.unwrap_or_else(|| url.file_name().into_owned());
    Ok(ProbeResult {
        len: info.len,
        accepts_ranges: serves_ranges,
        is_metalink: info.is_metalink || is_metalink_name(&name),
        name: safe_name(&name),
        final_url,
    })
}

/// Sends one request, and further ones if the server answers ranges incorrectly.
///
/// # Errors
/// Those that a download would report.
pub(crate) fn describe(
    url: &HttpUrl,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<Described, FetchError> {
    options.check().map_err(FetchError::failed)?;
    let mirror = Mirror::new(0, url.clone());
    let pool = ConnectionPool::default();
    let policy = WaitPolicy::new(options.time_limits, 0, &Arc::default());
    let connection = pool.prepare(&mirror, options, cancel, 1, policy)?;
    let fetch = |requested| identity_request::fetch(&connection, options, &mirror, requested);
    let mut response = fetch(RangeRequest::Part(0, 1));
    // Some servers refuse ranges of one byte, or every range.
    for requested in [RangeRequest::From(0), RangeRequest::Whole] {
        match &response {
            Err(error) if range_refusal::is_refusal(error) => response = fetch(requested),
            _ => break,
        }
    }
    let (serves_ranges, info) = match response {
        Ok(HttpResponse { content, info, .. }) => {
            let serves_ranges = content != Content::Whole || info.accepts_ranges;
            let is_coded = matches!(content, Content::Coded(_));
            (serves_ranges && !is_coded, info)
        }
        // An empty file has no first byte.
        Err(RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(0) })) => {
            (true, empty_file())
        }
        Err(RequestError::Rejected(Rejection::Denied(status))) => {
            let url = url.clone();
            return Err(AccessDenied { status, url }.into());
        }
        Err(error) => return Err(FetchError::Failed(error.to_string())),
    };
    Ok(Described {
        info,
        serves_ranges,
        final_url: mirror.final_url(),
    })
}
