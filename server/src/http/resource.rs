//! What a target leads to: a file, a folder's page, or a refusal in words.

use std::io;

use super::codec::{Answer, Status, Target};
use super::page::{in_code, page};
use crate::content::file_root::{FileRoot, OpenError};
use crate::content::open_file::OpenFile;

/// What a target leads to.
pub(super) enum Resource {
    /// A file.
    File(OpenFile),
    /// Something that is answered without one.
    Answer(Answer),
}

/// Looks a target up.
pub(super) fn find(files: &FileRoot, target: &Target) -> Resource {
    let Target::Name(name) = target else {
        return Resource::Answer(not_here(""));
    };
    if name.is_empty() {
        return folder(files, "");
    }
    if let Some(name) = name.strip_suffix('/') {
        return folder(files, name);
    }
    let error = match files.open(name) {
        Ok(file) => return Resource::File(file),
        Err(error) => error,
    };
    Resource::Answer(match &error {
        OpenError::NoSuchFile(_) if files.is_dir(name) => {
            let parts: Vec<_> = name
                .split('/')
                .map(|part| in_code(part).to_string())
                .collect();
            Answer::moved(format!("/{}/", parts.join("/")))
        }
        OpenError::NoSuchFile(_) => not_here(name),
        OpenError::Unreadable(_, why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Answer::refusal(Status::Forbidden, &error.to_string())
        }
        OpenError::Unreadable(..) => {
            Answer::refusal(Status::ServiceUnavailable, &error.to_string())
        }
    })
}

fn folder(files: &FileRoot, name: &str) -> Resource {
    Resource::Answer(match files.list_dir(name) {
        Some(entries) => Answer::page(page(name, &entries)),
        None => not_here(name),
    })
}

fn not_here(name: &str) -> Answer {
    let error = OpenError::NoSuchFile(name.to_owned());
    Answer::refusal(Status::NotFound, error.to_string().trim_end_matches(": "))
}
