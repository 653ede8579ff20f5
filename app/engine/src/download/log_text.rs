//! Texts of the lines that a download writes to its log.

use lanes_shared::size;

use crate::model::display_text::connections;
use crate::model::outcome::Outcome;
use crate::storage::open_download::OpenDownload;
use crate::telemetry::timeline_recorder::format_duration;
use crate::transfer::shared::Transfer;

/// Returns the first line of an attempt.
pub(crate) fn requesting(transfer: &Transfer) -> String {
    let source = &transfer.context.spec.source;
    match transfer.counters.allowed() {
        n if transfer.context.spec.auto_limit().is_some() => {
            format!("Requesting {source} over up to {n} connections, as many as pay off")
        }
        n => format!("Requesting {source} over {}", connections(n)),
    }
}

/// Returns the line that says that the limit per server allows fewer connections than requested.
pub(crate) fn limited(transfer: &Transfer) -> Option<String> {
    let spec = &transfer.context.spec;
    let requested = spec.mode.connections(spec.connections);
    let is_limited = usize::from(requested) > transfer.counters.allowed() && !spec.auto;
    is_limited.then(|| {
        let limit = spec.per_host;
        let requested = connections(requested.into());
        format!("{requested} requested, limited to {limit} per web server")
    })
}

/// Returns the line for the first response, which gives the file's length.
pub(crate) fn file_size(active: &OpenDownload) -> String {
    let len = size::text(active.info.len);
    let size = match active.plan.count() {
        1 => format!("The file has {len} in 1 packet"),
        n => format!("The file has {len} in {n} packets"),
    };
    match active.resumed {
        0 => size,
        resumed => format!("{size}; {} resumed", size::text(resumed)),
    }
}

/// Returns the line for connections that were not opened, because the first `opened` were enough.
pub(crate) fn not_needed(opened: usize) -> String {
    match opened {
        1 => "Finished before a second connection would have helped".to_owned(),
        n => format!("Finished before more than {n} connections would have helped"),
    }
}

/// Returns the last line of a finished download.
pub(crate) fn finished(outcome: &Outcome) -> String {
    let elapsed = format_duration(outcome.elapsed);
    let path = outcome.path.display();
    match outcome.checked.as_slice() {
        [] => format!("Finished in {elapsed}, length verified: {path}"),
        digests => {
            let digests = digests.join(" and ");
            format!("Finished in {elapsed}, {digests} verified: {path}")
        }
    }
}
