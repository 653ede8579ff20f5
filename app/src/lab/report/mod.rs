//! Results as text: verdict, conclusion and warnings, and the formats of figures and labels.

pub mod bottleneck;
pub mod conclusion;
pub mod cost;
pub mod format;
pub mod http3;
pub mod label;
pub mod metric;
pub(crate) mod model_limit;
pub mod title;
pub(crate) mod verdict;
pub mod warnings;
pub mod ways;
