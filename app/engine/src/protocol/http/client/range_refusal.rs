//! Recognizes servers that refuse every request with a range, though they serve the file without one.

use ureq::http::StatusCode;

use crate::protocol::error::{Rejection, RequestError, Unusable};

/// Returns whether a response to a range leaves open that the server serves the whole file.
pub(crate) fn is_refusal(error: &RequestError) -> bool {
    let RequestError::Rejected(rejection) = error else {
        return false;
    };
    match rejection {
        // A server of an empty file has answered.
        Rejection::RangeNotSatisfiable { len } => *len != Some(0),
        Rejection::Mismatch(_) => true,
        Rejection::Denied(status) => {
            matches!(*status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
        }
        Rejection::Permanent(Unusable::Status(status)) => matches!(
            *status,
            StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_ACCEPTABLE
        ),
        // The whole file can be decoded, a part cannot.
        Rejection::Permanent(Unusable::Encoded(_)) => true,
        Rejection::Permanent(_) | Rejection::Busy { .. } => false,
    }
}
