//! The experiment store: a folder with a JSON file for each group of experiments.
//!
//! 1. Every experiment that has ended is saved. Unnamed ones are temporary: above [`MAX_UNNAMED`], the
//!    oldest are removed. Named ones stay until the user removes them.
//! 2. Files are written to a temporary name and then renamed, so that no file is ever incomplete.
//! 3. The recordings of the runs are in a file of their own, beside the JSON and removed with it.
//! 4. Unreadable files are renamed to `*.broken`, never deleted, and do not stop the others from
//!    loading.

use std::cmp::Reverse;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use lanes_shared::link::presets;
use serde::Deserialize;

use super::run_recordings::{self, path_beside};
use lanes_engine::{create_private_folder, make_private, replace_private};

use crate::lab::export::{ExperimentGroup, ExportError, ReadError, read, to_json};

/// Largest number of unnamed files.
pub const MAX_UNNAMED: usize = 30;
/// Largest number of named files.
pub const MAX_NAMED: usize = 300;
/// Largest size of a file in bytes.
const MAX_LEN: u64 = 64 << 20;
/// Largest length of a name in characters.
const MAX_NAME_LEN: usize = 80;

/// A folder of saved experiments.
#[derive(Debug, Clone)]
pub struct ExperimentStore {
    folder: PathBuf,
}

/// The contents of a store.
#[derive(Debug, Clone, Default)]
pub struct StoreContents {
    /// The saved experiments, newest first.
    pub items: Vec<StoredExperiment>,
    /// Number of unreadable files that were renamed now.
    pub quarantined: usize,
}

/// The entry of a saved file in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExperiment {
    /// The file name.
    pub file: String,
    /// The name given by the user; empty without one.
    pub name: String,
    /// Start time in seconds since 1970; 0 if unknown.
    pub made_secs: u64,
    /// The file and the swept parameter.
    pub title: String,
    /// The verdict.
    pub verdict: String,
}

impl StoredExperiment {
    /// Returns the name, or the title without one.
    pub fn label(&self) -> &str {
        if self.name.is_empty() {
            &self.title
        } else {
            &self.name
        }
    }
}

/// Why an operation on the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Access to a file or folder failed.
    #[error("{0}: {1}")]
    Io(#[source] io::Error, PathBuf),
    /// The file is larger than any experiment.
    #[error("the file is larger than {max} MB: {0}", max = MAX_LEN >> 20)]
    TooLong(PathBuf),
    /// The file contains no valid experiment.
    #[error("{0}: {1}")]
    Read(#[source] ReadError, PathBuf),
    /// The experiments could not be serialised.
    #[error(transparent)]
    Write(#[from] ExportError),
    /// The store is full of named experiments.
    #[error("{MAX_NAMED} named experiments are saved already: remove one first")]
    Full,
}

impl ExperimentStore {
    /// Creates a store in `folder`, which need not exist until the first [`save`](Self::save).
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Lists the saved experiments. Unreadable files are renamed.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the folder exists and cannot be read.
    pub fn list(&self) -> Result<StoreContents, StoreError> {
        // The files of an earlier version can be read by others; a closed folder keeps others out. A file
        // system without modes refuses this.
        let _ = make_private(&self.folder);
        let mut contents = StoreContents::default();
        for file in self.files()? {
            match self.item(&file) {
                Some(item) => contents.items.push(item),
                None => {
                    self.quarantine(&file);
                    contents.quarantined += 1;
                }
            }
        }
        let newest = |item: &StoredExperiment| (Reverse(item.made_secs), item.file.clone());
        contents.items.sort_by_key(newest);
        Ok(contents)
    }

    /// Saves experiments and returns the name of their file. Removes the oldest unnamed files above
    /// [`MAX_UNNAMED`].
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Write`] if the file cannot be written,
    /// [`StoreError::Full`] if there are [`MAX_NAMED`] named files.
    pub fn save(&self, group: &ExperimentGroup) -> Result<String, StoreError> {
        let group = &with_valid_name(group);
        let contents = self.list()?;
        let named = contents.items.iter().filter(|item| !item.name.is_empty());
        if !group.name.is_empty() && named.count() >= MAX_NAMED {
            return Err(StoreError::Full);
        }
        // The temporary file of `write` has mode 0600, and keeps it.
        create_private_folder(&self.folder)
            .map_err(|error| StoreError::Io(error, self.folder.clone()))?;
        let made = group.experiments.first().map_or(0, |one| one.made_secs);
        let names = (0..).map(|suffix: u32| match suffix {
            0 => format!("{made}.json"),
            suffix => format!("{made}-{suffix}.json"),
        });
        let mut free = names.filter(|name| !self.path(name).exists());
        // The sequence of names is unbounded.
        let file = free.next().unwrap_or_default();
        self.write_recordings(&file, group)?;
        self.write(&file, group)?;
        let unnamed = contents.items.iter().filter(|item| item.name.is_empty());
        // `contents` lacks the new file, which is the newest.
        let remaining = MAX_UNNAMED - usize::from(group.name.is_empty());
        for old in unnamed.skip(remaining) {
            self.remove(&old.file)?;
        }
        Ok(file)
    }

    /// Renames saved experiments; an empty name makes them unnamed.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`StoreError::Io`] if the file cannot be written.
    pub fn rename(&self, file: &str, name: &str) -> Result<(), StoreError> {
        let mut group = self.load(file)?;
        name.clone_into(&mut group.name);
        self.write(file, &with_valid_name(&group))
    }

    /// Reads saved experiments. An unreadable file is renamed.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file cannot be read, [`StoreError::Read`] or
    /// [`StoreError::TooLong`] if it contains no experiment.
    pub fn load(&self, file: &str) -> Result<ExperimentGroup, StoreError> {
        let loaded = import(&self.path(file));
        if matches!(loaded, Err(StoreError::Read(..) | StoreError::TooLong(_))) {
            self.quarantine(file);
        }
        loaded.map(|mut group| {
            self.attach_recordings(file, &mut group);
            group
        })
    }

    /// Removes saved experiments; a missing file is not an error.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file cannot be removed.
    pub fn remove(&self, file: &str) -> Result<(), StoreError> {
        let path = self.path(file);
        // Without its experiment it would never be read again.
        let _ = fs::remove_file(path_beside(&path));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Io(error, path))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Returns the names of the JSON files.
    fn files(&self) -> Result<Vec<String>, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| StoreError::Io(error, self.folder.clone()))?,
        };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().ok();
        let names = entries.flatten().filter_map(name);
        Ok(names.filter(|name| name.ends_with(".json")).collect())
    }

    fn item(&self, file: &str) -> Option<StoredExperiment> {
        let text = read_text(&self.path(file)).ok()?;
        let head: Head = serde_json::from_str(&text).ok()?;
        let all = match head.experiments {
            Some(all) => all,
            None => vec![serde_json::from_str(&text).ok()?],
        };
        let first = all.first()?;
        Some(StoredExperiment {
            file: file.to_owned(),
            name: head.name,
            made_secs: first.made_secs,
            title: title(first, all.len()),
            verdict: first.verdict.clone(),
        })
    }

    /// Renames an unreadable file, so that it is not listed again.
    fn quarantine(&self, file: &str) {
        let renamed = self.path(&format!("{file}.broken"));
        if let Err(error) = fs::rename(self.path(file), &renamed) {
            tracing::warn!("cannot rename the unreadable experiment {file}: {error}");
        }
    }

    fn write_recordings(&self, file: &str, group: &ExperimentGroup) -> Result<(), StoreError> {
        let path = path_beside(&self.path(file));
        let Some(bytes) = run_recordings::to_bytes(group) else {
            return Ok(());
        };
        replace_private(&path, &bytes).map_err(|error| StoreError::Io(error, path))
    }

    /// Gives the recordings to their runs. Without them an experiment lacks only its replays.
    fn attach_recordings(&self, file: &str, group: &mut ExperimentGroup) {
        let path = path_beside(&self.path(file));
        let Ok(opened) = fs::File::open(&path) else {
            return;
        };
        let mut bytes = Vec::new();
        let read = opened
            .take(run_recordings::MAX_LEN as u64)
            .read_to_end(&mut bytes);
        if read.is_err() || !run_recordings::attach(&bytes, group) {
            tracing::warn!("cannot read the recordings in {}", path.display());
        }
    }

    fn write(&self, file: &str, group: &ExperimentGroup) -> Result<(), StoreError> {
        let json = to_json(group)?;
        let path = self.path(file);
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|mut temporary| {
            temporary.write_all(json.as_bytes())?;
            temporary.persist(&path)?;
            Ok(())
        });
        written.map_err(|error| StoreError::Io(error, path))
    }
}

/// Reads experiments from any file.
///
/// # Errors
/// [`StoreError::Io`] if the file cannot be read, [`StoreError::Read`] or [`StoreError::TooLong`] if
/// it contains no experiment.
pub fn import(path: &Path) -> Result<ExperimentGroup, StoreError> {
    let text = read_text(path)?;
    read(&text).map_err(|error| StoreError::Read(error, path.to_owned()))
}

fn read_text(path: &Path) -> Result<String, StoreError> {
    let failed = |error| StoreError::Io(error, path.to_owned());
    let file = fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(MAX_LEN + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > MAX_LEN {
        return Err(StoreError::TooLong(path.to_owned()));
    }
    Ok(text)
}

/// Returns the group with a name of one line and limited length.
fn with_valid_name(group: &ExperimentGroup) -> ExperimentGroup {
    let words: Vec<&str> = group.name.split_whitespace().collect();
    ExperimentGroup {
        name: words.join(" ").chars().take(MAX_NAME_LEN).collect(),
        ..group.clone()
    }
}

/// The fields that a list needs; the rest of a file is skipped.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    name: String,
    experiments: Option<Vec<ExperimentHead>>,
}

#[derive(Deserialize)]
struct ExperimentHead {
    #[serde(default)]
    made_secs: u64,
    url: String,
    variable: String,
    mode: String,
    link: Option<String>,
    #[serde(default)]
    verdict: String,
}

fn title(one: &ExperimentHead, count: usize) -> String {
    let path = one.url.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or(path);
    let variable = match &one.variable[..] {
        "packet_len" => "packet size",
        "file_size" => "file size",
        other => other,
    };
    let link = match &one.link {
        Some(link) if count == 1 => {
            let same = presets::all().find(|preset| preset.id == link);
            format!(", {}", same.map_or(&link[..], |preset| preset.name))
        }
        _ => String::new(),
    };
    let mode = match (&one.mode[..], count) {
        ("parallel", _) => String::new(),
        (mode, 1) => format!(", {mode}"),
        _ => String::new(),
    };
    let others = match count {
        1 => String::new(),
        count => format!(", {count} side by side"),
    };
    format!("{file} by {variable}{link}{mode}{others}")
}

#[cfg(test)]
mod tests;
