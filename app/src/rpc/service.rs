//! The downloads behind the interface, with the rules of access, as connections see them.

use std::time::Duration;

use super::access::Access;
use super::backend::Backend;
use super::json_rpc::{self, Response};

/// Delay of the answer to a wrong token.
const WRONG_TOKEN_DELAY: Duration = Duration::from_secs(1);

/// Everything that connections share.
pub(crate) struct Service<'a> {
    pub backend: &'a dyn Backend,
    pub secret: Option<&'a str>,
    pub access: &'a Access,
}

impl Service<'_> {
    /// Answers the body of a request. The answer to a wrong token comes late.
    pub(crate) fn answer(&self, body: &[u8]) -> Response {
        let response = json_rpc::answer(self.backend, self.secret, body);
        if response.is_unauthorized {
            self.backend.signal().wait_stopped(WRONG_TOKEN_DELAY);
        }
        response
    }
}
