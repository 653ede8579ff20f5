//! The size of the file to compare, as far as it is known without a request.

use lanes_shared::sample;

use super::workspace::Workspace;
use lanes_engine::Source;
use lanes_engine::{Catalogue, Snapshot};

/// Returns the file size from earlier runs, the server's file list or the list of downloads.
pub(super) fn known_len(
    source: &Source,
    snapshot: &Snapshot,
    workspace: &Workspace,
) -> Option<u64> {
    let measured = workspace.experiments.iter().find_map(|one| {
        let is_same = one.plan.source == *source;
        is_same.then_some(one.len).flatten()
    });
    measured.or_else(|| match source {
        Source::Lanes { server, name } => {
            let entries = match snapshot.catalogues.get(server) {
                Some(Catalogue::Ready(entries)) => &entries[..],
                _ => &[],
            };
            let place = entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
            place
                .map(|place| entries[place].len)
                .ok()
                .or_else(|| sample::len_of(name))
        }
        Source::Http(_) => {
            let same = snapshot.downloads.iter().find(|one| one.source == *source);
            same.and_then(|one| one.len)
        }
    })
}
