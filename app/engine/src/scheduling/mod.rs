//! Decides which connection fetches which bytes, from which server, and over how many connections.
//!
//! Start with [`range_scheduler`], which assigns byte ranges, and [`steal_estimate`], which computes
//! when moving a range pays. [`concurrency_tuner`] and [`packet_train`] choose the connection
//! count; [`host_limiter`], [`connection_budget`] and [`mirror_set`] decide which connections may
//! be made, [`way_set`] over which network interface, and [`outage_clock`] for how long failures go on.
//!
//! A [`mirror`] keeps what the responses of one server have shown: whether it serves ranges
//! ([`range_trial`]), which versions of the file it reports ([`validator_history`]), and how many connections
//! it accepts ([`host_tolerance`]). [`cold_cache_detector`] finds a cache that fetches whole files.
//!
//! Nothing here opens a socket or starts a thread. Every byte has one owner: a range is free, in
//! the segment of one connection, or claimed by it, and only unclaimed bytes are stolen.

pub(crate) mod cold_cache_detector;
pub(crate) mod concurrency_tuner;
pub(crate) mod connection_budget;
pub(crate) mod file_hints;
pub(crate) mod host_limiter;
pub(crate) mod host_tolerance;
pub(crate) mod known_address;
pub(crate) mod mirror;
pub(crate) mod mirror_set;
pub(crate) mod open_requests;
pub(crate) mod outage_clock;
pub(crate) mod packet_train;
pub(crate) mod piece_origin;
pub(crate) mod range_scheduler;
pub(crate) mod range_trial;
mod rate_ranking;
mod slow_start_duration;
pub(crate) mod steal_estimate;
pub(crate) mod validator_history;
pub(crate) mod way_set;
