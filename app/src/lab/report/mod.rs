//! Results as text: verdict, conclusion, warnings, and numbers with their units.

pub mod conclusion;
pub mod format;
pub mod label;
pub mod metric;
pub mod model_limit;
pub(crate) mod verdict;
pub mod warnings;
