//! Many downloads: the public engine, its thread, the list that survives restarts, and batches.

pub(crate) mod attempts;
pub(crate) mod background_jobs;
pub(crate) mod batch;
pub(crate) mod downloads;
pub(crate) mod engine;
pub(crate) mod history;
pub(crate) mod managed_download;
pub(crate) mod metalink_fetch;
pub(crate) mod probe;
pub(crate) mod snapshot_store;
