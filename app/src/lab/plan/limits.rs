//! The limits of plans.

/// Largest number of rounds of an experiment.
pub(crate) const MAX_ROUNDS: u32 = 1000;

/// Largest number of experiments that run side by side.
pub const MAX_SIDE_BY_SIDE: usize = 8;
