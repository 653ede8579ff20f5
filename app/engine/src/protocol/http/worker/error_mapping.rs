//! Maps errors of requests and of writes to the [`WorkerError`] that decides about retries.

use std::io;
use std::path::Path;

use crate::model::outcome::FetchError;
use crate::protocol::error::{
    AccessDenied, ProtocolError, Rejection, RequestError, Unusable, WorkerError,
};
use crate::scheduling::mirror::Mirror;
use crate::transfer::range_writer::RangeWriteError;
use crate::transfer::shared::Transfer;

/// Maps the error of a request to `mirror` over connection `index`.
pub(super) fn request_error(
    error: RequestError,
    mirror: &Mirror,
    transfer: &Transfer,
    index: usize,
) -> WorkerError {
    match error {
        RequestError::Proxy { ref reason, .. } if !reason.is_permanent() => {
            WorkerError::Unreachable(error.into())
        }
        RequestError::Unreachable { .. } => WorkerError::Unreachable(error.into()),
        RequestError::Rejected(Rejection::Busy { retry_after, .. }) => WorkerError::Busy {
            reason: error.into(),
            retry_after,
        },
        RequestError::Rejected(Rejection::Denied(status)) => {
            let url = mirror.url.clone();
            WorkerError::Denied(AccessDenied { status, url }.into())
        }
        // It served the file before, so it may refuse further connections by any status, or by a page.
        RequestError::Rejected(Rejection::Permanent(Unusable::Status(status)))
            if transfer.context.active().is_some() =>
        {
            let url = mirror.url.clone();
            WorkerError::Denied(AccessDenied { status, url }.into())
        }
        RequestError::Rejected(Rejection::Permanent(Unusable::WebPage))
            if transfer.context.active().is_some() =>
        {
            WorkerError::Denied(FetchError::Failed(error.to_string()))
        }
        RequestError::Tls { .. }
        | RequestError::Proxy { .. }
        | RequestError::Rejected(Rejection::Permanent(_)) => {
            // Other connections still work, so the download goes on with them.
            let others_receive =
                transfer.counters.others_receive(index) || mirror.requests.served_beside(index) > 0;
            if !transfer.context.mirrors.has_mirrors() && others_receive {
                WorkerError::Refused(error.into())
            } else {
                WorkerError::Source(FetchError::Failed(error.to_string()))
            }
        }
        RequestError::Lost(_) | RequestError::Rejected(_) => WorkerError::Lost(error.into()),
    }
}

/// Maps the error of a write to the file.
pub(super) fn write_error(error: RangeWriteError) -> WorkerError {
    match error {
        RangeWriteError::Unrequested => WorkerError::Lost(ProtocolError::UnrequestedData),
        RangeWriteError::Write(error) => WorkerError::Fatal(error.into()),
    }
}

/// Maps an error of reading the part file back.
pub(super) fn read_error(error: &io::Error, part: &Path) -> WorkerError {
    let part = part.display();
    let reason = format!("cannot read back the part file: {error}: {part}");
    WorkerError::Fatal(FetchError::Failed(reason))
}
