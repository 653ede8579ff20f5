//! The served files: names, open files, directory listings and digests.

pub(crate) mod bundled;
pub(crate) mod digest_cache;
pub(crate) mod dir_listing;
pub(crate) mod file_root;
pub(crate) mod open_file;

mod hash_job;
mod short_name;
