//! Revalidates the file after its last byte: one more request shows whether it is still the same on the
//! server.
//!
//! The request is for the beginning of the file, which arrived first: if the file was overwritten
//! meanwhile, its beginning differs even where the validators stay. A file that was cut differs only at its
//! end, which a second request is for: servers with `sendfile` deliver what was on its way, with zeros from
//! the cut to the end of that page. If the validators differ, other nodes of the server are asked, and bytes
//! are compared, before the download is given up. Content that is generated for each response always
//! differs; if it came in one response, it is accepted.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::comparison_request::{self, Compared, Comparison};
use super::server_connection::ServerConnection;
use super::{mirror_comparison, permit_wait};
use crate::model::outcome::FetchError;
use crate::model::resource_info::Version;
use crate::protocol::error::{Mismatch, Rejection, RequestError};
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::scheduling::mirror::Mirror;
use crate::storage::open_download::OpenDownload;
use crate::storage::sample_comparison::{first_sample, last_sample};
use crate::transfer::events::Event;
use crate::transfer::shared::Transfer;

/// Advantage of an open connection over one that must be made, when both could revalidate.
const HEAD_START: Duration = Duration::from_millis(10);
/// Requests over new connections that may reach the first version.
const MAX_RECONNECTS: u32 = 3;
/// Time before the second request. A server that reports the present time as that of the last change
/// reports another one by then.
const PAUSE: Duration = Duration::from_millis(1100);
/// Samples that are compared if the validators tell nothing.
const SAMPLES: u64 = 16;
/// The end of the file is compared if the download took this many times as long as a request, so that it costs no
/// more than a twentieth.
const END_FACTOR: u32 = 20;
/// Samples that are compared with each further server.
const MIRROR_SAMPLES: u64 = 8;

/// Revalidates over `connection`, if the file is complete and no other connection does.
pub(super) fn run_if_due(connection: &mut ServerConnection<'_>) {
    let transfer = connection.transfer;
    let duty = &transfer.duties.revalidation;
    if !transfer.scheduler.is_complete() || duty.is_settled() {
        return;
    }
    if !connection.is_connected() && transfer.cancel.sleep(HEAD_START) {
        return;
    }
    if duty.claim() {
        run(connection);
    }
}

/// Revalidates over a new connection, if no worker has.
pub(crate) fn run_alone(transfer: &Transfer, pool: &ConnectionPool) {
    let duty = &transfer.duties.revalidation;
    if duty.is_settled() || !duty.claim() {
        return;
    }
    if let Some((mirror, permit)) = permit_wait::acquire(transfer) {
        let seat = transfer.ways.take(0, mirror.index, &transfer.counters[0]);
        if let Ok(mut connection) =
            ServerConnection::new(transfer, pool, 0, (mirror, &permit, &seat), None)
        {
            run(&mut connection);
        }
        transfer.context.mirrors.release(mirror.index, 0.0, true);
    }
    duty.finish();
}

fn run(connection: &mut ServerConnection<'_>) {
    let transfer = connection.transfer;
    if let Some(file) = transfer.context.active() {
        let end = revalidate(connection, file).and_then(|error| match error {
            None => compare_mirrors(connection, file),
            error => Ok(error),
        });
        match end {
            Ok(Some(error)) if !transfer.cancel.is_cancelled() => {
                // A resume would compare only bytes that may be of the new version.
                file.invalidate(&(0..file.info.len));
                transfer.events.send(Event::Fatal(error));
            }
            Ok(_) => {}
            // The link may have been good once, or the server is gone: that is no sign of a change.
            Err(error) => tracing::debug!("cannot revalidate the file: {error}"),
        }
    }
    transfer.duties.revalidation.finish();
}

/// Result of one request.
enum Finding {
    /// The version that the download has, or nothing that contradicts it; `has_range` if the server sent the
    /// sample alone, and all of it.
    Same { has_range: bool },
    /// The same version, but other bytes; or fewer bytes.
    Changed,
    /// Other bytes of this range, or a shorter file, from a server without ranges.
    Unclear(Range<u64>),
    /// Another version, or a longer file.
    Other(Version, Option<u64>),
}

/// Returns the error if the file is not the same any more.
fn revalidate(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
) -> Result<Option<FetchError>, RequestError> {
    let transfer = connection.transfer;
    let changed = || Ok(Some(transfer.context.changed_error()));
    let asked = Instant::now();
    let (version, len) = match request_sample(connection, file)? {
        Finding::Same { has_range } => {
            // The beginning may have been delayed by chance.
            let cost = asked.elapsed().min(transfer.counters.latency());
            // Samples up to the end are compared with each of several servers.
            let is_due = has_range
                && transfer.context.started.elapsed() > cost * END_FACTOR
                && !transfer.context.mirrors.has_mirrors();
            return match is_due && is_cut(connection, file)? {
                true => changed(),
                false => Ok(None),
            };
        }
        Finding::Changed => return changed(),
        Finding::Unclear(sample) => return decide_by_two(connection, file, &sample, true),
        Finding::Other(version, len) => (version, len),
    };
    transfer.duties.revalidation.begin_comparison();
    let current = connection.mirror.versions.current();
    let was_known = current.as_ref().is_some_and(Version::is_known);
    let has_grown = len.is_some_and(|len| len > file.info.len);
    let mut is_stable = true;
    for number in 0..if has_grown { 0 } else { MAX_RECONNECTS } {
        if number == 0 {
            transfer.cancel.sleep(PAUSE);
        }
        connection.reconnect()?;
        match request_sample(connection, file)? {
            Finding::Same { .. } => {
                connection.notice(
                    "The server reports different versions of the file, but still the one that was downloaded",
                );
                return Ok(None);
            }
            Finding::Changed => return changed(),
            Finding::Unclear(sample) => return decide_by_two(connection, file, &sample, true),
            Finding::Other(now, _) if !version.is_compatible_with(&now) => {
                is_stable = false;
                break;
            }
            Finding::Other(..) => {}
        }
    }
    let beginning = 0..comparison_request::WHOLE_FILE_SAMPLE.min(file.info.len);
    if file.file.stream().is_some() {
        // Nothing can be read back to compare.
        return decide_by_two(connection, file, &beginning, false);
    }
    // Every byte would be the whole file again for a validator that only appears or vanishes.
    let version = (is_stable && !has_grown && was_known && version.is_known()).then_some(&version);
    let compared = comparison_request::fetch_other(connection, file, version, SAMPLES)?;
    if compared != Comparison::Equal {
        return decide_by_two(connection, file, &beginning, true);
    }
    connection.notice(match has_grown {
        true => "The file has grown on the server: it is saved with the length that it had when the download began",
        false => "The server reports another version of the file by now, but its bytes are the same",
    });
    Ok(None)
}

/// Returns whether the server has other bytes at the end of the file, or none although it announces them: it may
/// remember the length that the file had. A server that sends none of any range behind the first byte is only
/// broken.
fn is_cut(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
) -> Result<bool, RequestError> {
    let Some(end) = last_sample(file) else {
        return Ok(false);
    };
    for number in 0..2 {
        if number > 0 {
            // The first connection may have been lost by chance.
            connection.reconnect()?;
        }
        match comparison_request::fetch(connection, file, &end).map(|compared| compared.bytes) {
            Ok(Comparison::Equal) => return Ok(false),
            Ok(Comparison::Unknown) => {}
            Ok(Comparison::Differs) => return Ok(true),
            Err(error) if is_shorter(&error, file.info.len) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    connection.reconnect()?;
    let inner = 1..end.end - end.start;
    Ok(comparison_request::fetch(connection, file, &inner)?.bytes == Comparison::Equal)
}

/// Decides by two further responses about a file that came in one response, but may differ from the
/// server's by now. If they differ from each other too, the server makes the content for each response;
/// otherwise its file has changed. `differs` is set if bytes differ from those of `sample`.
fn decide_by_two(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    sample: &Range<u64>,
    differs: bool,
) -> Result<Option<FetchError>, RequestError> {
    let transfer = connection.transfer;
    let changed = || Ok(Some(transfer.context.changed_error()));
    let has_one_response = file.resumed == 0
        && connection.mirror.bodies() <= 1
        && !transfer.context.mirrors.has_mirrors();
    if !has_one_response || !is_made_for_each_response(connection, sample, differs)? {
        return changed();
    }
    connection.notice(
        "The server makes the content for each response: the file is saved as it came in one response",
    );
    Ok(None)
}

fn is_made_for_each_response(
    connection: &mut ServerConnection<'_>,
    sample: &Range<u64>,
    differs: bool,
) -> Result<bool, RequestError> {
    let transfer = connection.transfer;
    transfer.duties.revalidation.begin_comparison();
    let first = comparison_request::read_sample(connection, sample)?;
    // The content may have the time of the response in seconds.
    transfer.cancel.sleep(PAUSE);
    connection.reconnect()?;
    let second = comparison_request::read_sample(connection, sample)?;
    // Other bytes that stay are those of a file that was overwritten, whatever its validators.
    Ok(!first.has_bytes_of(&second) || (!differs && !first.has_version_of(&second)))
}

/// Compares samples with all servers that delivered bytes, if there are several. Returns the error if they
/// differ: each sample is from one of them, so all are asked for it.
fn compare_mirrors(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
) -> Result<Option<FetchError>, RequestError> {
    let transfer = connection.transfer;
    let own = connection.mirror;
    let is_other = |mirror: &&Mirror| mirror.index != own.index && mirror.is_compared();
    let others: Vec<&Mirror> = transfer
        .context
        .mirrors
        .all()
        .iter()
        .filter(is_other)
        .collect();
    if others.is_empty() {
        return Ok(None);
    }
    transfer.duties.revalidation.begin_comparison();
    if comparison_request::fetch_samples(connection, file, MIRROR_SAMPLES)? == Comparison::Differs {
        return Ok(Some(mirror_comparison::differs(own)));
    }
    for mirror in others {
        let Ok(mut other) = connection.for_mirror(mirror) else {
            continue;
        };
        if comparison_request::fetch_samples(&mut other, file, MIRROR_SAMPLES)?
            == Comparison::Differs
        {
            return Ok(Some(mirror_comparison::differs(mirror)));
        }
    }
    Ok(None)
}

/// Requests the beginning of the file, and compares it.
fn request_sample(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
) -> Result<Finding, RequestError> {
    // The first byte alone is refused by some servers.
    let sample = match file.file.stream() {
        Some(_) => 0..1.max(file.info.len.min(2)),
        None => first_sample(file).unwrap_or(0..1),
    };
    let compared = match comparison_request::fetch(connection, file, &sample) {
        Ok(compared) => compared,
        Err(error) if is_shorter(&error, file.info.len) => return Ok(Finding::Changed),
        Err(error) => return Err(error),
    };
    Ok(judge(connection, file, &sample, compared))
}

/// Returns whether a refusal shows that the file is shorter than `len` bytes, or has another length.
fn is_shorter(error: &RequestError, len: u64) -> bool {
    match error {
        RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(now) }) => *now < len,
        RequestError::Rejected(Rejection::Mismatch(Mismatch::LengthChanged)) => true,
        _ => false,
    }
}

fn judge(
    connection: &ServerConnection<'_>,
    file: &OpenDownload,
    sample: &Range<u64>,
    compared: Compared,
) -> Finding {
    let versions = &connection.mirror.versions;
    let Compared {
        info,
        is_range,
        bytes,
    } = compared;
    let current = versions.current();
    let was_known = current.as_ref().is_some_and(Version::is_known);
    let has_vanished = was_known && !info.version.is_known();
    let is_page = info.is_page && connection.mirror.expected.is_page() != Some(true);
    if has_vanished && is_page && !is_range {
        // A page of a portal or a log-in, rather than the file.
        return Finding::Same { has_range: false };
    }
    let is_shorter = info.len.is_some_and(|len| len < file.info.len);
    if is_shorter || bytes == Comparison::Differs {
        return match is_range {
            true => Finding::Changed,
            false => Finding::Unclear(sample.clone()),
        };
    }
    let has_other_len = info.len.is_some_and(|len| len != file.info.len);
    let is_current = current.is_none_or(|current| current.is_compatible_with(&info.version));
    match is_current && !has_other_len {
        true => Finding::Same {
            has_range: is_range && bytes == Comparison::Equal,
        },
        false => Finding::Other(info.version, info.len),
    }
}
