//! Bytes on disk: the part file, its journal, its checksums and its final name.

pub(crate) mod anonymous_file;
pub(crate) mod download_file;
pub(crate) mod file_checksum;
pub(crate) mod inline_hasher;
pub(crate) mod journal;
pub(crate) mod packet_bitmap;
pub(crate) mod part_file;
pub(crate) mod part_store;
pub(crate) mod splice;
pub(crate) mod target_path;
pub(crate) mod tree_hasher;
pub(crate) mod verify_file;
