//! Synchronisation primitives and threads of the engine.
//!
//! Start with [`cancel::CancelToken`], which ends one download, and [`notify::Notify`], the
//! condition variable that every wait in the engine uses. [`lock()`] is the only way the engine takes
//! a mutex. Nothing here knows of downloads, files or protocols.
//!
//! The waits in here rest on sockets and on timeouts, which a model checker such as shuttle does not
//! have, so they are tested under load with real threads.

pub(crate) mod cancel;
mod lock;
pub(crate) mod nice;
pub(crate) mod notify;
pub(crate) mod rate_limiter;
pub(crate) mod rate_share;
pub(crate) mod thread_spawner;

pub(crate) use lock::{lock, wait, wait_timeout};
