//! Collects the known length, the name, and whether the part file begins as HTML, so that a log-in page is
//! not saved as the file.

use crate::model::file_name::split_extension;
use crate::model::spec::{Destination, DownloadSpec};
use crate::protocol::http::parse::page_content::looks_like_page;
use crate::scheduling::mirror::Mirror;
use crate::storage::open_download::OpenDownload;
use crate::transfer::shared::Transfer;

/// Bytes of the part file that are looked at.
const SAMPLE_LEN: u64 = 512;
/// Extensions under which a user may save a page.
const NEUTRAL: [&str; 9] = [
    ".txt", ".text", ".md", ".out", ".log", ".tmp", ".page", ".xml", ".json",
];

/// Records the facts for the responses of `mirror`.
pub(super) fn record(transfer: &Transfer, mirror: &Mirror) {
    let (plan, expected) = (&transfer.context, &mirror.expected);
    if let Some(len) = plan.spec.len {
        expected.set_len(len);
    }
    let target = plan.target().and_then(|target| target.file_name());
    let target = target.map(|name| name.to_string_lossy().into_owned());
    if let Some(name) = target.or_else(|| given_name(&plan.spec)) {
        expected.set_name(|| name);
    }
    if expected.is_page().is_none()
        && let Some(is_page) = plan.active().and_then(begins_as_page)
    {
        expected.set_is_page(is_page);
    }
}

/// Returns the name that the user gives the file, unless a page may have it too.
fn given_name(spec: &DownloadSpec) -> Option<String> {
    let name = match (&spec.name, &spec.destination) {
        (Some(name), _) => name.clone(),
        (None, Destination::File(path)) => path.file_name()?.to_string_lossy().into_owned(),
        (None, _) => return None,
    };
    let extension = split_extension(&name).1.to_ascii_lowercase();
    (!NEUTRAL.contains(&&extension[..])).then_some(name)
}

/// Returns whether the part file of an earlier attempt begins as a page; `None` if its beginning is missing.
fn begins_as_page(active: &OpenDownload) -> Option<bool> {
    let len = active.plan.file_len().min(SAMPLE_LEN);
    if active.resumed == 0 || len == 0 || !active.packets.has(0) || active.file.stream().is_some() {
        return None;
    }
    let mut beginning = vec![0; len as usize];
    active.file.read_at(0, &mut beginning).ok()?;
    Some(looks_like_page(&beginning))
}
