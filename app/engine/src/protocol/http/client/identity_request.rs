//! Sends a request; if the response has a content coding, sends it again and accepts only identity.

use super::request_with_redirects;
use super::request_with_redirects::HttpResponse;
use crate::model::http_options::HttpOptions;
use crate::protocol::error::{Rejection, RequestError, Unusable};
use crate::protocol::http::parse::response_check::RangeRequest;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::scheduling::mirror::Mirror;

/// As [`request_with_redirects::fetch`]. Once identity is demanded, a response with the whole file counts
/// although it is encoded.
///
/// # Errors
/// See [`RequestError`].
pub(crate) fn fetch(
    connection: &PooledConnection,
    options: &HttpOptions,
    mirror: &Mirror,
    requested: RangeRequest,
) -> Result<HttpResponse, RequestError> {
    let fetch = || request_with_redirects::fetch(connection, options, mirror, requested);
    let response = fetch();
    match response {
        Err(error) if is_encoded(&error) && mirror.demand_identity() => fetch(),
        response => response,
    }
}

/// Returns whether a response was rejected because it is encoded.
pub(crate) fn is_encoded(error: &RequestError) -> bool {
    let RequestError::Rejected(rejection) = error else {
        return false;
    };
    matches!(rejection, Rejection::Permanent(Unusable::Encoded(_)))
}
