//! Names the cause that limits the rate of a running download.
//!
//! [`sampler`] condenses the counters of the last seconds into [`facts`], plain values; [`cause`]
//! decides on them alone. So recorded facts are tests.

pub(crate) mod arrivals;
pub(crate) mod cause;
pub(crate) mod facts;
mod pattern;
pub(crate) mod sampler;
#[cfg(test)]
mod tests;
