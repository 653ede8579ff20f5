//! Files with the packets of one simulated run: for Wireshark, and as JSON lines.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use lanes_shared::link::predict::Download;
use lanes_shared::link::{event_log, pcapng, profile_name};
use serde::Serialize;

use super::PredictArgs;
use crate::cli::args::ArgError;
use crate::cli::failure::Failure;
use crate::cli::terminal;

/// Writes the files that the arguments name, with the first number of connections.
pub(super) fn write(args: &PredictArgs) -> Result<(), Failure> {
    if args.pcap.is_none() && args.events.is_none() {
        return Ok(());
    }
    let link = args.link.validate().map_err(Failure::usage)?;
    if link.is_open() {
        return Err(Failure::usage(ArgError::NoModel));
    }
    let download = Download {
        packet_len: args.packet_size,
        ..Download::new(
            args.size,
            args.connections.first().copied().unwrap_or(1).into(),
        )
    };
    let log = download.log(&link);
    if let Some(path) = &args.events {
        let head = EventsHead::new(args, &download);
        let written = to_file(path, |out| {
            serde_json::to_writer(&mut *out, &head)?;
            out.write_all(b"\n")?;
            event_log::write(log.clone(), out)
        })?;
        report(written.left_out, "the events");
    }
    if let Some(path) = &args.pcap {
        report(log.skipped(), "the capture");
        to_file(path, |out| pcapng::write(log, link.window_bytes(), out))?;
    }
    Ok(())
}

/// Reports packets that a file has no room for.
fn report(left_out: u64, place: &str) {
    if left_out > 0 {
        terminal::print_error(&format!("note: {left_out} packets are left out of {place}"));
    }
}

fn to_file<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>,
) -> Result<T, Failure> {
    let written = || {
        let mut out = BufWriter::new(File::create(path)?);
        let result = write(&mut out)?;
        out.flush()?;
        Ok(result)
    };
    let written: io::Result<T> = written();
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}

/// The first line of the events.
#[derive(Serialize)]
struct EventsHead {
    lanes: &'static str,
    link: String,
    bytes: u64,
    connections: usize,
    packet_size: u32,
}

impl EventsHead {
    fn new(args: &PredictArgs, download: &Download) -> Self {
        Self {
            lanes: env!("CARGO_PKG_VERSION"),
            link: profile_name(&args.link),
            bytes: download.len,
            connections: download.connections,
            packet_size: download.packet_len,
        }
    }
}
