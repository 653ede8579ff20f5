//! End of an attempt: the file is verified, flushed and given its final name, or the partial file is
//! kept with the reason.

use std::io;
use std::path::Path;

use lanes_shared::checksum::Digest;

use super::damaged_pieces;
use super::progress_reporter::ProgressReporter;
use crate::model::checksum::Checksum;
use crate::model::outcome::{FetchError, Outcome};
use crate::storage::error::StorageError;
use crate::storage::open_download::OpenDownload;
use crate::storage::range_verifier::RangeVerifier;
use crate::telemetry::connection_counters::ConnectionCounters;
use crate::transfer::shared::Transfer;
use crate::transfer::transfer_context::TransferContext;

/// Results of the threads of an attempt, all of which have ended.
pub(crate) struct ThreadResults {
    /// Error that ended the attempt early.
    pub fatal: Option<FetchError>,
    /// Reasons for which connections were lost or refused.
    pub lost: Vec<String>,
    /// Digest of the file, if it is complete and was hashed.
    pub digest: io::Result<Option<Digest>>,
    /// Notices of the revalidation after the last byte.
    pub notices: Vec<String>,
}

/// Verifies and names a complete file; otherwise writes the journal and returns the reason.
pub(crate) fn finish(
    transfer: &Transfer,
    mut results: ThreadResults,
    reporter: &mut ProgressReporter<'_>,
) -> Result<Outcome, FetchError> {
    let workers = transfer.scheduler.target_connections();
    for notice in std::mem::take(&mut results.notices) {
        reporter.notice(notice);
    }
    let digest = std::mem::replace(&mut results.digest, Ok(None));
    let settled = transfer.context.active().filter(|_| transfer.is_settled());
    let result = match (digest, settled) {
        (Ok(digest), Some(active))
            if results.fatal.is_none() && (digest.is_some() || active.hasher.is_none()) =>
        {
            if let Some(notice) = lost_connections(&results.lost, workers) {
                reporter.notice(notice);
            }
            complete(transfer, active, digest, reporter)
        }
        (digest, _) => Err(incomplete(transfer, results, digest.err())),
    };
    let is_changed = matches!(result, Err(FetchError::Changed(_)));
    let active = transfer.context.active();
    if let Some(active) = active.filter(|_| is_changed && transfer.context.taken_over().is_some()) {
        // Some bytes that were taken over are wrong, and the others cannot be told from them.
        active.discard();
        return result;
    }
    if let (Err(_), Some(active)) = (&result, active)
        && active.has_partial_data()
        && !active.file.has_flush_failed()
        && let Err(error) = write_journal(&transfer.context, active)
    {
        reporter.notice(match active.file.is_part() {
            true => StorageError::flush(error, &active.paths.part).to_string(),
            false => {
                let reason = StorageError::write(error, &active.paths.journal);
                format!("This download cannot be resumed later: {reason}")
            }
        });
    }
    result
}

/// Returns why an attempt ended without a complete file.
fn incomplete(
    transfer: &Transfer,
    results: ThreadResults,
    read_error: Option<io::Error>,
) -> FetchError {
    if let Some(error) = results.fatal {
        return error;
    }
    if let (Some(error), Some(active)) = (read_error, transfer.context.active()) {
        let part = active.paths.part.display();
        return FetchError::Failed(format!("cannot read back the part file: {error}: {part}"));
    }
    if transfer.cancel.is_cancelled() {
        return FetchError::Stopped;
    }
    let lost = results.lost.into_iter().next();
    let reason = lost.unwrap_or_else(|| "the download ended early".to_owned());
    if transfer.context.active().is_none() {
        return FetchError::Failed(reason);
    }
    if transfer.scheduler.is_complete() {
        return FetchError::Failed(format!(
            "all bytes have arrived, but the server did not send the digest: {reason}; resume to verify the file"
        ));
    }
    let connections = match transfer.scheduler.target_connections() {
        1 => "connection lost".to_owned(),
        n => format!("all {n} connections lost"),
    };
    FetchError::Failed(format!(
        "{connections}: {reason}; the partial file is kept, resume to continue"
    ))
}

/// Returns the notice about connections that were lost or refused although the file is complete.
fn lost_connections(lost: &[String], workers: usize) -> Option<String> {
    let (count, first) = (lost.len(), lost.first()?);
    Some(format!(
        "{count} of {workers} connections ended early: {first}"
    ))
}

/// Verifies a complete file, flushes it and gives it its final name.
fn complete(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
    reporter: &mut ProgressReporter<'_>,
) -> Result<Outcome, FetchError> {
    let failed = |reason: String| Err(FetchError::Failed(reason));
    let stream = active.file.stream();
    let digest = digest.or_else(|| stream?.digest());
    let expected = active.digest.get();
    if expected.is_some_and(|expected| Some(*expected) != digest) {
        if stream.is_some() {
            return failed(format!(
                "bytes do not match the server's digest; they were written to {} already",
                active.paths.target.display()
            ));
        }
        // The digest does not locate the wrong bytes, so nothing can be kept.
        active.discard();
        return failed(
            "file does not match the server's digest; the partial file was deleted, download again"
                .to_owned(),
        );
    }
    verify(&transfer.context, active, digest)?;
    verify_beside(&transfer.context, active, reporter)?;
    if transfer.context.spec.flush
        && let Err(error) = active.file.flush()
    {
        return failed(StorageError::flush(error, &active.paths.part).to_string());
    }
    if stream.is_some() {
        let target = active.paths.target.clone();
        return Ok(outcome(transfer, active, digest, &target, reporter));
    }
    give_final_name(transfer, active, digest, reporter)
}

/// Gives a verified file its final name. Whatever goes wrong behind that is a notice.
fn give_final_name(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
    reporter: &mut ProgressReporter<'_>,
) -> Result<Outcome, FetchError> {
    let context = &transfer.context;
    if context.spec.remote_time {
        set_remote_time(active, reporter);
    }
    // Experiments, which flush nothing, delete their files.
    if transfer.context.spec.flush {
        let origin = transfer.context.spec.source.without_secrets();
        active.file.mark_origin(origin);
    }
    let target = &active.paths.target;
    let wanted = context.target().unwrap_or(target);
    match active.move_to_final_name(&context.spec.source.full_link(), wanted) {
        Ok((path, notices)) => {
            for notice in notices {
                reporter.notice(notice);
            }
            Ok(outcome(transfer, active, digest, &path, reporter))
        }
        Err(error) => Err(StorageError::write(error, target).into()),
    }
}

/// Sets the time of a file to that of the server.
fn set_remote_time(active: &OpenDownload, reporter: &mut ProgressReporter<'_>) {
    let Some(modified) = active.info.version.modified() else {
        let notice =
            "The server reports no time of the file that can be read: it has that of the download";
        return reporter.notice(notice.to_owned());
    };
    if let Err(error) = active.file.set_modified(modified) {
        reporter.notice(format!("The time of the file could not be set: {error}"));
    }
}

/// Compares a complete file with its known checksums.
///
/// A web server seldom sends a digest, and hashing a file for nothing costs a third of the time. So
/// a file is hashed only if the server (`Repr-Digest`) or the user gives a checksum to compare with.
fn verify(
    context: &TransferContext,
    active: &OpenDownload,
    digest: Option<Digest>,
) -> Result<(), FetchError> {
    let unreadable = |error| FetchError::Failed(format!("cannot read back the part file: {error}"));
    let part = active.paths.part.display();
    let known = [context.spec.checksum.as_ref(), active.checksum.get()];
    for (expected, origin) in known.into_iter().zip(["given", "server's"]) {
        let Some(expected) = expected else { continue };
        if !matches(expected, active, digest).map_err(unreadable)? {
            verify_pieces(context, active).map_err(unreadable)??;
            let name = expected.name();
            return Err(FetchError::Failed(match active.file.stream() {
                Some(_) => format!(
                    "bytes do not match the {origin} {name} checksum; they were written to {part} already"
                ),
                None => format!(
                    "file does not match the {origin} {name} checksum; it was not saved, its data is kept in {part}"
                ),
            }));
        }
    }
    match context.spec.checksum {
        Some(_) => Ok(()),
        None => verify_pieces(context, active).map_err(unreadable)?,
    }
}

/// Compares a complete file with the checksums that stand beside it on the server.
fn verify_beside(
    context: &TransferContext,
    active: &OpenDownload,
    reporter: &mut ProgressReporter<'_>,
) -> Result<(), FetchError> {
    let Some(found) = context.files_beside() else {
        return Ok(());
    };
    if found.is_stopped {
        return Err(FetchError::Stopped);
    }
    let all = 0..active.info.len;
    for (file, expected) in &found.checksums {
        let matches = RangeVerifier::new(&active.file).matches(&all, expected);
        let matches = matches.map_err(|error| {
            FetchError::Failed(format!("cannot read back the part file: {error}"))
        })?;
        if !matches {
            return Err(FetchError::Failed(format!(
                "file does not match the {} checksum in {file}, beside it on the server; it was not saved, its data is kept in {}",
                expected.name(),
                active.paths.part.display()
            )));
        }
    }
    for notice in found.notices() {
        reporter.notice(notice);
    }
    Ok(())
}

/// Compares a complete file with its piece hashes, and marks damaged pieces as missing for a repair
/// attempt.
fn verify_pieces(
    context: &TransferContext,
    active: &OpenDownload,
) -> io::Result<Result<(), FetchError>> {
    let Some(damaged) = damaged_pieces::invalidate_damaged(context, active)? else {
        return Ok(Ok(()));
    };
    Ok(Err(FetchError::Damaged(match context.carried.is_last() {
        false => damaged,
        true => format!(
            "{damaged}, even after fetching them again; the file was not saved, resume to retry them (the good pieces are kept in {})",
            active.paths.part.display()
        ),
    })))
}

/// Returns the number of connections that brought bytes. One may be opened for nothing: it is refused, or the
/// others fetch the file before it is open. An experiment is about the connections that it opens, of which
/// `started` were.
fn used_connections(transfer: &Transfer, started: usize) -> usize {
    let spec = &transfer.context.spec;
    match spec.open_all_connections && spec.source.lanes_server().is_some() {
        true => transfer.scheduler.target_connections().min(started),
        false => transfer.counters.used_connections().max(1),
    }
}

fn outcome(
    transfer: &Transfer,
    active: &OpenDownload,
    digest: Option<Digest>,
    path: &Path,
    reporter: &ProgressReporter<'_>,
) -> Outcome {
    let meters = transfer.counters.connections().iter();
    let beside = transfer.context.files_beside();
    Outcome {
        path: path.to_owned(),
        bytes: active.info.len,
        elapsed: transfer.context.started.elapsed(),
        connections: used_connections(transfer, reporter.started) as u16,
        resumed_bytes: transfer.context.resumed(),
        retries: meters.map(ConnectionCounters::retries).sum(),
        digest,
        checked: verified_digests(&transfer.context, active),
        beside: beside.map(|found| Box::new(found.names())),
        link_report: transfer.duties.link_report().copied(),
        notices: reporter.notices.clone(),
    }
}

/// Returns the names of the digests that the file matched.
fn verified_digests(context: &TransferContext, active: &OpenDownload) -> Vec<&'static str> {
    let blake3 = active.digest.get().map(|_| "BLAKE3");
    let checksums = [context.spec.checksum.as_ref(), active.checksum.get()];
    let pieces = context.spec.pieces.as_ref();
    let pieces = pieces.filter(|_| context.spec.checksum.is_none());
    let beside = context.files_beside().into_iter();
    let beside = beside.flat_map(|found| &found.checksums);
    let all = blake3
        .into_iter()
        .chain(checksums.into_iter().flatten().map(Checksum::name))
        .chain(pieces.map(|pieces| pieces.name()))
        .chain(beside.map(|(_, checksum)| checksum.name()));
    let mut names = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns whether the complete file has the `expected` checksum.
fn matches(expected: &Checksum, active: &OpenDownload, digest: Option<Digest>) -> io::Result<bool> {
    match (active.file.stream(), expected) {
        (Some(stream), expected) => Ok(stream.matches(expected).unwrap_or(false)),
        (None, Checksum::Blake3(expected)) => Ok(Some(*expected) == digest),
        _ => RangeVerifier::new(&active.file).matches(&(0..active.info.len), expected),
    }
}

/// Writes the journal. The packet bitmap is read before the flush, so that the journal never claims
/// bytes that are not on the disk.
pub(crate) fn write_journal(context: &TransferContext, active: &OpenDownload) -> io::Result<()> {
    if active.file.stream().is_some() || active.file.is_final() {
        return Ok(());
    }
    let journal = active.present_journal(context.spec.source.full_link())?;
    if context.spec.flush {
        active.file.flush()?;
    }
    active.save_journal(&journal, context.spec.flush)
}
