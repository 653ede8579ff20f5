//! Modes, owners and links of files on Unix.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::sync::OnceLock;

use rustix::fs::OFlags;

pub fn no_follow(options: &mut OpenOptions) {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.custom_flags(flags.bits() as i32);
}

pub fn for_owner(options: &mut OpenOptions) {
    options.mode(0o600);
}

pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// Returns the permissions of a new file: those that the umask of the process leaves.
pub fn default_mode() -> u32 {
    static MODE: OnceLock<u32> = OnceLock::new();
    *MODE.get_or_init(|| 0o666 & !umask())
}

/// Returns the umask. Linux reports it; elsewhere it can only be read by setting it, and a file that
/// another thread creates meanwhile is closed to others.
fn umask() -> u32 {
    use rustix::fs::Mode;
    use rustix::process::umask;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let reported = line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok());
    reported.unwrap_or_else(|| {
        let mask = umask(Mode::from_raw_mode(0o077));
        umask(mask);
        #[allow(
            clippy::useless_conversion,
            reason = "the type differs between systems"
        )]
        mask.as_raw_mode().into()
    })
}

/// Returns the permission bits.
pub fn mode(meta: &Metadata) -> u32 {
    meta.mode() & 0o777
}

/// Returns the user id of the owner.
pub fn owner(meta: &Metadata) -> u32 {
    meta.uid()
}

pub fn is_owned(meta: &Metadata) -> bool {
    meta.uid() == rustix::process::geteuid().as_raw()
}

pub fn link_count(meta: &Metadata) -> u64 {
    meta.nlink()
}

/// Returns whether the file system gives a file other numbers after the next mount, or when it is
/// short of memory.
#[cfg(target_os = "linux")]
pub fn is_volatile(file: &File) -> bool {
    /// FAT, exFAT, FUSE, 9P, CIFS, SMB 2 and `VirtualBox` folders, as `statfs(2)` numbers them.
    const KINDS: [u64; 7] = [
        0x4d44,
        0x2011_bab0,
        0x6573_5546,
        0x0102_1997,
        0xff53_4d42,
        0xfe53_4d42,
        0x786f_4256,
    ];
    // The field is signed on some machines.
    let kind = rustix::fs::fstatfs(file).map(|info| u64::from(info.f_type as u32));
    kind.is_ok_and(|kind| KINDS.contains(&kind))
}

/// Returns `false`: the file systems of this system store their numbers.
#[cfg(not(target_os = "linux"))]
pub fn is_volatile(_: &File) -> bool {
    false
}
