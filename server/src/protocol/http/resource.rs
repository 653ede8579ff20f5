//! Maps the target of a request to a file, a directory listing, or an error.

use std::io;

use super::codec::{Response, Status, Target};
use super::index_page::{index_page, url_encode};
use crate::content::file_root::{FileRoot, OpenError};
use crate::content::open_file::OpenFile;

/// The resource that a target names.
pub(super) enum Resource {
    /// A file.
    File(OpenFile),
    /// A complete response without file bytes.
    Response(Response),
}

/// Finds the resource of a target.
pub(super) fn find(files: &FileRoot, target: &Target) -> Resource {
    let Target::Path(path) = target else {
        return Resource::Response(not_found(""));
    };
    if path.is_empty() {
        return directory(files, "");
    }
    if let Some(name) = path.strip_suffix('/') {
        return directory(files, name);
    }
    let error = match files.open(path) {
        Ok(file) => return Resource::File(file),
        Err(error) => error,
    };
    Resource::Response(match &error {
        OpenError::NoSuchFile(_) if files.is_dir(path) => {
            let segments: Vec<_> = path
                .split('/')
                .map(|segment| url_encode(segment).to_string())
                .collect();
            Response::redirect(format!("/{}/", segments.join("/")))
        }
        OpenError::NoSuchFile(_) => not_found(path),
        OpenError::Unreadable(_, why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Response::error(Status::Forbidden, &error)
        }
        OpenError::Unreadable(..) => Response::error(Status::ServiceUnavailable, &error),
    })
}

fn directory(files: &FileRoot, name: &str) -> Resource {
    Resource::Response(match files.list_dir(name) {
        Some(listing) => Response::html(index_page(name, &listing)),
        None => not_found(name),
    })
}

fn not_found(name: &str) -> Response {
    let message = OpenError::NoSuchFile(name.to_owned()).to_string();
    Response::error(Status::NotFound, &message.trim_end_matches(": "))
}
