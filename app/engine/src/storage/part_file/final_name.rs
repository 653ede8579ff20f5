//! Gives a complete part file its final name.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use super::{Name, PartFile};
use crate::storage::anonymous_file;
use crate::storage::file_identity::FileIdentity;
use crate::storage::naming::Named;
use crate::storage::own_file;
use crate::storage::staged_file::StagedFile;
use crate::storage::target_path::{claim_free_name, folder_of};
use crate::sync::lock;

impl PartFile {
    /// Gives the complete file the name `wanted`, or the first free alternative. Returns the name, and the
    /// error if it could not be opened to others again. `before_placeholder` is called on file systems on
    /// which an empty file has to hold the name.
    ///
    /// # Errors
    /// Those of a rename.
    pub fn move_to_final_name(
        &self,
        wanted: &Path,
        before_placeholder: &dyn Fn(&Path) -> io::Result<()>,
    ) -> io::Result<(PathBuf, Option<io::Error>)> {
        let mut name = lock(&self.name);
        if self.record.get().is_none() && matches!(*name, Name::Staged(_)) {
            // It has no journal from which the next run could know the mode.
            // A file system without modes refuses this.
            let _ = own_file::set_mode(&self.file, own_file::default_mode());
        }
        let path = match &*name {
            Name::Final(path) => path.clone(),
            Name::None => claim_free_name(wanted, |path| anonymous_file::link(&self.file, path))
                // The system cannot link it (no /proc, or a sandbox).
                .or_else(|_| self.copy_to(wanted, false))?,
            Name::Staged(from) | Name::Part(from) => {
                let named = Named {
                    file: &self.file,
                    identity: FileIdentity::of(&self.file.metadata()?),
                    from,
                    is_staged: matches!(*name, Name::Staged(_)),
                    before_placeholder,
                };
                match claim_free_name(wanted, |path| named.claim(path)) {
                    // Its name was deleted, or another file has it: only a copy is surely the checked file.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        self.copy_to(wanted, true)?
                    }
                    claimed => claimed?,
                }
            }
        };
        // One without a record was never closed to others.
        let record = self.record.get();
        let opened = record.map_or(Ok(()), |record| {
            own_file::set_mode(&self.file, record.final_mode)
        });
        let left = std::mem::replace(&mut *name, Name::Final(path.clone()));
        if let (Name::Staged(staged), Ok(meta)) = (left, self.file.metadata()) {
            // The next run deletes what cannot be deleted now.
            let _ = own_file::remove(&staged, &FileIdentity::of(&meta));
        }
        Ok((path, opened.err()))
    }

    /// Copies it to a new file, which gets the name `wanted` or an alternative. With `links`, a file
    /// without a name can be linked.
    fn copy_to(&self, wanted: &Path, links: bool) -> io::Result<PathBuf> {
        if links && let Ok(copy) = anonymous_file::create(folder_of(wanted), 0o666) {
            self.fill(&copy)?;
            return claim_free_name(wanted, |path| anonymous_file::link(&copy, path));
        }
        let staged = StagedFile::create(wanted, ".part")?;
        let named = self.fill(&staged.file).and_then(|()| {
            let _ = own_file::set_mode(&staged.file, own_file::default_mode());
            let named = Named {
                file: &staged.file,
                identity: staged.identity,
                from: &staged.path,
                is_staged: true,
                before_placeholder: &|_| Ok(()),
            };
            claim_free_name(wanted, |path| named.claim(path))
        });
        staged.discard();
        named
    }

    /// Copies all bytes and the time of the last change to `copy`, and flushes it.
    fn fill(&self, mut copy: &File) -> io::Result<()> {
        let mut from = &self.file;
        from.rewind()?;
        io::copy(&mut from, &mut copy)?;
        copy.set_modified(from.metadata()?.modified()?)?;
        copy.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::storage::part_paths::Paths;

    #[test]
    fn a_part_file_whose_name_was_taken_away_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::new(dir.path().join("x"));
        for taken in [false, true] {
            let part = PartFile::create(&paths.part, Some(3)).unwrap();
            part.write_at(0, b"abc").unwrap();
            part.prepare().unwrap();
            part.name_part(&paths.part).unwrap();
            fs::remove_file(&paths.part).unwrap();
            if taken {
                fs::write(&paths.part, "other").unwrap();
            }
            let (path, _) = part.move_to_final_name(&paths.target, &|_| Ok(())).unwrap();
            part.remove_part(&paths.part).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"abc");
            assert_eq!(paths.part.exists(), taken);
            assert_eq!(
                fs::read_dir(dir.path()).unwrap().count(),
                1 + usize::from(taken)
            );
            fs::remove_file(path).unwrap();
        }
    }
}
