//! Files of the program itself, which other users must not read: they hold links, and a proxy's password.
//!
//! On Unix they have mode 0600, in folders of mode 0700, whatever the umask is. Elsewhere the folder of the
//! user's profile keeps others out.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::own_file;
use crate::model::random_id;

/// Creates a file, or truncates an existing one, for this user only.
///
/// # Errors
/// That of the system.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    own_file::for_owner(&mut options);
    let file = options.open(path)?;
    restrict(path, &file.metadata()?)?;
    Ok(file)
}

/// Takes the permissions of others from a file or folder of an earlier version, if it exists.
///
/// # Errors
/// That of the system.
pub fn make_private(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(meta) => restrict(path, &meta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Replaces the file `path` as a whole with one that only this user can read. The new content is on the
/// disk before it gets the name. Of several threads and processes that do so at once, the last one wins.
///
/// # Errors
/// Those of writing a file. The old file is then still there.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Each writer has a name of its own: with a shared one, one of them would rename the half-written file of
    // another.
    let mut new = path.as_os_str().to_owned();
    new.push(format!(
        ".{:032x}.new",
        u128::from_le_bytes(random_id::random())
    ));
    let new = Path::new(&new);
    let written = write_new(new, bytes).and_then(|()| lanes_os::file::rename(new, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(new);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = own_file::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_data()
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
        if meta.is_dir() && own_file::is_owned(&meta) && meta.permissions().mode() & 0o077 != 0 {
            // A file system without modes refuses this.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path)
}

#[cfg(unix)]
fn restrict(path: &Path, meta: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = meta.permissions().mode();
    // Devices, such as /dev/null, are shared.
    if mode & 0o077 == 0 || !(meta.is_file() || meta.is_dir()) {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7700))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).map_or(0, |meta| meta.permissions().mode() & 0o777)
    }

    #[test]
    fn files_and_folders_are_for_this_user_only() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("a/b");
        create_private_folder(&folder).unwrap();
        assert_eq!(
            (mode(&folder), mode(&temp.path().join("a"))),
            (0o700, 0o700)
        );
        let file = folder.join("new");
        create_private_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        for (path, before, after) in [(&file, 0o664, 0o600), (&folder, 0o755, 0o700)] {
            fs::set_permissions(path, fs::Permissions::from_mode(before)).unwrap();
            make_private(path).unwrap();
            assert_eq!(mode(path), after);
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        fs::write(&file, "old").unwrap();
        create_private_file(&file).unwrap();
        assert_eq!((mode(&file), fs::read(&file).unwrap()), (0o600, Vec::new()));
        make_private(&folder.join("missing")).unwrap();
    }

    #[test]
    fn a_replaced_file_and_an_open_folder_of_this_user_are_closed_to_others() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("open");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        create_private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("list");
        fs::write(&file, "old").unwrap();
        replace_private(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn writers_that_replace_a_file_at_once_leave_one_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.json");
        std::thread::scope(|scope| {
            for number in 0..8u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        replace_private(path, &[number; 10_000]).unwrap();
                    }
                });
            }
        });
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes, [bytes[0]; 10_000]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_nothing_behind() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("list");
        fs::create_dir(&folder).unwrap();
        replace_private(&folder, b"new").unwrap_err();
        assert!(folder.is_dir());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }
}
