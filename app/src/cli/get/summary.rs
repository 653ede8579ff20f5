//! The messages at the end of a download.

use std::path::{Path, PathBuf};

use lanes_shared::link::profile_name;
use lanes_shared::size;
use serde::Serialize;

use super::{GetArgs, note};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::terminal;
use crate::lab::report::{bottleneck, format, ways};
use crate::lab::run::timed_run::UNRELIABLE_LATENESS_US;
use lanes_engine::{
    Bottleneck, Destination, DownloadSnapshot, DownloadSpec, Mode, Outcome, WaySnapshot,
};

/// Prints the path of a finished download and the result of its verification.
pub(super) fn print_saved(
    args: &GetArgs,
    request: &DownloadSpec,
    outcome: &Outcome,
    last: Option<&DownloadSnapshot>,
    progress: &Progress,
) -> Result<(), Failure> {
    let bottleneck = last.and_then(|last| last.bottleneck.as_ref());
    let ways = last.map_or(&[][..], |last| &last.ways);
    for notice in &outcome.notices {
        note(args, notice);
    }
    if let Some(warning) = lateness_warning(outcome) {
        note(args, &warning);
    }
    let secs = outcome.elapsed.as_secs_f64();
    let fetched = outcome.bytes.saturating_sub(outcome.resumed_bytes);
    progress.line(|| {
        let rate = format::rate(fetched as f64 / secs.max(1e-9));
        format!("{} in {}, {rate}", size::si(fetched), format::time(secs))
    });
    if let Some(cause) = bottleneck.filter(|_| !args.quiet && !args.json) {
        note(args, &bottleneck::line(cause));
    }
    for way in ways.iter().filter(|_| !args.quiet && !args.json) {
        note(args, &ways::line(way, fetched, outcome.elapsed));
    }
    let message = if args.json {
        let saved = Saved::new(request, outcome, bottleneck, ways);
        serde_json::to_string(&saved).map_err(Failure::failed)?
    } else if args.quiet {
        return Ok(());
    } else {
        saved_message(outcome)
    };
    match request.destination {
        // The standard output is the file.
        Destination::Stdout => progress.note(&message),
        _ if args.json => terminal::print_json(&message)?,
        _ => terminal::print(&message)?,
    }
    Ok(())
}

/// Returns a warning if the emulated link lagged behind its schedule.
fn lateness_warning(outcome: &Outcome) -> Option<String> {
    let micros = outcome.link_report?.lateness_p99_us;
    (micros > UNRELIABLE_LATENESS_US).then(|| {
        let millis = micros.div_ceil(1000);
        format!("the emulated link lagged by {millis} ms: the time is not reliable")
    })
}

/// The JSON of a finished download.
#[derive(Serialize)]
struct Saved {
    url: String,
    path: PathBuf,
    bytes: u64,
    seconds: f64,
    connections: u16,
    mode: Mode,
    packet_size: u32,
    resumed_bytes: u64,
    retries: u32,
    digest: Option<String>,
    checked: Vec<&'static str>,
    /// Files beside the source whose checksums matched.
    checksum_files: Vec<String>,
    /// Signatures beside the source, not checked.
    signatures: Vec<String>,
    link: Option<String>,
    lateness_p99_us: Option<u64>,
    /// Cause that limited the download for the longest time.
    bottleneck: Option<Limit>,
    /// The network interfaces of `--interface`.
    ways: Vec<Way>,
}

/// The JSON of a way.
#[derive(Serialize)]
struct Way {
    #[serde(flatten)]
    way: WaySnapshot,
    /// Bytes per second while it could be used.
    mean_rate: f64,
    why_not_more: String,
}

/// The JSON of a bottleneck.
#[derive(Serialize)]
struct Limit {
    #[serde(flatten)]
    cause: Bottleneck,
    claim: String,
    advice: String,
}

impl Saved {
    fn new(
        request: &DownloadSpec,
        outcome: &Outcome,
        bottleneck: Option<&Bottleneck>,
        ways: &[WaySnapshot],
    ) -> Self {
        let way = |way: &WaySnapshot| Way {
            mean_rate: way.mean_rate(outcome.elapsed),
            why_not_more: ways::why_not_more(way),
            way: way.clone(),
        };
        let beside = outcome.beside.as_deref().cloned().unwrap_or_default();
        Self {
            url: request.source.to_string(),
            path: absolute(&outcome.path),
            bytes: outcome.bytes,
            seconds: outcome.elapsed.as_secs_f64(),
            connections: outcome.connections,
            mode: request.mode,
            packet_size: request.packet_len,
            resumed_bytes: outcome.resumed_bytes,
            retries: outcome.retries,
            digest: outcome.digest.map(|digest| format!("blake3:{digest}")),
            checked: outcome.checked.clone(),
            checksum_files: beside.checksum_files,
            signatures: beside.signatures,
            link: request.link.as_ref().map(profile_name),
            lateness_p99_us: outcome.link_report.map(|report| report.lateness_p99_us),
            bottleneck: bottleneck.map(|cause| Limit {
                cause: cause.clone(),
                claim: bottleneck::claim(cause),
                advice: bottleneck::advice(cause),
            }),
            ways: ways.iter().map(way).collect(),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Returns the size, path, time and verification of a finished download in one line.
fn saved_message(outcome: &Outcome) -> String {
    let connections = match outcome.connections {
        1 => "1 connection".to_owned(),
        many => format!("{many} connections"),
    };
    let resumed = match outcome.resumed_bytes {
        0 => String::new(),
        bytes => format!(" ({} resumed)", size::si(bytes)),
    };
    let verified = match &outcome.checked[..] {
        [] => "length verified only; the server provides no checksum".to_owned(),
        names => format!("verified ({}{})", names.join(" and "), beside(outcome)),
    };
    if outcome.path == Path::new("-") {
        return format!(
            "Wrote {} to the standard output in {} over {connections}, {verified}",
            size::si(outcome.bytes),
            format::time(outcome.elapsed.as_secs_f64()),
        );
    }
    format!(
        "Saved {} as {} in {} over {connections}{resumed}, {verified}",
        size::si(outcome.bytes),
        outcome.path.display(),
        format::time(outcome.elapsed.as_secs_f64()),
    )
}

/// Returns the files beside the source whose checksums matched, if there are any.
fn beside(outcome: &Outcome) -> String {
    let files = outcome.beside.as_ref().map(|found| &found.checksum_files);
    match files.filter(|files| !files.is_empty()) {
        Some(files) => format!("; checksums of {}", files.join(", ")),
        None => String::new(),
    }
}

/// Returns the message for an interrupted download: the partial file, and the command that resumes
/// it.
pub(super) fn interrupted_message(last: Option<&DownloadSnapshot>) -> String {
    match last.and_then(|last| Some((last.done, last.len?, last.path.as_ref()?))) {
        Some((done, len, path)) if path == Path::new("-") => format!(
            "Interrupted: {} of {} written to the standard output",
            size::si(done),
            size::si(len),
        ),
        Some((done, len, path)) => format!(
            "Interrupted: {} of {} saved in {}.part; the same command again resumes it",
            size::si(done),
            size::si(len),
            path.display(),
        ),
        None => "Interrupted before any data was received; the same command again starts it".into(),
    }
}
