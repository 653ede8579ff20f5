//! `lanes get --input-file`: one download for each link of a list.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{GetArgs, batch, destination, fetch_one, note};
use crate::cli::failure::Failure;
use crate::link_list::{self, Entry, MAX_LEN};
use lanes_engine::{CancelToken, Destination, DownloadSpec};

/// Reason why a list cannot be used.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error("{}: {error}", .path.display())]
    Read {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: longer than 64 MiB: split the list", .0.display())]
    TooLong(PathBuf),
    #[error("{}: {error}", .path.display())]
    Parse {
        path: PathBuf,
        error: link_list::ListError,
    },
    #[error("{}: no links", .0.display())]
    Empty(PathBuf),
    #[error("--input-file lists {0} files: --output must be a folder, with a trailing slash")]
    FileForMany(usize),
    #[error("--input-file: --checksum and --same-file apply to one file only")]
    SingleFileOption,
}

/// Downloads the files of the list at `path`, or of the standard input if that is `-`.
pub(super) fn run(args: &GetArgs, path: &Path, stop: &CancelToken) -> Result<(), Failure> {
    let text = read(path).map_err(Failure::usage)?;
    let list = link_list::parse(&text).map_err(|error| {
        Failure::usage(ListError::Parse {
            path: path.to_owned(),
            error,
        })
    })?;
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
    check(args, path, entries.len()).map_err(Failure::usage)?;
    let requests: Result<Vec<DownloadSpec>, Failure> =
        entries.iter().map(|entry| request(args, entry)).collect();
    match &requests?[..] {
        [only] => fetch_one(args, only, stop).map(drop),
        requests => batch::run(args, requests, requests.len(), stop),
    }
}

fn read(path: &Path) -> Result<String, ListError> {
    let failed = |error| ListError::Read {
        path: path.to_owned(),
        error,
    };
    let mut bytes = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin()
            .lock()
            .take(MAX_LEN + 1)
            .read_to_end(&mut bytes),
        false => std::fs::File::open(path)
            .and_then(|file| file.take(MAX_LEN + 1).read_to_end(&mut bytes)),
    };
    read.map_err(failed)?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(ListError::TooLong(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| failed(std::io::Error::other(error)))
}

/// Refuses an empty list, and options that apply to a single file.
fn check(args: &GetArgs, path: &Path, files: usize) -> Result<(), ListError> {
    let output = args.output.as_deref().map(destination);
    if files == 0 {
        return Err(ListError::Empty(path.to_owned()));
    }
    if files > 1 && matches!(output, Some(Destination::File(_) | Destination::Stdout)) {
        return Err(ListError::FileForMany(files));
    }
    match files > 1 && args.has_single_file_option() {
        true => Err(ListError::SingleFileOption),
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
