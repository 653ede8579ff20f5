//! Gives a complete part file its final name.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use super::{Name, PartFile};
use crate::storage::anonymous_file;
use crate::storage::file_identity::FileIdentity;
use crate::storage::origin_mark;
use crate::storage::own_file;
use crate::storage::rename_noreplace::NoReplaceRename;
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
        // It has no holes any more. A file system without sparse files refuses this.
        let _ = lanes_os::file::set_sparse(&self.file, false);
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
                let named = NoReplaceRename {
                    file: &self.file,
                    identity: FileIdentity::of(&self.file, &self.file.metadata()?),
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
        self.remove_staged(&left);
        Ok((path, opened.err()))
    }

    /// Copies it to a new file, which gets the name `wanted` or an alternative. With `links`, a file
    /// without a name can be linked.
    fn copy_to(&self, wanted: &Path, links: bool) -> io::Result<PathBuf> {
        if links && let Ok(copy) = anonymous_file::create(folder_of(wanted), 0o666) {
            self.fill(&copy, None)?;
            return claim_free_name(wanted, |path| anonymous_file::link(&copy, path));
        }
        let staged = StagedFile::create(wanted, ".part")?;
        let filled = self.fill(&staged.file, Some(&staged.path));
        let named = filled.and_then(|()| {
            let _ = own_file::set_mode(&staged.file, own_file::default_mode());
            let named = NoReplaceRename {
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

    /// Copies all bytes, the time of the last change and the mark of a download to `copy`, which has the
    /// name `path`, and flushes it.
    fn fill(&self, mut copy: &File, path: Option<&Path>) -> io::Result<()> {
        let mut from = &self.file;
        from.rewind()?;
        io::copy(&mut from, &mut copy)?;
        if let Some(origin) = self.origin.get() {
            origin_mark::set(copy, path, origin);
        }
        copy.set_modified(from.metadata()?.modified()?)?;
        copy.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::storage::part_paths::Paths;

    /// Returns the mark of a download; `None` if the file system has no such attributes.
    #[cfg(target_os = "linux")]
    fn mark_of(file: &File) -> Option<Vec<u8>> {
        let mut value = [0; 64];
        let len = rustix::fs::fgetxattr(file, "user.xdg.origin.url", &mut value[..]).ok()?;
        Some(value[..len].to_vec())
    }

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
            part.mark_origin("http://h/x".to_owned());
            #[cfg(target_os = "linux")]
            let marked = mark_of(&part.file);
            let (path, _) = part.move_to_final_name(&paths.target, &|_| Ok(())).unwrap();
            part.remove_part(&paths.part).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"abc");
            #[cfg(target_os = "linux")]
            assert_eq!(mark_of(&File::open(&path).unwrap()), marked);
            assert_eq!(paths.part.exists(), taken);
            assert_eq!(
                fs::read_dir(dir.path()).unwrap().count(),
                1 + usize::from(taken)
            );
            fs::remove_file(path).unwrap();
        }
    }
}
