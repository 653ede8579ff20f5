//! One download: attempts, retries, the coordinator of each attempt, and the checks at its end.

pub(crate) mod attempt;
pub(crate) mod connection_ramp;
pub(crate) mod connection_worker;
pub(crate) mod coordinator;
pub(crate) mod download_context;
pub(crate) mod finish;
pub(crate) mod finished;
pub(crate) mod piece_repair;
pub(crate) mod progress_reporter;
pub(crate) mod retry_loop;
pub(crate) mod shared_limits;
pub(crate) mod standby_coordinator;
