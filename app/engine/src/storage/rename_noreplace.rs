//! Gives a file its name, and never replaces another.
//!
//! The checked file gets the final name, not what happens to have the name of the part file by then: the
//! name is linked to the open descriptor (Linux), or given by a rename that refuses to replace
//! (`renameat2`, `renamex_np`) and checked by device and inode. File systems without either get a hard
//! link, or, as on FAT under Windows, an empty file that holds the name and is then replaced.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::anonymous_file;
use super::file_identity::FileIdentity;
use super::own_file;

/// Renames a file of the program, `from`, to another name of the program's own, `to`. Fails with
/// `AlreadyExists` if `to` is taken.
///
/// # Errors
/// Those of a rename.
pub(crate) fn rename_own(from: &Path, to: &Path) -> io::Result<()> {
    match os::rename_noreplace(from, to) {
        Err(error) if is_unsupported(&error) => {}
        result => return result,
    }
    // A hard link fails if the name is taken; a plain rename would replace the file.
    match fs::hard_link(from, to) {
        Ok(()) => lanes_os::file::remove(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if own_file::is_taken(to) => Err(io::ErrorKind::AlreadyExists.into()),
        // The file system has neither. No other program uses the names of part files and journals, so
        // none takes this one between the look and the rename.
        Err(_) => lanes_os::file::rename(from, to),
    }
}

/// An open file that is to get its final name.
pub(crate) struct NoReplaceRename<'a> {
    pub file: &'a File,
    pub identity: FileIdentity,
    /// Its present name.
    pub from: &'a Path,
    /// Set if its present name is a staged one, which it must not keep.
    pub is_staged: bool,
    /// Called before an empty file takes the name, on file systems that need one. An error is returned
    /// instead.
    pub before_placeholder: &'a dyn Fn(&Path) -> io::Result<()>,
}

impl NoReplaceRename<'_> {
    /// Gives the file the name `to`; it may keep its present one too.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken; `NotFound` if the file has lost its present name, so that
    /// only a copy can get the new one; and those of a rename.
    pub fn claim(&self, to: &Path) -> io::Result<()> {
        if self.is_staged {
            // In one step, so that a crash leaves no second name.
            match self.claim_by_rename(to) {
                Err(error) if is_unsupported(&error) => {}
                result => return result,
            }
        }
        match anonymous_file::link(self.file, to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
        match self.claim_by_rename(to) {
            Err(error) if is_unsupported(&error) => self.claim_by_path(to),
            result => result,
        }
    }

    fn claim_by_rename(&self, to: &Path) -> io::Result<()> {
        self.check(self.from)?;
        os::rename_noreplace(self.from, to)?;
        self.check(to).inspect_err(|_| self.give_back(to))
    }

    /// Links the present name, or takes the new one with an empty file.
    fn claim_by_path(&self, to: &Path) -> io::Result<()> {
        match fs::hard_link(self.from, to) {
            Ok(()) => self.check(to).inspect_err(|_| {
                // It was linked a moment ago, and has its other name still.
                let _ = fs::remove_file(to);
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => self.claim_with_placeholder(to),
        }
    }

    /// Takes the name with an empty file, and replaces that.
    fn claim_with_placeholder(&self, to: &Path) -> io::Result<()> {
        if own_file::is_taken(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        (self.before_placeholder)(to)?;
        let file = own_file::create_new(to)?;
        let meta = file.metadata().inspect_err(|_| {
            // It was created a moment ago.
            let _ = fs::remove_file(to);
        })?;
        let placeholder = FileIdentity::of(&file, &meta);
        // Windows replaces no open file.
        drop(file);
        let renamed = match self.check(self.from) {
            Ok(()) if placeholder.is_at(to) => lanes_os::file::rename(self.from, to),
            Ok(()) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => Err(error),
        };
        renamed.inspect_err(|_| {
            let _ = own_file::remove(to, &placeholder);
        })
    }

    /// Fails with `NotFound` if `path` is not the open file.
    fn check(&self, path: &Path) -> io::Result<()> {
        match self.identity.is_at(path) {
            true => Ok(()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Returns a file that was exchanged for the checked one to its place.
    fn give_back(&self, to: &Path) {
        let _ = os::rename_noreplace(to, self.from);
    }
}

/// Returns whether the system or the file system cannot rename without replacing.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    )
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod os {
    use std::io;
    use std::path::Path;

    use rustix::fs::{CWD, RenameFlags, renameat_with};

    pub fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
        Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
mod os {
    use std::io;
    use std::path::Path;

    pub fn rename_noreplace(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'a>(file: &'a File, from: &'a Path) -> NoReplaceRename<'a> {
        NoReplaceRename {
            file,
            identity: FileIdentity::of(file, &file.metadata().unwrap()),
            from,
            is_staged: false,
            before_placeholder: &|_| Ok(()),
        }
    }

    #[test]
    fn an_existing_file_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("x.part"), dir.path().join("x"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        let file = File::open(&from).unwrap();
        let named = named(&file, &from);
        let claims: [&dyn Fn() -> io::Result<()>; 3] = [
            &|| named.claim(&to),
            &|| named.claim_with_placeholder(&to),
            &|| rename_own(&from, &to),
        ];
        for claim in claims {
            let error = claim().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&to).unwrap(), "old");
        }
        fs::remove_file(&to).unwrap();
        named.claim(&to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
    }

    #[test]
    fn a_file_that_took_the_place_of_the_checked_one_gets_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("x.part"), dir.path().join("x"));
        fs::write(&from, "checked").unwrap();
        let file = File::open(&from).unwrap();
        let named = named(&file, &from);
        fs::write(dir.path().join("y"), "other").unwrap();
        fs::rename(dir.path().join("y"), &from).unwrap();
        for claim in [
            NoReplaceRename::claim,
            NoReplaceRename::claim_by_rename,
            NoReplaceRename::claim_with_placeholder,
        ] {
            let error = claim(&named, &to).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert!(!to.exists());
            assert_eq!(fs::read_to_string(&from).unwrap(), "other");
        }
    }

    #[test]
    fn a_placeholder_is_announced_and_replaced_by_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("x.part"), dir.path().join("x"));
        fs::write(&from, "checked").unwrap();
        let file = File::open(&from).unwrap();
        let announced = std::cell::RefCell::new(Vec::new());
        let announce = |path: &Path| {
            announced.borrow_mut().push(path.to_owned());
            Ok(())
        };
        let named = NoReplaceRename {
            before_placeholder: &announce,
            ..named(&file, &from)
        };
        named.claim_with_placeholder(&to).unwrap();
        assert_eq!(*announced.borrow(), std::slice::from_ref(&to));
        assert_eq!(fs::read_to_string(&to).unwrap(), "checked");
        assert!(!from.exists());
    }
}
