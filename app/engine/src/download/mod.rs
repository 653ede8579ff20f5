//! One download: attempts, retries, the coordinator of each attempt, and the checks at its end.
//!
//! Start reading at [`retry_loop`], then [`coordinator`]. Invariants:
//!
//! 1. One thread coordinates an attempt; every other thread of the attempt is scoped to it, so none
//!    is left when the coordinator returns.
//! 2. One worker runs one connection. Bytes are counted in atomics; a worker sends an event only for
//!    what is rare: the length is known, the file is complete, a connection was lost.
//! 3. A worker connects again by itself, also through an outage ([`connection_worker`]); an attempt ends
//!    only once all of its workers have given up.

pub(crate) mod attempt;
pub(crate) mod attempt_inputs;
mod connection_ramp;
mod connection_worker;
pub(crate) mod coordinator;
pub(crate) mod fetch;
mod finish;
pub(crate) mod finished;
mod journal_thread;
mod log_text;
mod piece_repair;
mod progress_reporter;
pub(crate) mod retry_loop;
mod retry_pause;
pub(crate) mod shared_limits;
pub(crate) mod standby_coordinator;
mod thread_progress;
