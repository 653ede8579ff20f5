//! Results as text: verdict, conclusion and warnings, and the formats of figures and labels.

pub mod conclusion;
pub mod format;
pub mod label;
pub mod metric;
pub(crate) mod model_limit;
pub(crate) mod verdict;
pub mod warnings;
