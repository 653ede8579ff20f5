//! Kept experiments: a folder with a JSON file for each.
//!
//! 1. Every experiment that has ended is put here. Those that nobody named are kept for a while: the
//!    oldest go when there are more than [`MAX_UNNAMED`]. Named ones stay until they are removed.
//! 2. A file is written beside its place and then moved there, so that none is ever half of one.
//! 3. A file that cannot be read is set aside under another name, never deleted, and stops nothing.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use lanes_shared::link::presets::PRESETS;
use serde::Deserialize;

use crate::lab::export::{ExperimentGroup, ExportError, ReadError, read, to_json};

/// How many experiments without a name are kept.
pub const MAX_UNNAMED: usize = 30;
/// How many experiments with a name are kept.
pub const MAX_NAMED: usize = 300;
/// The longest file that is read, in bytes.
const MAX_LEN: u64 = 64 << 20;
/// The longest name, in characters.
const MAX_NAME: usize = 80;

/// A folder of kept experiments. It need not be there yet.
#[derive(Debug, Clone)]
pub struct ExperimentStore {
    folder: PathBuf,
}

/// What is on a shelf.
#[derive(Debug, Clone, Default)]
pub struct StoreContents {
    /// The kept experiments, newest first.
    pub items: Vec<StoredExperiment>,
    /// How many files could not be read and were set aside just now.
    pub quarantined: usize,
}

/// A kept experiment, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExperiment {
    /// The name of its file.
    pub file: String,
    /// The name that somebody gave it; empty where nobody did.
    pub name: String,
    /// When it was begun, in seconds since the start of 1970; 0 where nobody knows.
    pub made_secs: u64,
    /// What was compared, in a few words.
    pub title: String,
    /// What came of it.
    pub verdict: String,
}

impl StoredExperiment {
    /// The name, or else what was compared.
    pub fn label(&self) -> &str {
        if self.name.is_empty() {
            &self.title
        } else {
            &self.name
        }
    }
}

/// Why something could not be done with kept experiments.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be used.
    #[error("{0}: {1}")]
    Io(#[source] io::Error, PathBuf),
    /// It is longer than any experiment.
    #[error("it is longer than {max} MB: {0}", max = MAX_LEN >> 20)]
    TooLong(PathBuf),
    /// It holds no experiment.
    #[error("{0}: {1}")]
    Read(#[source] ReadError, PathBuf),
    /// The experiments cannot be written.
    #[error(transparent)]
    Write(#[from] ExportError),
    /// There are too many already.
    #[error("{MAX_NAMED} named experiments are kept already: remove one first")]
    Full,
}

impl ExperimentStore {
    /// The shelf in a folder, which is made when the first experiment is put there.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What is there. Files that cannot be read are set aside.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn list(&self) -> Result<StoreContents, StoreError> {
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
        let newest =
            |item: &StoredExperiment| (std::cmp::Reverse(item.made_secs), item.file.clone());
        contents.items.sort_by_key(newest);
        Ok(contents)
    }

    /// Puts experiments there and returns the name of their file. Without a name they may go when many
    /// others have come.
    ///
    /// # Errors
    /// When they cannot be written, or there are too many with a name.
    pub fn save(&self, kept: &ExperimentGroup) -> Result<String, StoreError> {
        let kept = &tidied(kept);
        let contents = self.list()?;
        let named = contents.items.iter().filter(|item| !item.name.is_empty());
        if !kept.name.is_empty() && named.count() >= MAX_NAMED {
            return Err(StoreError::Full);
        }
        fs::create_dir_all(&self.folder)
            .map_err(|error| StoreError::Io(error, self.folder.clone()))?;
        let made = kept.experiments.first().map_or(0, |one| one.made_secs);
        let names = (0..).map(|again: u32| match again {
            0 => format!("{made}.json"),
            again => format!("{made}-{again}.json"),
        });
        let mut free = names.filter(|name| !self.path(name).exists());
        // Names never run out.
        let file = free.next().unwrap_or_default();
        self.write(&file, kept)?;
        let unnamed = contents.items.iter().filter(|item| item.name.is_empty());
        // The one that was just put there is the newest of them.
        let room = MAX_UNNAMED - usize::from(kept.name.is_empty());
        for old in unnamed.skip(room) {
            self.remove(&old.file)?;
        }
        Ok(file)
    }

    /// Gives kept experiments a name; an empty one takes it away.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn rename(&self, file: &str, name: &str) -> Result<(), StoreError> {
        let mut kept = self.load(file)?;
        name.clone_into(&mut kept.name);
        self.write(file, &tidied(&kept))
    }

    /// Reads kept experiments. A file that cannot be read is set aside.
    ///
    /// # Errors
    /// When it is not there, or holds none.
    pub fn load(&self, file: &str) -> Result<ExperimentGroup, StoreError> {
        let opened = import(&self.path(file));
        if matches!(opened, Err(StoreError::Read(..) | StoreError::TooLong(_))) {
            self.quarantine(file);
        }
        opened
    }

    /// Removes kept experiments.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove(&self, file: &str) -> Result<(), StoreError> {
        let path = self.path(file);
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

    /// The names of the files that are kept experiments.
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

    fn quarantine(&self, file: &str) {
        let aside = self.path(&format!("{file}.broken"));
        if let Err(error) = fs::rename(self.path(file), &aside) {
            tracing::warn!("a broken experiment stays where it is: {error}: {file}");
        }
    }

    fn write(&self, file: &str, kept: &ExperimentGroup) -> Result<(), StoreError> {
        let json = to_json(kept)?;
        let path = self.path(file);
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|mut temporary| {
            temporary.write_all(json.as_bytes())?;
            temporary.persist(&path)?;
            Ok(())
        });
        written.map_err(|error| StoreError::Io(error, path))
    }
}

/// Reads experiments from a file anywhere.
///
/// # Errors
/// When it cannot be read, or holds none.
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

/// With a name that fits into a line of a list.
fn tidied(kept: &ExperimentGroup) -> ExperimentGroup {
    let name = kept.name.split_whitespace().collect::<Vec<_>>().join(" ");
    ExperimentGroup {
        name: name.chars().take(MAX_NAME).collect(),
        ..kept.clone()
    }
}

/// What a list needs to know; the rest of a file is passed over.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    name: String,
    experiments: Option<Vec<HeadOfOne>>,
}

#[derive(Deserialize)]
struct HeadOfOne {
    #[serde(default)]
    made_secs: u64,
    url: String,
    variable: String,
    mode: String,
    link: Option<String>,
    #[serde(default)]
    verdict: String,
}

fn title(one: &HeadOfOne, count: usize) -> String {
    let file = one.url.rsplit('/').next().unwrap_or(&one.url);
    let variable = match &one.variable[..] {
        "packet_len" => "packet size",
        "file_size" => "file size",
        other => other,
    };
    let link = match &one.link {
        Some(link) if count == 1 => {
            let same = PRESETS.iter().find(|preset| preset.id == link);
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
