//! Counters, statistics and the event log of a running server.

pub(crate) mod byte_counter;
pub(crate) mod event_log;
pub(crate) mod stats;
