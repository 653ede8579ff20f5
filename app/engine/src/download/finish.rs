//! How a download ends: checked, flushed and named, or kept for another time with the reason.

use std::io;
use std::path::Path;

use lanes_shared::checksum::Digest;

use super::piece_repair;
use super::progress_reporter::Reporter;
use crate::model::checksum::Checksum;
use crate::model::outcome::{FetchError, Outcome};
use crate::storage::download_file::OpenDownload;
use crate::storage::file_checksum::ChecksumHasher;
use crate::storage::part_store::write_error;
use crate::transfer::shared::Transfer;

/// What the director heard until the last thread ended.
pub(crate) struct Progress {
    /// Why the download could not go on, if something said so.
    pub fatal: Option<FetchError>,
    /// Why connections were lost or refused.
    pub lost: Vec<String>,
    /// The digest of the whole file, when it is whole.
    pub hashed: io::Result<Option<Digest>>,
}

/// Decides how a download ended, all of whose threads have.
pub(crate) fn conclude(
    transfer: &Transfer,
    mut course: Progress,
    reporter: &mut Reporter<'_>,
) -> Result<Outcome, FetchError> {
    let workers = transfer.target_connections();
    let hashed = std::mem::replace(&mut course.hashed, Ok(None));
    let settled = transfer.active().filter(|_| transfer.is_settled());
    let ended = match (hashed, settled) {
        (Ok(digest), Some(active))
            if course.fatal.is_none() && (digest.is_some() || active.hasher.is_none()) =>
        {
            if let Some(notice) = lost_in_words(&course.lost, workers) {
                reporter.notice(notice);
            }
            accept(transfer, active, digest, reporter)
        }
        (hashed, _) => Err(unfinished(transfer, course, hashed.err())),
    };
    if let (Err(_), Some(active)) = (&ended, transfer.active())
        && active.has_partial_data()
        && let Err(error) = write_journal(transfer, active)
    {
        let what = write_error(&error, &active.paths.journal);
        reporter.notice(format!("What came so far cannot be taken up later: {what}"));
    }
    ended
}

/// Why a download has no whole file.
fn unfinished(transfer: &Transfer, course: Progress, unread: Option<io::Error>) -> FetchError {
    if let Some(error) = course.fatal {
        return error;
    }
    if let (Some(error), Some(active)) = (unread, transfer.active()) {
        let part = active.paths.part.display();
        return FetchError::Failed(format!(
            "cannot read back what was written: {error}: {part}"
        ));
    }
    if transfer.cancel.is_cancelled() {
        return FetchError::Stopped;
    }
    let reason = course
        .lost
        .into_iter()
        .next()
        .unwrap_or_else(|| "it ended early".to_owned());
    FetchError::Failed(match (transfer.active(), transfer.is_complete()) {
        (None, _) => reason,
        (Some(_), true) => {
            format!(
                "every byte is here, but the server did not say the digest: {reason}. Resume to check it"
            )
        }
        (Some(_), false) => {
            let all = transfer.target_connections();
            let subject = if all == 1 {
                "the connection is".into()
            } else {
                format!("all {all} connections are")
            };
            format!("{subject} gone: {reason}. What came is kept; resume to go on")
        }
    })
}

/// What to say of connections that were lost or refused although the file is whole.
fn lost_in_words(lost: &[String], workers: usize) -> Option<String> {
    let first = lost.first()?;
    Some(format!(
        "{} of {workers} connections were not used to the end: {first}",
        lost.len()
    ))
}

/// Checks a whole file, and gives it its name.
fn accept(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
    reporter: &Reporter<'_>,
) -> Result<Outcome, FetchError> {
    let failed = |reason: String| Err(FetchError::Failed(reason));
    if active
        .digest
        .get()
        .is_some_and(|said| Some(*said) != digest)
    {
        // Nothing tells which bytes are wrong, so none of them is worth keeping.
        active.discard();
        return failed("the file does not have the digest that the server gave for it; what came was deleted, try again".into());
    }
    check(transfer, active, digest)?;
    if transfer.request.flush
        && let Err(error) = active.file.flush()
    {
        return failed(write_error(&error, &active.paths.part));
    }
    let target = &active.paths.target;
    let wanted = transfer.target().unwrap_or(target);
    match active.file.move_to_final_name(&active.paths, wanted) {
        Ok(path) => Ok(outcome(transfer, active, digest, &path, reporter)),
        Err(error) => failed(write_error(&error, target)),
    }
}

/// Compares a whole file with the checksums that are known of it.
fn check(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
) -> Result<(), FetchError> {
    let unread = |error| FetchError::Failed(format!("cannot read back what was written: {error}"));
    let part = active.paths.part.display();
    let given = [transfer.request.checksum.as_ref(), active.checksum.get()];
    for (expected, who) in given
        .into_iter()
        .zip(["that was given", "that the server gave"])
    {
        let Some(expected) = expected else { continue };
        if !has_checksum(expected, active, digest).map_err(unread)? {
            check_pieces(transfer, active).map_err(unread)??;
            let name = expected.name();
            return Err(FetchError::Failed(format!(
                "the file does not have the {name} checksum {who} for it; it was not saved, its bytes are kept in {part}"
            )));
        }
    }
    match transfer.request.checksum {
        Some(_) => Ok(()),
        None => check_pieces(transfer, active).map_err(unread)?,
    }
}

/// Looks for wrong pieces. What was found is struck from the books, for another round to fetch it.
fn check_pieces(transfer: &Transfer, active: &OpenDownload) -> io::Result<Result<(), FetchError>> {
    let Some(wrong) = piece_repair::strike_wrong(transfer, active)? else {
        return Ok(Ok(()));
    };
    Ok(Err(FetchError::Damaged(match transfer.round.is_last() {
        false => wrong,
        true => format!(
            "{wrong}, also after they were fetched again; the file was not saved. What is right is kept in {}, resume to try the rest once more",
            active.paths.part.display()
        ),
    })))
}

fn outcome(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
    path: &Path,
    reporter: &Reporter<'_>,
) -> Outcome {
    Outcome {
        path: path.to_owned(),
        bytes: active.info.len,
        elapsed: transfer.started.elapsed(),
        connections: transfer.target_connections().min(reporter.started) as u16,
        resumed_bytes: transfer.resumed(),
        retries: transfer
            .meters
            .iter()
            .map(crate::telemetry::connection_counters::ConnectionCounters::retries)
            .sum(),
        digest,
        checked: checked(transfer, active),
        link_report: transfer.link_report.get().copied(),
        notices: reporter.notices.clone(),
    }
}

/// The names of the digests that the file was found to have.
fn checked(transfer: &Transfer, active: &OpenDownload) -> Vec<&'static str> {
    let blake3 = active.digest.get().map(|_| "BLAKE3");
    let given = [transfer.request.checksum.as_ref(), active.checksum.get()];
    let pieces = transfer.request.pieces.as_ref();
    let by_pieces = pieces.filter(|_| transfer.request.checksum.is_none());
    let mut names: Vec<_> = blake3
        .into_iter()
        .chain(given.into_iter().flatten().map(Checksum::name))
        .chain(by_pieces.map(|pieces| pieces.name()))
        .collect();
    names.dedup();
    names
}

/// Whether the whole file has this digest.
fn has_checksum(
    expected: &Checksum,
    active: &OpenDownload,
    digest: Option<Digest>,
) -> io::Result<bool> {
    match expected {
        Checksum::Blake3(expected) => Ok(Some(*expected) == digest),
        _ => ChecksumHasher::new(&active.file).matches(&(0..active.info.len), expected),
    }
}

/// Writes down what is there. The map is read before the flush: what it says is then on the disk.
pub(crate) fn write_journal(transfer: &Transfer, active: &OpenDownload) -> io::Result<()> {
    let journal = active.journal(transfer.request.source.to_string());
    if transfer.request.flush {
        active.file.flush()?;
    }
    active.file.link_at(&active.paths.part)?;
    journal.write(&active.paths.journal, transfer.request.flush)
}
