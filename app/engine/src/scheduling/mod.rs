//! Decides which connection fetches which bytes, and over how many connections.

pub(crate) mod concurrency_tuner;
pub(crate) mod connection_budget;
pub(crate) mod host_limiter;
pub(crate) mod known_address;
pub(crate) mod mirror;
pub(crate) mod mirror_set;
pub(crate) mod packet_train;
pub(crate) mod piece_origin;
pub(crate) mod range_scheduler;
pub(crate) mod slow_start;
pub(crate) mod work_stealing;
