//! Which link a client gets: its own, or the server's.

use lanes_shared::link::{LinkProfile, named};
use lanes_shared::wire::Refusal;

use crate::protocol::close_reason::CloseReason;

/// What the server says about links.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinkPolicy {
    /// The link of clients that bring none.
    pub default: Option<LinkProfile>,
    /// Whether clients may bring none of their own.
    pub fixed: bool,
}

/// The link that a client gets.
#[derive(Debug)]
pub(crate) struct LinkRequest {
    pub profile: LinkProfile,
    /// Whether it is the server's own, and changes with it.
    pub is_servers: bool,
}

impl LinkPolicy {
    /// The link for a client that said `text` in its hello; `None` when nothing is emulated.
    pub fn resolve(&self, text: &str) -> Result<Option<LinkRequest>, CloseReason> {
        let is_servers = text.trim().is_empty();
        let profile = if is_servers {
            self.default.clone()
        } else if self.fixed {
            let message = "this server decides on the link itself (--fixed-link): ask without a \
                           link profile";
            return Err(CloseReason::refused(Refusal::BadRequest, message));
        } else {
            let read = named(text);
            Some(
                read.map_err(|error| CloseReason::refused(Refusal::BadRequest, error.to_string()))?,
            )
        };
        let request = |profile| LinkRequest {
            profile,
            is_servers,
        };
        Ok(profile.filter(|profile| !profile.is_open()).map(request))
    }
}
