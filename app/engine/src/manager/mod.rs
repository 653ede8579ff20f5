//! Many downloads: the public engine, its thread, the list that survives restarts, and batches.
//!
//! Start reading at [`engine`], then [`engine_thread`]. Invariants:
//!
//! 1. The engine's thread owns the downloads. It never waits for a network or a disk, and spawns and
//!    joins threads only through [`ThreadSpawner`], so that a command takes effect at once.
//! 2. A download that is about to end shows `Pausing` or `Cancelling` until its threads have ended.
//! 3. Every thread has a name and is joined by the thread that started it.
//!
//! [`ThreadSpawner`]: crate::sync::thread_spawner::ThreadSpawner

mod attempt_lifecycle;
pub(crate) mod blocking_batch;
mod catalogue_fetch;
pub(crate) mod class_result;
pub(crate) mod engine;
mod engine_thread;
mod file_move;
mod link_saturation;
mod list_changes;
mod managed_download;
pub(crate) mod metalink_loader;
mod move_error;
mod option_changes;
pub(crate) mod probe;
mod queue_order;
mod recordings;
pub(crate) mod saved_downloads;
mod scheduled_starts;
pub(crate) mod server_catalogue;
mod small_file_servers;
pub(crate) mod snapshot_store;
mod start_queue;
mod start_times;
mod verification;
