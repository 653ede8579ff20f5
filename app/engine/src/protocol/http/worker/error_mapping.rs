//! What a request that brought nothing means for the download, in words.

use super::range_worker::Session;
use crate::FetchError;
use crate::model::source_url::SessionError;
use crate::protocol::http::Site;
use crate::protocol::http::client::request::Missed;
use crate::protocol::http::parse::response_check::Rejected;

impl Session<'_> {
    pub(crate) fn in_words(&self, missed: Missed) -> SessionError {
        match missed {
            Missed::Unreachable(reason) => SessionError::Unreachable(reason),
            Missed::Lost(reason) => SessionError::Lost(reason),
            Missed::Rejected(rejected, status) => match rejected {
                Rejected::Busy(retry_after) => SessionError::Busy {
                    reason: status,
                    retry_after,
                },
                Rejected::Denied => SessionError::Denied(denied(&status, self.site)),
                Rejected::Beyond(_) => SessionError::Lost(status),
                Rejected::Wrong(reason) | Rejected::TooLong(reason) => SessionError::Lost(reason),
                // What comes over the other connections is not to be lost for it.
                Rejected::Hopeless(reason)
                    if !self.transfer.sites.has_mirrors()
                        && self.transfer.others_receive(self.index) =>
                {
                    SessionError::Refused(reason)
                }
                Rejected::Hopeless(reason) => SessionError::Source(FetchError::Failed(reason)),
            },
        }
    }
}

/// The server gives no file: its words, and what to do.
pub(crate) fn denied(status: &str, site: &Site) -> FetchError {
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
