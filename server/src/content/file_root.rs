//! What is served: the files beneath one folder, or the bundled ones, and samples beside them.
//!
//! 1. Every name goes through a `cap-std` directory, so `..`, absolute names and links that point
//!    out are refused by construction, not by looking at the text.
//! 2. Files whose names begin with a dot are neither listed nor opened: a folder that is served
//!    must not give away its `.git` or `.ssh`.
//! 3. The folder is what now stands under its path: it may be removed and made anew, or be a link
//!    that comes to lead elsewhere, while the server runs.
//! 4. Only regular files are opened, and what a name means is looked at before it is opened:
//!    opening a pipe would wait for its writer.

use std::collections::BTreeMap;
use std::io;
use std::path::{self, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use lanes_shared::catalog::Entry;
use lanes_shared::sample::{self, Sample};
use lanes_shared::wire::{MAX_MESSAGE_LEN, Reply};

use super::bundled;
use super::open_file::{OpenFile, SAMPLE_SEED, unix_time};

/// How deep folders are listed.
const MAX_DEPTH: usize = 8;
/// How many files are listed at most.
const MAX_LISTED: usize = 10_000;
/// How many directory entries a listing looks at: a bound on its time.
const MAX_VISITED: usize = 200_000;

/// Why a name cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// Nothing by that name is served.
    #[error("there is no such file here: {0}")]
    NoSuchFile(String),
    /// It is there, and the system does not let it be read.
    #[error("cannot read the file: {1}: {0}")]
    Unreadable(String, io::Error),
}

/// All files of one server.
pub(crate) struct FileRoot {
    root: Option<Root>,
    sample: Option<Arc<Sample>>,
}

/// The folder that is served.
struct Root {
    path: PathBuf,
    /// As the server began with it.
    initial: Arc<Dir>,
}

impl Root {
    fn open(path: PathBuf) -> Result<Self, (PathBuf, io::Error)> {
        let opened = Dir::open_ambient_dir(&path, ambient_authority());
        // Whoever changes the working directory does not mean the server's folder.
        match opened.and_then(|initial| Ok((initial, path::absolute(&path)?))) {
            Ok((initial, path)) => Ok(Self {
                path,
                initial: Arc::new(initial),
            }),
            Err(error) => Err((path, error)),
        }
    }

    /// As it is now; as it was where nothing is there now, or nothing more can be opened.
    fn current(&self) -> Arc<Dir> {
        Dir::open_ambient_dir(&self.path, ambient_authority())
            .map_or_else(|_| Arc::clone(&self.initial), Arc::new)
    }
}

impl FileRoot {
    /// The files beneath `root`, or the bundled ones, and samples if wanted.
    ///
    /// # Errors
    /// When the folder cannot be opened; with its path.
    pub fn new(root: Option<PathBuf>, samples: bool) -> Result<Self, (PathBuf, io::Error)> {
        Ok(Self {
            root: root.map(Root::open).transpose()?,
            sample: samples.then(|| Arc::new(Sample::new(SAMPLE_SEED))),
        })
    }

    /// The folder, if one is served.
    pub fn root(&self) -> Option<Arc<Dir>> {
        self.root.as_ref().map(Root::current)
    }

    /// Whether samples are served.
    pub fn has_samples(&self) -> bool {
        self.sample.is_some()
    }

    /// Opens `name`: a file of the folder (or a bundled one) before a sample of the same name.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub fn open(&self, name: &str) -> Result<OpenFile, OpenError> {
        let found = match self.root() {
            Some(root) => open_regular(&root, name)?,
            None => bundled::bytes_of(name).map(|bytes| OpenFile::bundled(name, bytes)),
        };
        let as_sample = || {
            let sample = self.sample.as_ref()?;
            let len = sample::len_of(name)?;
            Some(OpenFile::sample(name, len, Arc::clone(sample)))
        };
        found
            .or_else(as_sample)
            .ok_or_else(|| OpenError::NoSuchFile(name.to_owned()))
    }

    /// The page of the catalogue behind the name `after`, and whether more pages follow. It always
    /// fits one message.
    pub fn catalogue_page(&self, after: &str) -> (Vec<Entry>, bool) {
        let mut room = MAX_MESSAGE_LEN as usize - 3;
        let mut page = Vec::new();
        for (name, (len, modified_secs)) in self.catalogue() {
            if !after.is_empty() && name.as_str() <= after {
                continue;
            }
            let entry = Entry {
                name,
                len,
                modified_secs,
            };
            let needed = Reply::entry_len(&entry);
            if needed > room || page.len() == usize::from(u16::MAX) {
                return (page, true);
            }
            room -= needed;
            page.push(entry);
        }
        (page, false)
    }

    /// Name, length and modification time of every listed file, sorted by name.
    fn catalogue(&self) -> BTreeMap<String, (u64, i64)> {
        let mut all = BTreeMap::new();
        match self.root() {
            Some(root) => {
                let mut visits = MAX_VISITED;
                list(&root, "", MAX_DEPTH, &mut visits, &mut all);
            }
            None => {
                let bundled = bundled::BUNDLED.iter();
                all.extend(bundled.map(|(n, bytes)| ((*n).to_owned(), (bytes.len() as u64, 0))));
            }
        }
        if self.sample.is_some() {
            for name in sample::LISTED {
                let Some(len) = sample::len_of(name) else {
                    continue;
                };
                all.entry(name.to_owned()).or_insert((len, 0));
            }
        }
        all
    }
}

/// Opens a regular file beneath `root`; `None` when nothing by that name may be served.
fn open_regular(root: &Dir, name: &str) -> Result<Option<OpenFile>, OpenError> {
    if !is_public_name(name) {
        return Ok(None);
    }
    let unless_unreadable = |error: io::Error| {
        // What cap-std itself refuses carries no code of the system: such a path leads out.
        let is_forbidden =
            error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_some();
        if is_forbidden || is_system_failure(&error) {
            Err(OpenError::Unreadable(name.to_owned(), error))
        } else {
            Ok(None)
        }
    };
    match root.metadata(name) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) => return unless_unreadable(error),
    }
    let file = match root.open(name) {
        Ok(file) => file.into_std(),
        Err(error) => return unless_unreadable(error),
    };
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(Some(OpenFile::disk(name, file, &metadata))),
        _ => Ok(None),
    }
}

/// Whether the file may well be there, but the system cannot open it now.
fn is_system_failure(error: &io::Error) -> bool {
    // EIO, ENOMEM, ENFILE and EMFILE have these numbers on every Unix; on Windows it is too many
    // open files, and not enough memory.
    let codes: &[i32] = if cfg!(windows) {
        &[4, 8]
    } else {
        &[5, 12, 23, 24]
    };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Whether a name is plain: parts between `/`, none empty, none beginning with a dot.
pub(crate) fn is_public_name(name: &str) -> bool {
    let odd = |c: char| c == '\0' || (cfg!(windows) && matches!(c, '\\' | ':'));
    !name.contains(odd)
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.'))
}

/// Adds the regular files of `dir` to `all`. Links to files are followed within the root, links to
/// folders are not: they may go in circles. What cannot be read is left out.
fn list(
    dir: &Dir,
    prefix: &str,
    depth: usize,
    visits: &mut usize,
    all: &mut BTreeMap<String, (u64, i64)>,
) {
    let Ok(entries) = dir.entries() else { return };
    for entry in entries.flatten() {
        if all.len() >= MAX_LISTED || *visits == 0 {
            return;
        }
        *visits -= 1;
        let Ok(file_name) = entry.file_name().into_string() else {
            continue;
        };
        if !is_public_name(&file_name) {
            continue;
        }
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let name = format!("{prefix}{file_name}");
        if kind.is_dir() {
            if depth > 1
                && let Ok(inner) = entry.open_dir()
            {
                list(&inner, &format!("{name}/"), depth - 1, visits, all);
            }
        } else if let Ok(metadata) = dir.metadata(&file_name)
            && metadata.is_file()
        {
            let modified = metadata
                .modified()
                .ok()
                .map(cap_std::time::SystemTime::into_std);
            all.insert(name, (metadata.len(), unix_time(modified).0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &FileRoot) -> Vec<String> {
        files.catalogue().into_keys().collect()
    }

    #[test]
    fn without_a_folder_the_bundled_files_are_served() {
        let files = FileRoot::new(None, true).unwrap();
        assert!(names(&files).contains(&"Data.jpg".to_owned()));
        assert!(names(&files).contains(&"sample-1GiB.bin".to_owned()));
        assert!(files.open("Data.jpg").unwrap().version().len > 0);
        assert_eq!(files.open("sample-3KiB.bin").unwrap().version().len, 3072);
        let files = FileRoot::new(None, false).unwrap();
        assert_eq!(names(&files).len(), 3);
        assert!(files.open("sample-3KiB.bin").is_err());
    }

    #[test]
    fn folders_are_listed_as_deep_as_eight_and_dot_files_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let mut path = dir.path().to_owned();
        std::fs::write(path.join(".hidden"), "x").unwrap();
        for depth in 1..=9 {
            std::fs::write(path.join(format!("at-{depth}")), "x").unwrap();
            path.push("d");
            std::fs::create_dir(&path).unwrap();
        }
        let files = FileRoot::new(Some(dir.path().to_owned()), false).unwrap();
        let names = names(&files);
        assert_eq!(names.len(), 8);
        assert!(names.contains(&"d/d/at-3".to_owned()));
        assert!(names.is_sorted());
        assert!(files.open("d/d/at-3").is_ok());
        assert!(files.open(".hidden").is_err());
    }

    #[test]
    fn a_real_file_shadows_a_sample() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sample-10MiB.bin"), "short").unwrap();
        let files = FileRoot::new(Some(dir.path().to_owned()), true).unwrap();
        assert_eq!(files.open("sample-10MiB.bin").unwrap().version().len, 5);
        assert_eq!(files.catalogue()["sample-10MiB.bin"].0, 5);
    }
}
