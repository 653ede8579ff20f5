//! Random ids that are no secrets, such as the one by which a Lanes server recognizes the connections of one
//! download.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

/// Returns a random id.
pub(crate) fn random() -> [u8; 16] {
    // Each RandomState is keyed from the system's random numbers. The id is no secret.
    let half = || RandomState::new().hash_one(Instant::now()).to_le_bytes();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&half());
    id[8..].copy_from_slice(&half());
    id
}
