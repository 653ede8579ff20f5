//! The daemon with its rules of access, as connections see it.

use std::time::Duration;

use super::access::Access;
use super::daemon::Daemon;
use super::json_rpc::{self, Response};

/// Delay of the answer to a wrong token.
const WRONG_TOKEN_DELAY: Duration = Duration::from_secs(1);

/// Everything that connections share.
pub(crate) struct Service {
    pub daemon: Daemon,
    pub secret: Option<String>,
    pub access: Access,
}

impl Service {
    /// Answers the body of a request. The answer to a wrong token comes late.
    pub(crate) fn answer(&self, body: &[u8]) -> Response {
        let response = json_rpc::answer(&self.daemon, self.secret.as_deref(), body);
        if response.is_unauthorized {
            self.daemon.signal().wait_stopped(WRONG_TOKEN_DELAY);
        }
        response
    }
}
