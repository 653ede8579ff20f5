//! One download: attempts, retries, the coordinator of each attempt, and the checks at its end.
//!
//! Start reading at [`restart_loop`], then [`coordinator`]. Invariants:
//!
//! 1. One thread coordinates an attempt; every other thread of the attempt is scoped to it, so none
//!    is left when the coordinator returns.
//! 2. One worker runs one connection. Bytes are counted in atomics; a worker sends an event only for
//!    what is rare: the length is known, the file is complete, a connection was lost.
//! 3. A worker connects again by itself, also through an outage ([`connection_retry_loop`]); an attempt ends
//!    only once all of its workers have given up.

pub(crate) mod attempt_inputs;
pub(crate) mod attempt_result;
pub(crate) mod blocking_download;
mod bottleneck_finder;
mod checksum_search;
mod chosen_connections;
mod connection_retry_loop;
pub(crate) mod coordinator;
pub(crate) mod coordinator_takeover;
mod damaged_pieces;
mod finalize_file;
mod further_connections;
mod journal_thread;
mod log_text;
mod longest_cause;
pub(crate) mod prepared_attempt;
mod progress_reporter;
mod reconnect_backoff;
pub(crate) mod restart_loop;
pub(crate) mod running_options;
pub(crate) mod shared_resources;
mod thread_states;
mod unfinished_takeover;
mod way_watch;
