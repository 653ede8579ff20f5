//! Reads and writes lists in the background.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lanes_engine::{DownloadId, DownloadSpec, Engine};

use crate::link_list::{self, Entry, ListFileError};
use crate::ui::background::Background;
use crate::ui::message::{JobResult, ListFormat};

impl Background {
    /// Reads a list.
    pub(crate) fn read_list(&mut self, path: PathBuf) {
        self.run("list-read", move || {
            Some(match read(&path) {
                Ok(specs) => JobResult::List(path, specs),
                Err(words) => JobResult::Failed(words),
            })
        });
    }

    /// Writes the downloads with these ids into a folder.
    pub(crate) fn export_list(
        &mut self,
        engine: Arc<Engine>,
        ids: Vec<DownloadId>,
        format: ListFormat,
        folder: PathBuf,
    ) {
        self.export(folder, move || {
            let specs = ids.into_iter().filter_map(|id| engine.spec(id));
            let specs: Vec<DownloadSpec> = specs.collect();
            let (name, text) = match format {
                ListFormat::Aria2 => ("lanes-downloads.txt", link_list::aria2_file(&specs)),
                ListFormat::Json => ("lanes-downloads.json", link_list::json_file(&specs)),
            };
            Ok(vec![(name.to_owned(), text.into_bytes())])
        });
    }
}

fn read(path: &Path) -> Result<Vec<DownloadSpec>, String> {
    let list = link_list::read(path).map_err(|error| match error {
        ListFileError::Read { .. } => format!("Cannot read {error}"),
        error => error.to_string(),
    })?;
    let specs: Vec<DownloadSpec> = list.entries.iter().filter_map(Entry::to_spec).collect();
    match specs.is_empty() {
        true => Err(ListFileError::Empty(path.to_owned()).to_string()),
        false => Ok(specs),
    }
}
