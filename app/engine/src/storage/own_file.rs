//! Files of this user: opened without following links, created without access for others.
//!
//! A name in a folder that others can write may lead anywhere: to a link, a pipe, an endless device, a
//! file of another user. So a file that Lanes expects to be its own is looked at first, opened with
//! `O_NOFOLLOW` and `O_NONBLOCK`, and looked at again.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::file_identity::FileIdentity;

/// Access of a file that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    ReadWrite,
}

/// Result of opening a file that should be one of this user.
pub(crate) enum Opened {
    /// Nothing has this name, or its folder cannot be searched: creating the file then says why.
    Missing,
    /// A link, a folder, a device, or a file that cannot be opened.
    Foreign,
    /// A regular file. Its owner, its links and its mode are not checked yet.
    Regular(File, Metadata),
}

/// Opens the regular file at `path`. Never follows a link and never waits for a pipe.
pub(crate) fn open(path: &Path, access: Access) -> Opened {
    match fs::symlink_metadata(path) {
        Err(_) => return Opened::Missing,
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Opened::Foreign,
    }
    let mut options = OpenOptions::new();
    options.read(true).write(access == Access::ReadWrite);
    no_follow(&mut options);
    match options.open(path) {
        Ok(file) => match file.metadata() {
            Ok(meta) if meta.is_file() => Opened::Regular(file, meta),
            _ => Opened::Foreign,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Opened::Missing,
        Err(_) => Opened::Foreign,
    }
}

/// Creates the file `path` for this user only. Fails with `AlreadyExists` if anything has this name, a
/// link to nowhere too.
///
/// # Errors
/// Those of creating a file.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    for_owner(&mut options);
    options.open(path)
}

/// Opens the file `path`, or creates it for this user only. A file that exists keeps its content; its
/// mode is narrowed to its owner. A link is refused.
///
/// # Errors
/// Those of opening or creating a file.
pub(crate) fn create_or_open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    for_owner(&mut options);
    no_follow(&mut options);
    let file = options.open(path)?;
    // A file system without modes refuses this.
    let _ = restrict(&file);
    Ok(file)
}

/// Replaces the file `path` as a whole with one that only this user can read. The new content is on the
/// disk before it gets the name.
///
/// # Errors
/// Those of writing a file.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = Path::new(&new);
    // A crash of an earlier run may have left it. The folder belongs to the program.
    let _ = fs::remove_file(new);
    let mut file = create_new(new)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_data()?;
    drop(file);
    fs::rename(new, path)
}

/// Creates a folder of the program that only this user can enter, with the folders above it. One that
/// exists and belongs to this user is narrowed.
///
/// # Errors
/// Those of creating a folder.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700);
        builder.create(path)?;
        let meta = fs::symlink_metadata(path)?;
        if meta.is_dir() && is_owned(&meta) && meta.permissions().mode() & 0o077 != 0 {
            // A file system without modes refuses this.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path)
}

/// Narrows the mode of a file to its owner.
///
/// # Errors
/// Those of the system.
pub(crate) fn restrict(file: &File) -> io::Result<()> {
    set_mode(file, 0o600)
}

/// Locks a file against other processes, without waiting. A file system without locks, or whose server
/// keeps none (`ENOLCK` on NFS), can be used all the same.
///
/// # Errors
/// `WouldBlock` if the file is locked.
pub(crate) fn try_lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(()),
    }
}

/// Deletes `path` if it is the file `identity` itself; leaves any other file alone.
///
/// # Errors
/// Those of deleting a file.
pub(crate) fn remove(path: &Path, identity: &FileIdentity) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if FileIdentity::of(&meta) != *identity => return Ok(()),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns whether anything has the name `path`, a link to nowhere too.
pub(crate) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

pub(crate) use os::{default_mode, is_owned, is_volatile, link_count, mode, owner, set_mode};
use os::{for_owner, no_follow};

#[cfg(unix)]
mod os {
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
}

#[cfg(not(unix))]
mod os {
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
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path)
            .expect("a working file system")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn links_pipes_and_folders_are_foreign_and_open_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "x").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, target) in [("link", "file"), ("zero", "/dev/zero"), ("loop", "loop")] {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
        }
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.unwrap().success());
        for name in ["folder", "link", "zero", "loop", "pipe"] {
            for access in [Access::Read, Access::ReadWrite] {
                assert!(matches!(open(&at(name), access), Opened::Foreign), "{name}");
            }
        }
        assert!(matches!(open(&at("no"), Access::Read), Opened::Missing));
        let file = open(&at("file"), Access::Read);
        assert!(matches!(file, Opened::Regular(..)));
    }

    #[test]
    fn private_files_and_folders_are_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        create_private_folder(&folder).unwrap();
        assert_eq!(mode_of(&folder), 0o700);
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        create_private_folder(&open).unwrap();
        assert_eq!(mode_of(&open), 0o700);

        let file = folder.join("list");
        fs::write(&file, "old").unwrap();
        replace_private(&file, b"new").unwrap();
        assert_eq!(
            (fs::read(&file).unwrap(), mode_of(&file)),
            (b"new".to_vec(), 0o600)
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        create_or_open(&file).unwrap();
        assert_eq!(
            (fs::read(&file).unwrap(), mode_of(&file)),
            (b"new".to_vec(), 0o600)
        );
        assert!(create_new(&file).is_err());
    }
}
