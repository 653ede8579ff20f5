//! The stored settings of the interface.

use serde::{Deserialize, Serialize};

use crate::rpc::listen::DEFAULT_ADDRESS;

/// Settings of the interface for other programs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InterfaceSettings {
    /// Programs on this computer may use the interface.
    pub enabled: bool,
    /// Token that they must send; empty for none.
    pub token: String,
    /// Port on the loopback interface.
    pub port: u16,
}

impl std::fmt::Debug for InterfaceSettings {
    /// Leaves out the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (enabled, port) = (self.enabled, self.port);
        write!(f, "InterfaceSettings({enabled}, {port})")
    }
}

impl Default for InterfaceSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            token: String::new(),
            port: DEFAULT_ADDRESS.port(),
        }
    }
}
