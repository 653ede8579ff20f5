//! Finds the part file to resume, or creates a new one.
//!
//! A part file counts only together with its journal, which proves that this user's Lanes wrote both (see
//! `journal_file`). It must be the file that the journal names by device and inode, a regular file with
//! one link, and no other user may be able to write it; unless it is verified and its second link is its
//! final name: it has the mode of a finished file by then. Everything else under the names of a part file
//! and a journal is left alone, and the download takes the next name.
//!
//! A run that ends at any moment leaves one of these states, and the next run of the same command ends each
//! with one file:
//!
//! | left | next run |
//! |---|---|
//! | journal without a part file | deletes the journal and begins |
//! | journal and part file | resumes |
//! | journal of a verified file, part file, the same file under its final name | deletes both |
//! | journal of a verified file, the same file under its final name | deletes the journal |
//! | a staged file | replaces or deletes it (see `staged_file`) |

use std::fs::File;
use std::path::{Path, PathBuf};

use super::error::StorageError;
use super::file_identity::FileIdentity;
use super::journal::Journal;
use super::journal_file::{self, JournalFile, Stored};
use super::own_file::{self, Access, Opened};
use super::part_file::PartFile;
use super::part_paths::Paths;
use super::staged_file;
use super::target_path::{alternatives, folder_of};

/// An open part file, its journal and its paths.
pub(crate) struct PartStore {
    pub paths: Paths,
    pub file: PartFile,
    pub journal: JournalFile,
}

impl PartStore {
    /// Returns the store of a file that has no journal yet.
    pub fn new(paths: Paths, file: PartFile) -> Self {
        let journal = JournalFile::new(paths.journal.clone());
        Self {
            paths,
            file,
            journal,
        }
    }
}

/// Criteria for the part file to resume.
pub(crate) struct Lookup<'a> {
    /// Returns whether a part file belongs to this download.
    pub is_ours: &'a dyn Fn(&Journal) -> bool,
    /// Set to accept the part file of the target itself, even beside a finished file.
    pub beside_finished: bool,
    /// Set to delete the part file that is found.
    pub restart: bool,
    /// Called with a notice about a file that is left alone.
    pub notice: &'a dyn Fn(String),
}

/// State of the files of one name.
enum State {
    /// Neither a part file nor a journal.
    Free,
    /// Files that this user's Lanes did not write, or that it is writing now. Holds a notice for the user,
    /// if the files look like a part file.
    Foreign(Option<String>),
    /// Another process downloads to the part file.
    InUse(Box<Journal>),
    /// An unfinished download, or one that has its final name already.
    Own(Box<Journal>, Box<PartStore>),
}

/// Finds the part file of an earlier attempt for `target` or one of its alternatives. Part files that
/// belong to no known source are left alone. A download that an earlier run finished, but for its journal,
/// is found too: its file has its final name.
///
/// # Errors
/// [`StorageError::InUse`]: another process downloads the file.
pub(crate) fn find(
    lookup: &Lookup<'_>,
    target: &Path,
) -> Result<Option<(PartStore, Journal)>, StorageError> {
    // One notice is enough, and the channel of the attempt holds few.
    let mut first_notice = Some(lookup.notice);
    for candidate in alternatives(target) {
        let paths = Paths::new(candidate);
        let part = paths.part.clone();
        match examine(&paths, target) {
            State::Free if own_file::is_taken(&paths.target) && !lookup.beside_finished => {
                // On file systems without unnamed files, a crash may leave a second name of it.
                staged_file::clean_up(&paths.part, ".part");
            }
            State::Free => return Ok(None),
            State::Foreign(Some(notice)) => {
                if let Some(report) = first_notice.take() {
                    report(notice);
                }
            }
            State::Foreign(None) => {}
            State::InUse(journal) if (lookup.is_ours)(&journal) && !journal.is_own_process() => {
                let process = journal.process;
                return Err(StorageError::InUse { part, process });
            }
            // This process downloads it already, as the user requested. The second download takes the
            // next name.
            State::InUse(_) => {}
            State::Own(journal, _) if !(lookup.is_ours)(&journal) => {}
            State::Own(_, store) if store.file.is_final() && lookup.restart => {
                // The file is the user's by now; the download begins again under the next name.
                let _ = left_beside(&store.file, &store.journal, &store.paths);
            }
            State::Own(_, store) if lookup.restart => {
                discard_store(&store);
                return Ok(None);
            }
            State::Own(journal, store) => {
                remove_placeholder(&journal, &store.paths);
                return Ok(Some((*store, *journal)));
            }
        }
    }
    Ok(None)
}

/// Deletes the unfinished download at `paths`, if this user's Lanes wrote it and `is_ours` accepts its
/// journal. Leaves everything else alone, a file in use too.
pub(crate) fn discard(paths: &Paths, is_ours: impl Fn(&Journal) -> bool) {
    if let State::Own(journal, store) = examine(paths, &paths.target)
        && is_ours(&journal)
        && !store.file.is_final()
    {
        discard_store(&store);
    }
}

/// Returns whether there is an unfinished download at `paths` that this user's Lanes wrote.
pub(crate) fn is_unfinished(paths: &Paths) -> bool {
    matches!(examine(paths, &paths.target), State::Own(_, store) if !store.file.is_final())
}

fn discard_store(store: &PartStore) {
    // A file that cannot be deleted remains visible to the user. The journal goes last: alone it is
    // deleted by the next run.
    let _ = store.file.remove_part(&store.paths.part);
    let _ = store.journal.remove();
}

/// Deletes what is left beside a finished file. Returns the paths that could not be deleted.
pub(crate) fn left_beside(file: &PartFile, journal: &JournalFile, paths: &Paths) -> Vec<PathBuf> {
    // With the journal, the next run of the same command deletes the part file.
    if file.remove_part(&paths.part).is_err() {
        return vec![paths.part.clone(), paths.journal.clone()];
    }
    let left = journal.remove().is_err().then(|| paths.journal.clone());
    left.into_iter().collect()
}

fn examine(paths: &Paths, target: &Path) -> State {
    let part = own_file::open(&paths.part, Access::ReadWrite);
    let part_len = match &part {
        Opened::Missing if !own_file::is_taken(&paths.journal) => return State::Free,
        Opened::Regular(_, meta) => meta.len(),
        Opened::Missing | Opened::Foreign => 0,
    };
    let (journal, journal_file, handle) = match journal_file::read(&paths.journal, part_len) {
        Stored::Own(journal, journal_file, handle) => (journal, journal_file, handle),
        stored => return State::Foreign(foreign_notice(paths, &part, &stored)),
    };
    let store = |file| PartStore {
        paths: paths.clone(),
        file,
        journal: journal_file,
    };
    match part {
        Opened::Foreign => State::Foreign(None),
        // A process that has just written the journal holds its lock until the part file has its name.
        Opened::Missing if own_file::try_lock(&handle).is_err() => State::Foreign(None),
        Opened::Missing => match final_file(&journal, target) {
            Some((file, path)) => {
                let file = PartFile::finished(file, &path, journal.part);
                State::Own(journal, Box::new(store(file)))
            }
            None => {
                let _ = store(PartFile::existing(handle, &paths.part, journal.part))
                    .journal
                    .remove();
                State::Free
            }
        },
        Opened::Regular(file, _) if !PartFile::belongs_to(&file, &journal) => State::Foreign(None),
        Opened::Regular(_, meta)
            if own_file::link_count(&meta) == 1 && PartFile::is_open_to_others(&meta, &journal) =>
        {
            State::Foreign(None)
        }
        Opened::Regular(file, _) if own_file::try_lock(&file).is_err() => State::InUse(journal),
        Opened::Regular(file, meta) if own_file::link_count(&meta) == 1 => {
            let file = PartFile::existing(file, &paths.part, journal.part);
            State::Own(journal, Box::new(store(file)))
        }
        Opened::Regular(..) => match final_file(&journal, target) {
            Some((file, path)) => {
                let file = PartFile::finished(file, &path, journal.part);
                State::Own(journal, Box::new(store(file)))
            }
            None => State::Foreign(None),
        },
    }
}

/// Returns the file of a verified download, if it has its final name already.
fn final_file(journal: &Journal, target: &Path) -> Option<(File, PathBuf)> {
    if !journal.is_verified {
        return None;
    }
    alternatives(target)
        .take_while(|path| own_file::is_taken(path))
        .find_map(|path| match own_file::open(&path, Access::Read) {
            Opened::Regular(file, meta) => {
                let now = FileIdentity::of(&file, &meta);
                let is_it = journal.part.identity.is_same_as(&now, false);
                (is_it && meta.len() == journal.len).then_some((file, path))
            }
            Opened::Missing | Opened::Foreign => None,
        })
}

/// Returns the notice about files that look like an unfinished download and are left alone.
fn foreign_notice(paths: &Paths, part: &Opened, stored: &Stored) -> Option<String> {
    let part_path = paths.part.display();
    match (part, stored) {
        (Opened::Missing, _) => None,
        (_, Stored::Earlier) => Some(format!(
            "{part_path} and its journal are from an earlier version of Lanes, or from another program; they are left alone and the download begins again"
        )),
        _ => Some(format!(
            "{part_path} is no partial file of this user's Lanes; it is left alone"
        )),
    }
}

/// Deletes the empty file that an interrupted run put under the final name.
fn remove_placeholder(journal: &Journal, paths: &Paths) {
    let Some(name) = &journal.placeholder else {
        return;
    };
    let path = paths.part.with_file_name(name);
    if let Opened::Regular(file, meta) = own_file::open(&path, Access::Read)
        && (meta.len(), own_file::link_count(&meta)) == (0, 1)
        && own_file::owner(&meta) == journal.part.owner
    {
        let _ = own_file::remove(&path, &FileIdentity::of(&file, &meta));
    }
}

/// Length in bytes up to which a file has no name until it is complete, or a second has passed.
pub(crate) const SHORT: u64 = 1 << 20;

/// Creates a file of `len` bytes for `target`, or for the first of its alternatives that is free; `None`
/// if the length is not known. It has no name and no journal yet. `was_free` is the result of
/// [`is_free`].
///
/// # Errors
/// The folder cannot be created, the disk has too little space, or writing fails.
pub(crate) fn create(
    target: &Path,
    len: Option<u64>,
    was_free: bool,
) -> Result<PartStore, StorageError> {
    let free = match was_free {
        true => Some(target.to_owned()),
        false => alternatives(target).find(|path| is_free(path)),
    };
    let paths = Paths::new(free.ok_or_else(|| StorageError::NameTaken(target.to_owned()))?);
    if len.is_some_and(|len| len <= SHORT)
        && let Ok(file) = PartFile::create_unnamed(folder_of(target), len)
    {
        return Ok(PartStore::new(paths, file));
    }
    prepare_folder(folder_of(target), len)?;
    match PartFile::create(&paths.part, len) {
        Ok(file) => Ok(PartStore::new(paths, file)),
        Err(error) => Err(StorageError::write(error, &paths.part)),
    }
}

/// Creates the folder, and checks that the disk has room for `len` bytes.
fn prepare_folder(folder: &Path, len: Option<u64>) -> Result<(), StorageError> {
    std::fs::create_dir_all(folder).map_err(|error| StorageError::CreateFolder {
        folder: folder.to_owned(),
        error,
    })?;
    // If the system does not report the free space, a full disk is noticed while writing.
    match (len, fs4::available_space(folder)) {
        (Some(needed), Ok(free)) if free < needed => Err(StorageError::NoSpace {
            folder: folder.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

/// Returns whether neither `target` nor a part file nor a journal of it exists.
pub(crate) fn is_free(target: &Path) -> bool {
    !Paths::new(target.to_owned()).are_taken()
}

#[cfg(test)]
mod tests;
