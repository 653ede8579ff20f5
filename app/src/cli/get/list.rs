//! `lanes get --input-file`: one download for each link of a list.

use std::collections::HashSet;
use std::path::Path;

use super::{GetArgs, batch, destination, fetch_one, note};
use crate::cli::failure::Failure;
use crate::link_list::{self, Entry, LinkList, ListFileError};
use lanes_engine::{CancelToken, Destination, DownloadSpec};

/// Reason why the options do not go with a list.
#[derive(Debug, thiserror::Error)]
enum OptionsError {
    #[error("--input-file lists {0} files: --output must be a folder, with a trailing slash")]
    FileForMany(usize),
    #[error("--input-file: --checksum and --same-file apply to one file only")]
    SingleFileOption,
}

/// Downloads the files of the list at `path`, or of the standard input if that is `-`.
pub(super) fn run(args: &GetArgs, path: &Path, stop: &CancelToken) -> Result<(), Failure> {
    let list = read(path).map_err(Failure::usage)?;
    for (line, option) in &list.ignored {
        note(
            args,
            &format!(
                "{}: line {line}: the option {option} has no effect",
                path.display()
            ),
        );
    }
    let mut seen = HashSet::new();
    let is_new = |entry: &&Entry| seen.insert((entry.links[0].full_link(), entry.name.clone()));
    let entries: Vec<&Entry> = list.entries.iter().filter(is_new).collect();
    let repeated = list.entries.len() - entries.len();
    if repeated > 0 {
        note(
            args,
            &format!("{repeated} links are listed twice and downloaded once"),
        );
    }
    check(args, entries.len()).map_err(Failure::usage)?;
    let requests: Result<Vec<DownloadSpec>, Failure> =
        entries.iter().map(|entry| request(args, entry)).collect();
    match &requests?[..] {
        [only] => fetch_one(args, only, stop).map(drop),
        requests => batch::run(args, requests, requests.len(), stop),
    }
}

fn read(path: &Path) -> Result<LinkList, ListFileError> {
    match path.as_os_str() == "-" {
        true => link_list::read_from(path, std::io::stdin().lock()),
        false => link_list::read(path),
    }
}

/// Refuses options that apply to a single file.
fn check(args: &GetArgs, files: usize) -> Result<(), OptionsError> {
    let output = args.output.as_deref().map(destination);
    if files > 1 && matches!(output, Some(Destination::File(_) | Destination::Stdout)) {
        return Err(OptionsError::FileForMany(files));
    }
    match files > 1 && args.has_single_file_option() {
        true => Err(OptionsError::SingleFileOption),
        false => Ok(()),
    }
}

fn request(args: &GetArgs, entry: &Entry) -> Result<DownloadSpec, Failure> {
    let mut links = entry.links.iter().cloned();
    let source = links
        .next()
        .ok_or_else(|| Failure::usage(super::UsageError::NoUrl))?;
    let mut request = DownloadSpec::new(source);
    request.mirrors = links.collect();
    super::apply_options(args, &mut request)?;
    if entry.checksum.is_some() {
        request.checksum.clone_from(&entry.checksum);
    }
    request.http.headers.extend(entry.headers.iter().cloned());
    let folder = match (&entry.folder, &request.destination) {
        (Some(folder), _) | (None, Destination::Folder(folder)) => Some(folder.clone()),
        _ => None,
    };
    request.destination = match (folder, &entry.name) {
        (Some(folder), Some(name)) => Destination::File(folder.join(name)),
        (None, Some(name)) => Destination::File(lanes_engine::default_folder().0.join(name)),
        (Some(folder), None) => Destination::Folder(folder),
        (None, None) => request.destination,
    };
    request.check().map_err(Failure::usage)?;
    Ok(request)
}
