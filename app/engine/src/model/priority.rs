//! Priority of a download: its place in the queue, and its share of the limit of all downloads.

use serde::{Deserialize, Serialize};

/// The priority of a download.
///
/// A queued download starts before those of lower priority that are added later. Of the rate limit that all
/// downloads share, each connection of a running download gets twice as much as one of the next lower priority.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// After all others.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Before all others.
    High,
}

impl Priority {
    /// All priorities, the highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// Returns the name, for the user interface.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Normal => "Normal",
            Self::High => "High",
        }
    }

    /// Returns its class for the shared rate limit: 0 for the lowest.
    pub(crate) fn class(self) -> usize {
        self as usize
    }
}
