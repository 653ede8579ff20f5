//! What a request that brought nothing means for the download, in words.

use super::range_worker::RangeWorker;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::client::request::RequestError;
use crate::protocol::http::parse::response_check::Rejection;
use crate::scheduling::mirror::Mirror;

impl RangeWorker<'_> {
    pub(crate) fn in_words(&self, missed: RequestError) -> WorkerError {
        match missed {
            RequestError::Unreachable(reason) => WorkerError::Unreachable(reason),
            RequestError::Lost(reason) => WorkerError::Lost(reason),
            RequestError::Rejection(rejected, status) => match rejected {
                Rejection::Busy(retry_after) => WorkerError::Busy {
                    reason: status,
                    retry_after,
                },
                Rejection::Denied => WorkerError::Denied(denied(&status, self.site)),
                Rejection::Beyond(_) => WorkerError::Lost(status),
                Rejection::Wrong(reason) | Rejection::TooLong(reason) => WorkerError::Lost(reason),
                // What comes over the other connections is not to be lost for it.
                Rejection::Permanent(reason)
                    if !self.transfer.sites.has_mirrors()
                        && self.transfer.others_receive(self.index) =>
                {
                    WorkerError::Refused(reason)
                }
                Rejection::Permanent(reason) => WorkerError::Source(FetchError::Failed(reason)),
            },
        }
    }
}

/// The server gives no file: its words, and what to do.
pub(crate) fn denied(status: &str, site: &Mirror) -> FetchError {
    let (host, url) = (site.url.host(), &site.url);
    let is = |code: &str| status.contains(code);
    if is("401") {
        FetchError::Failed(format!(
            "{host} wants to know who you are: {status}; give a user name and a password, or a token"
        ))
    } else if is("407") {
        FetchError::Failed(format!("the proxy wants to know who you are: {status}"))
    } else if is("404") || is("410") {
        FetchError::NoSuchFile(format!("{host} has no such file: {status}: {url}"))
    } else {
        FetchError::Failed(format!("{host} does not give this file: {status}: {url}"))
    }
}
