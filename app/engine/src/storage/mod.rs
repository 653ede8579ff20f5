//! Bytes on disk: the part file, its journal, its digests and its final name.
//!
//! Start with [`part_store`], which finds or creates the part file, and
//! [`download_file::OpenDownload`], the state of an open one. Three invariants hold:
//!
//! 1. A journal never claims bytes that were not flushed before it was written.
//! 2. An existing file is never replaced; a finished file takes the next free name.
//! 3. A part file whose journal is missing, or belongs to another source, is left alone. The download
//!    takes the next free name.
//!
//! A digest of the whole file is computed only if there is one to compare with. Few web servers report
//! one, and hashing for nothing costs a third of the time.

pub(crate) mod anonymous_file;
pub(crate) mod download_file;
pub(crate) mod error;
pub(crate) mod file_checksum;
pub(crate) mod inline_hasher;
pub(crate) mod journal;
pub(crate) mod origin_mark;
pub(crate) mod packet_bitmap;
pub(crate) mod part_file;
pub(crate) mod part_store;
pub(crate) mod private_file;
pub(crate) mod splice;
pub(crate) mod target_path;
pub(crate) mod tree_hasher;
pub(crate) mod verify_file;
