//! Functions for modes and owners on systems without them: they do nothing, except `no_follow` on Windows.

use std::fs::{File, Metadata, OpenOptions};
use std::io;

/// Opens a reparse point itself, which is no regular file then.
#[cfg(windows)]
pub fn no_follow(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
}

#[cfg(not(windows))]
pub fn no_follow(_: &mut OpenOptions) {}

/// Does nothing: a file inherits the access rights of its folder, and the profile of a user is
/// closed to others.
pub fn for_owner(_: &mut OpenOptions) {}

pub fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

pub fn default_mode() -> u32 {
    0
}

pub fn mode(_: &Metadata) -> u32 {
    0
}

pub fn owner(_: &Metadata) -> u32 {
    0
}

pub fn is_owned(_: &Metadata) -> bool {
    true
}

pub fn link_count(_: &Metadata) -> u64 {
    1
}

pub fn is_volatile(_: &File) -> bool {
    false
}
