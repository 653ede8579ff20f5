//! The id of a download that outlives the program.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::random_id;

/// An id that a download keeps over restarts, never 0. [`crate::DownloadId`] is new with each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LastingId(pub NonZeroU64);

impl LastingId {
    /// Returns a random id.
    pub fn random() -> Self {
        let [a, b, c, d, e, f, g, h, ..] = random_id::random();
        let number = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }
}
