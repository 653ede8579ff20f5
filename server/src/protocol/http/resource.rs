//! What a target leads to: a file, a folder's page, or a refusal in words.

use std::io;

use super::codec::{Response, Status, Target};
use super::index_page::{index_page, url_encode};
use crate::content::file_root::{FileRoot, OpenError};
use crate::content::open_file::OpenFile;

/// What a target leads to.
pub(crate) enum Resource {
    /// A file.
    File(OpenFile),
    /// Something that is answered without one.
    Response(Response),
}

/// Looks a target up.
pub(crate) fn find(files: &FileRoot, target: &Target) -> Resource {
    let Target::Path(name) = target else {
        return Resource::Response(not_here(""));
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
    Resource::Response(match &error {
        OpenError::NoSuchFile(_) if files.is_dir(name) => {
            let parts: Vec<_> = name
                .split('/')
                .map(|part| url_encode(part).to_string())
                .collect();
            Response::redirect(format!("/{}/", parts.join("/")))
        }
        OpenError::NoSuchFile(_) => not_here(name),
        OpenError::Unreadable(_, why) if why.kind() == io::ErrorKind::PermissionDenied => {
            Response::error(Status::Forbidden, &error.to_string())
        }
        OpenError::Unreadable(..) => {
            Response::error(Status::ServiceUnavailable, &error.to_string())
        }
    })
}

fn folder(files: &FileRoot, name: &str) -> Resource {
    Resource::Response(match files.list_dir(name) {
        Some(entries) => Response::html(index_page(name, &entries)),
        None => not_here(name),
    })
}

fn not_here(name: &str) -> Response {
    let error = OpenError::NoSuchFile(name.to_owned());
    Response::error(Status::NotFound, error.to_string().trim_end_matches(": "))
}
