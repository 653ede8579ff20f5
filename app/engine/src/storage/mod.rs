//! Bytes on disk: the part file, its journal, its digests and its final name.
//!
//! Start with [`part_store`], which finds or creates the part file, and
//! [`download_file::OpenDownload`], the state of an open one. Five invariants hold:
//!
//! 1. A journal never claims bytes that were not flushed before it was written, and none is written after
//!    a flush has failed ([`part_file`]).
//! 2. An existing file is never replaced; a finished file takes the next free name ([`rename_noreplace`]).
//! 3. The final name is given to the open file that was verified, not to what has the name of the part file
//!    by then ([`rename_noreplace`]).
//! 4. A part file counts only with a journal that carries a code of this user's key and names the part file
//!    by device and inode ([`journal_file`], [`user_key`]). Anything else under these names is left alone.
//! 5. A part file gets its name after its journal, so that a crash leaves nothing that the next run does
//!    not find ([`part_store`]).
//!
//! [`unfinished`] reads what other programs left of a download, and changes nothing of it.
//!
//! A digest of the whole file is computed only if there is one to compare with. Few web servers report
//! one, and hashing for nothing costs a third of the time.

mod adaptive_mutex;
pub(crate) mod anonymous_file;
pub(crate) mod connection_limit_cache;
pub(crate) mod error;
pub(crate) mod file_identity;
pub(crate) mod file_move;
mod incremental_checksum;
pub(crate) mod inline_hasher;
pub(crate) mod journal;
pub(crate) mod journal_file;
pub(crate) mod open_download;
pub(crate) mod origin_mark;
pub(crate) mod own_file;
pub(crate) mod packet_bitmap;
pub(crate) mod part_file;
pub(crate) mod part_move;
pub(crate) mod part_paths;
pub(crate) mod part_store;
pub(crate) mod private_file;
pub(crate) mod range_verifier;
pub(crate) mod recording_store;
pub(crate) mod rename_noreplace;
pub(crate) mod sample_comparison;
pub(crate) mod splice;
mod staged_file;
pub(crate) mod stream_sink;
pub(crate) mod target_path;
pub(crate) mod tree_hasher;
pub(crate) mod unfinished;
pub(crate) mod user_key;
pub(crate) mod verify_file;
