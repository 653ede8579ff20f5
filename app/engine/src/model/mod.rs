//! Plain values that every other room uses: what to download, from where, and what is known about it. No threads, no I/O.

pub(crate) mod checksum;
pub(crate) mod command;
pub(crate) mod connection_state;
pub(crate) mod file_name;
pub(crate) mod http_options;
pub(crate) mod http_url;
pub(crate) mod log;
pub(crate) mod outcome;
pub(crate) mod piece_hashes;
pub(crate) mod probe;
pub(crate) mod resource_info;
pub(crate) mod snapshot;
pub mod source_url;
pub(crate) mod spec;
pub(crate) mod timeline;
pub(crate) mod worker_error;
