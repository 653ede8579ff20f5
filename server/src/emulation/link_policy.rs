//! Selects the link of a client: its own, or the default of the server.

use lanes_shared::link::{LinkProfile, parse_profile};

use super::error::LinkError;

/// The link settings of the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinkPolicy {
    /// Link of clients without a profile of their own; `None` for no emulation.
    pub default: Option<LinkProfile>,
    /// Refuses clients with a profile of their own.
    pub fixed: bool,
}

/// The link of one client.
#[derive(Debug)]
pub(crate) struct LinkRequest {
    pub profile: LinkProfile,
    /// True for the default of the server. The link changes together with it.
    pub is_default: bool,
}

impl LinkPolicy {
    /// Returns the link for a client whose hello carries `text` (a preset's id, TOML, or nothing);
    /// `None` for no emulation.
    ///
    /// # Errors
    /// [`LinkError::FixedByServer`] or [`LinkError::InvalidProfile`].
    pub fn resolve(&self, text: &str) -> Result<Option<LinkRequest>, LinkError> {
        let is_default = text.trim().is_empty();
        let profile = if is_default {
            self.default.clone()
        } else if self.fixed {
            return Err(LinkError::FixedByServer);
        } else {
            Some(parse_profile(text)?)
        };
        let request = |profile| LinkRequest {
            profile,
            is_default,
        };
        Ok(profile.filter(|profile| !profile.is_open()).map(request))
    }
}
