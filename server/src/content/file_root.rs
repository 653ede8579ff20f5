//! The names of a server: the files in its root folder, or the bundled ones, and samples.
//!
//! 1. Names are resolved by a `cap-std` directory, which refuses `..`, absolute paths and links out
//!    of the root by construction instead of by inspecting the text.
//! 2. Names that start with a dot are neither listed nor opened, so that a served folder does not
//!    expose its `.git` or `.ssh`.
//! 3. The root is resolved again for each request, because the folder may be deleted, created
//!    again, or replaced while the server runs.
//! 4. Only regular files are served. The type is checked after opening, which never waits: a file
//!    may be replaced by a pipe at any time, and opening a pipe waits for its writer.
//! 5. Part files and journals of downloads are neither listed nor opened: their bytes are
//!    incomplete, and a journal contains the URL with its signature.
//! 6. On Windows a second, short name of a file is refused (`short_name`): it would avoid rules 2 and 5.

use std::collections::BTreeMap;
use std::io;
use std::path::{self, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use lanes_shared::catalog::{Entry, MAX_FILES};
use lanes_shared::own_names::has_own_suffix;
use lanes_shared::sample::{self, Sample};
use lanes_shared::wire::{MAX_MESSAGE_LEN, Refusal, Reply};

use super::bundled;
use super::open_file::{OpenFile, SAMPLE_SEED, unix_time};
use super::short_name;

/// Maximum depth of the catalogue, in directories.
const MAX_DEPTH: usize = 8;
/// Maximum number of directory entries that are read for the catalogue, which bounds the time.
const MAX_VISITED: usize = 200_000;

/// Maximum length of a name in bytes. No path of the system is longer.
const MAX_NAME_LEN: usize = 4096;

/// The reason for which a name cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The server has no file of this name.
    #[error("no such file: {0}")]
    NoSuchFile(String),
    /// The system cannot open the file.
    #[error("cannot read the file: {1}: {0}")]
    Unreadable(String, io::Error),
}

impl OpenError {
    /// Returns the code of the error in the Lanes protocol.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::NoSuchFile(_) => Refusal::NoSuchFile,
            Self::Unreadable(..) => Refusal::Unreadable,
        }
    }
}

/// The reason for which a root folder cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the root folder {path}: {source}", path = .path.display())]
pub(crate) struct RootError {
    /// The folder.
    pub path: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

/// All files of a server.
pub(crate) struct FileRoot {
    root: Option<RootFolder>,
    sample: Option<Arc<Sample>>,
}

struct RootFolder {
    path: PathBuf,
    /// The folder as opened at the start.
    initial: Arc<Dir>,
}

impl RootFolder {
    fn open(path: PathBuf) -> Result<Self, RootError> {
        let opened = Dir::open_ambient_dir(&path, ambient_authority());
        // Absolute, because the working directory of the program may change.
        match opened.and_then(|initial| Ok((initial, path::absolute(&path)?))) {
            Ok((initial, path)) => Ok(Self {
                path,
                initial: Arc::new(initial),
            }),
            Err(source) => Err(RootError { path, source }),
        }
    }

    /// Returns the folder that is now at the path, or the initial one if that cannot be opened.
    fn current(&self) -> Arc<Dir> {
        Dir::open_ambient_dir(&self.path, ambient_authority())
            .map_or_else(|_| Arc::clone(&self.initial), Arc::new)
    }
}

impl FileRoot {
    /// Opens the folder `root`; `None` stands for the bundled files. Serves samples, too, if
    /// `samples` is set.
    ///
    /// # Errors
    /// If the folder cannot be opened.
    pub fn new(root: Option<PathBuf>, samples: bool) -> Result<Self, RootError> {
        Ok(Self {
            root: root.map(RootFolder::open).transpose()?,
            sample: samples.then(|| Arc::new(Sample::new(SAMPLE_SEED))),
        })
    }

    /// Returns the root folder, if there is one.
    pub(super) fn root(&self) -> Option<Arc<Dir>> {
        self.root.as_ref().map(RootFolder::current)
    }

    /// Returns whether samples are served.
    pub(super) fn has_samples(&self) -> bool {
        self.sample.is_some()
    }

    /// Opens a file. A file of the root folder, or a bundled one, shadows a sample of the same name.
    ///
    /// # Errors
    /// [`OpenError::NoSuchFile`] or [`OpenError::Unreadable`].
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

    /// Returns the page of the catalogue that follows the name `after`, and whether more pages follow.
    /// A page fits into one message.
    pub fn catalogue_page(&self, after: &str) -> (Vec<Entry>, bool) {
        let mut space = MAX_MESSAGE_LEN as usize - 3;
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
            if needed > space || page.len() == usize::from(u16::MAX) {
                return (page, true);
            }
            space -= needed;
            page.push(entry);
        }
        (page, false)
    }

    /// Returns length and modification time of every listed file, by name.
    fn catalogue(&self) -> BTreeMap<String, (u64, i64)> {
        let mut all = BTreeMap::new();
        match self.root() {
            Some(root) => {
                let mut visits = MAX_VISITED;
                collect_files(&root, "", MAX_DEPTH, &mut visits, &mut all);
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

/// Opens a regular file in `root`; `None` if there is none of this name or it must not be served.
fn open_regular(root: &Dir, name: &str) -> Result<Option<OpenFile>, OpenError> {
    if !is_public_name(name) || has_own_suffix(name) {
        return Ok(None);
    }
    let none_or_unreadable = |error: io::Error| {
        // cap-std's own refusal of a path that leads out of the root has no error code.
        let is_denied =
            error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_some();
        if is_denied || is_system_failure(&error) {
            Err(OpenError::Unreadable(name.to_owned(), error))
        } else {
            Ok(None)
        }
    };
    if cfg!(windows) && !short_name::is_listed(root, name) {
        return Ok(None);
    }
    let file = match root.open_with(name, &without_waiting()) {
        Ok(file) => file.into_std(),
        Err(error) => return none_or_unreadable(error),
    };
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(Some(OpenFile::disk(name, file, &metadata))),
        _ => Ok(None),
    }
}

/// Returns the options that open a file for reading and never wait.
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt as _;
        use rustix::fs::OFlags;
        // A terminal must not become the controlling one.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Returns whether the system failed to open a file that may well exist.
fn is_system_failure(error: &io::Error) -> bool {
    // EIO, ENOMEM, ENFILE and EMFILE, which have these values on every Unix; on Windows
    // ERROR_TOO_MANY_OPEN_FILES and ERROR_NOT_ENOUGH_MEMORY.
    let codes: &[i32] = if cfg!(windows) {
        &[4, 8]
    } else {
        &[5, 12, 23, 24]
    };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Returns whether clients may access a name: no segment is empty or starts with a dot.
pub(super) fn is_public_name(name: &str) -> bool {
    let is_odd = |c: char| c == '\0' || (cfg!(windows) && matches!(c, '\\' | ':'));
    name.len() <= MAX_NAME_LEN
        && !name.contains(is_odd)
        && name
            .split('/')
            .all(|segment| !segment.is_empty() && !segment.starts_with('.'))
}

/// Adds the regular files of `dir` to `all`. Follows links to files inside the root, but not links
/// to directories, which may form cycles. Skips unreadable entries.
fn collect_files(
    dir: &Dir,
    prefix: &str,
    depth: usize,
    visits: &mut usize,
    all: &mut BTreeMap<String, (u64, i64)>,
) {
    let Ok(entries) = dir.entries() else { return };
    for entry in entries.flatten() {
        if all.len() >= MAX_FILES || *visits == 0 {
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
                collect_files(&inner, &format!("{name}/"), depth - 1, visits, all);
            }
        } else if !has_own_suffix(&name)
            && let Ok(metadata) = dir.metadata(&file_name)
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
    fn the_catalogue_is_eight_levels_deep_and_omits_hidden_files() {
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
    fn a_file_shadows_a_sample_of_the_same_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sample-10MiB.bin"), "short").unwrap();
        let files = FileRoot::new(Some(dir.path().to_owned()), true).unwrap();
        assert_eq!(files.open("sample-10MiB.bin").unwrap().version().len, 5);
        assert_eq!(files.catalogue()["sample-10MiB.bin"].0, 5);
    }
}
