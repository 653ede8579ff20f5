//! Finds the state beside an unfinished file, and reads what it claims.
//!
//! A file without a state is a prefix, as curl, wget and browsers leave it. It must be shorter than the file
//! at the server, since many programs allocate the whole length first, and it ends at its first hole.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::claim::{Runs, StateError};
use super::error::UnfinishedError;
use super::{aria2, axel, ipull, lftp};
use crate::storage::target_path::beside;

/// Longest state in bytes: that of aria2 for 500 million pieces.
const MAX_STATE: u64 = 64 << 20;

/// The program that left the file, which determines the layout of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Aria2,
    Axel,
    Lftp,
    Ipull,
    /// Any program that writes in order.
    Unknown,
}

impl Program {
    /// Programs with a state file beside the data, and the suffix of its name.
    const BESIDE: [(Self, &'static str); 3] = [
        (Self::Aria2, ".aria2"),
        (Self::Axel, ".st"),
        (Self::Lftp, ".lftp-pget-status"),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Aria2 => "aria2",
            Self::Axel => "axel",
            Self::Lftp => "lftp",
            Self::Ipull => "ipull",
            Self::Unknown => "the other program",
        }
    }
}

/// An unfinished file of another program, open for reading.
pub(crate) struct FoundFile {
    program: Program,
    /// Path of the data.
    pub path: PathBuf,
    /// Path of the state, if it is another file.
    pub state: Option<PathBuf>,
    data: File,
}

impl FoundFile {
    /// Finds the unfinished file at `path`, which is that of the data or of the state beside it.
    ///
    /// # Errors
    /// There is no such file, it cannot be read, or the states of several programs stand beside it.
    pub fn find(path: &Path) -> Result<Self, UnfinishedError> {
        let (program, data_path, state) = identify(path)?;
        let data = open(&data_path)?;
        Ok(Self {
            program,
            path: data_path,
            state,
            data,
        })
    }

    /// Returns the name of the program that left it.
    pub fn program(&self) -> &'static str {
        self.program.name()
    }

    /// Returns the bytes that the state claims of a file of `len` bytes.
    ///
    /// # Errors
    /// The state cannot be read, is damaged, or is of another file.
    pub fn claim(&self, len: u64) -> Result<Runs, UnfinishedError> {
        let read_error = |error| self.read_error(error);
        let data_len = self.data.metadata().map_err(read_error)?.len();
        let parsed = match self.program {
            Program::Unknown => return self.prefix(data_len, len),
            Program::Ipull => self
                .tail(data_len, len)
                .map(|tail| ipull::parse(&tail, len)),
            Program::Aria2 => self.state_bytes().map(|state| aria2::parse(&state, len)),
            Program::Axel => self.state_bytes().map(|state| axel::parse(&state, len)),
            Program::Lftp => self.state_bytes().map(|state| lftp::parse(&state, len)),
        };
        let runs = parsed?.map_err(|error| self.state_error(error))?;
        match runs.end() {
            end if end <= data_len => Ok(runs),
            end => Err(UnfinishedError::TooShort {
                program: self.program(),
                path: self.path.clone(),
                end,
                len: data_len,
            }),
        }
    }

    /// Copies `bytes` to the same offset of `to`.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub fn copy(&self, to: &File, bytes: &Range<u64>) -> io::Result<()> {
        lanes_os::file::copy_range(&self.data, to, bytes)
    }

    /// Returns the error of reading the data.
    fn read_error(&self, error: io::Error) -> UnfinishedError {
        let path = self.path.clone();
        UnfinishedError::Read { path, error }
    }

    fn state_error(&self, error: StateError) -> UnfinishedError {
        UnfinishedError::State {
            program: self.program(),
            path: self.state.as_ref().unwrap_or(&self.path).clone(),
            error,
        }
    }

    fn state_bytes(&self) -> Result<Vec<u8>, UnfinishedError> {
        let path = self.state.as_ref().unwrap_or(&self.path);
        let state = open(path)?;
        let mut bytes = Vec::new();
        let read = state.take(MAX_STATE + 1).read_to_end(&mut bytes);
        read.map_err(|error| UnfinishedError::Read {
            path: path.clone(),
            error,
        })?;
        match bytes.len() as u64 {
            0..=MAX_STATE => Ok(bytes),
            _ => Err(self.state_error(StateError::Malformed("it is too long"))),
        }
    }

    /// Returns what follows behind the first `len` bytes of the data.
    fn tail(&self, data_len: u64, len: u64) -> Result<Vec<u8>, UnfinishedError> {
        let tail_len = data_len.saturating_sub(len);
        if tail_len > MAX_STATE {
            return Err(self.state_error(StateError::Malformed("it is too long")));
        }
        let mut tail = vec![0; tail_len as usize];
        let read = lanes_os::file::read_exact_at(&self.data, len, &mut tail);
        read.map_err(|error| self.read_error(error))?;
        Ok(tail)
    }

    /// Returns the bytes of a file that was written in order.
    fn prefix(&self, data_len: u64, len: u64) -> Result<Runs, UnfinishedError> {
        if data_len >= len && len > 0 {
            return Err(UnfinishedError::NoPrefix {
                path: self.path.clone(),
                len: data_len,
                server: len,
            });
        }
        let end = lanes_os::file::first_hole(&self.data);
        let end = end.map_err(|error| self.read_error(error))?;
        Ok(Runs::of_present(Some(0..end.min(data_len)), len))
    }
}

/// Returns whether a file has the name of an unfinished one of another program, or of its state.
pub fn is_unfinished_name(path: &Path) -> bool {
    let beside = Program::BESIDE.iter().map(|(_, suffix)| *suffix);
    let mut suffixes = beside.chain([".ipull", ".part", ".crdownload", ".opdownload"]);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    suffixes.any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// Returns the program that left the file, and the paths of its data and of its state.
fn identify(path: &Path) -> Result<(Program, PathBuf, Option<PathBuf>), UnfinishedError> {
    let name = path.file_name().unwrap_or_default();
    for (program, suffix) in Program::BESIDE {
        // A file may have such an ending of its own.
        if let Some(data) = without_suffix(path, name, suffix)
            && data.is_file()
        {
            return Ok((program, data, Some(path.to_owned())));
        }
    }
    if without_suffix(path, name, ".ipull").is_some() {
        return Ok((Program::Ipull, path.to_owned(), None));
    }
    let beside = Program::BESIDE.map(|(program, suffix)| (program, beside(path, suffix)));
    let mut found = beside.into_iter().filter(|(_, state)| state.is_file());
    match (found.next(), found.next()) {
        (None, _) => Ok((Program::Unknown, path.to_owned(), None)),
        (Some((program, state)), None) => Ok((program, path.to_owned(), Some(state))),
        (Some((_, first)), Some((_, second))) => Err(UnfinishedError::SeveralStates {
            data: path.to_owned(),
            states: vec![first, second],
        }),
    }
}

/// Returns `path`, whose last part is `name`, without `suffix`, if it ends so.
fn without_suffix(path: &Path, name: &OsStr, suffix: &str) -> Option<PathBuf> {
    let stem = name.to_str()?.strip_suffix(suffix)?;
    (!stem.is_empty()).then(|| path.with_file_name(stem))
}

/// Opens a regular file, and never waits for a pipe.
fn open(path: &Path) -> Result<File, UnfinishedError> {
    let read = |error| UnfinishedError::Read {
        path: path.to_owned(),
        error,
    };
    if !fs::metadata(path).map_err(read)?.is_file() {
        return Err(UnfinishedError::NotRegular(path.to_owned()));
    }
    File::open(path).map_err(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::unfinished::axel::tests::state;

    fn claimed(path: &Path, len: u64) -> Result<(&'static str, u64), UnfinishedError> {
        let file = FoundFile::find(path)?;
        Ok((file.program(), file.claim(len)?.bytes()))
    }

    #[test]
    fn the_state_is_found_by_the_data_and_the_data_by_the_state() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), vec![1; 100]).unwrap();
        fs::write(at("a.st"), state(40, &[(40, 100)])).unwrap();
        for name in ["a", "a.st"] {
            assert_eq!(claimed(&at(name), 100).unwrap(), ("axel", 40));
        }
        let error = claimed(&at("a"), 99).unwrap_err().to_string();
        assert!(
            error.contains("100 bytes") && error.contains("a.st"),
            "{error}"
        );
        fs::write(at("a"), vec![1; 39]).unwrap();
        let error = claimed(&at("a"), 100).unwrap_err().to_string();
        assert!(error.contains("ends at 39"), "{error}");
        fs::write(at("a.aria2"), [0, 1]).unwrap();
        let error = claimed(&at("a"), 100).unwrap_err().to_string();
        assert!(
            error.contains("several") && error.contains("a.aria2"),
            "{error}"
        );
        let error = claimed(&at("a.aria2"), 100).unwrap_err().to_string();
        assert!(error.contains("ends early"), "{error}");
    }

    #[test]
    fn a_file_without_a_state_is_a_prefix_if_it_is_shorter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("disk.st");
        fs::write(&path, vec![1; 100]).unwrap();
        assert_eq!(claimed(&path, 101).unwrap(), ("the other program", 100));
        for len in [100, 99] {
            let error = claimed(&path, len).unwrap_err().to_string();
            assert!(error.contains("not shorter"), "{error}");
        }
        let file = File::options().write(true).open(&path).unwrap();
        lanes_os::file::write_all_at(&file, 8 << 20, b"x").unwrap();
        let (_, bytes) = claimed(&path, 9 << 20).unwrap();
        // A file system without holes cannot tell.
        assert!(bytes < 1 << 20 || bytes == (8 << 20) + 1, "{bytes}");
    }

    #[test]
    fn the_state_of_ipull_follows_behind_the_data() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.ipull");
        let state = br#"{"part":0,"chunks":[2,0],"chunkSize":60}"#;
        fs::write(&path, [&[1; 100][..], state].concat()).unwrap();
        assert_eq!(claimed(&path, 100).unwrap(), ("ipull", 60));
        for len in [99, 101, 10_000] {
            assert!(claimed(&path, len).is_err(), "{len}");
        }
    }

    #[test]
    fn unfinished_files_are_told_by_their_names() {
        for name in [
            "a/x.iso.aria2",
            "x.st",
            "x.iso.crdownload",
            "x.part",
            "x.ipull",
        ] {
            assert!(is_unfinished_name(Path::new(name)), "{name}");
        }
        for name in ["x.iso", ".part", "part", "a.part/x", ""] {
            assert!(!is_unfinished_name(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_folder_and_a_missing_file_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = claimed(dir.path(), 9).unwrap_err().to_string();
        assert!(error.contains("no regular file"), "{error}");
        let error = claimed(&dir.path().join("x"), 9).unwrap_err().to_string();
        assert!(error.contains("cannot read"), "{error}");
    }
}
