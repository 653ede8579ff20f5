//! Waiting and stopping: cancellation, notification, rate limit, thread priority and thread creation.

pub(crate) mod cancel;
pub(crate) mod nice;
pub(crate) mod notify;
pub(crate) mod rate_limiter;
pub(crate) mod thread_spawner;
