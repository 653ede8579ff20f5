//! `lanes predict`: predictions of the link model, without a server.

mod packet_files;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use lanes_shared::link::limiting_factor::explain;
use lanes_shared::link::predict::{Prediction, predict};
use lanes_shared::link::{LinkProfile, profile_name};
use lanes_shared::size;
use serde::Serialize;

use super::args::ArgError;
use super::chart::{Bar, bars};
use super::failure::Failure;
use super::table::{Align, table};
use super::{args, terminal};
use crate::lab::COUNTS;
use crate::lab::report::format;

/// Largest number of simulated runs for each number of connections.
const MAX_RUNS: u64 = 1000;
/// Largest file in bytes (1 TB).
const MAX_SIZE: u64 = 1_000_000_000_000;

/// Arguments of `lanes predict`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes predict throttled-mirror
  lanes predict my-link.toml --size 100MB --connections 1,2,4,8 --json prediction.json
  lanes predict bbr-server --size 5MB --connections 4 --pcap packets.pcapng --events events.jsonl

Nothing is downloaded: the times come from a model of TCP over the link. `lanes compare --link`
measures the same link with real connections.

Exit codes: 0 success, 1 failure, 2 usage error.")]
pub struct PredictArgs {
    /// Link: the name of a preset, or a file with a link profile
    #[arg(value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: LinkProfile,
    /// Size of the file, such as 20MB or 64MiB
    #[arg(long, value_name = "SIZE", default_value = "20MB", value_parser = file_size)]
    size: u64,
    /// Numbers of connections
    #[arg(short = 'n', long, value_name = "N,N,…", value_delimiter = ',', value_parser = args::connections, default_values_t = COUNTS)]
    connections: Vec<u16>,
    /// Packet size, 128 B to 4 MiB; a connection fetches whole packets
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = args::packet_size)]
    packet_size: u32,
    /// Number of simulated runs for each number of connections, each with its own random losses
    #[arg(long, value_name = "R", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=MAX_RUNS))]
    runs: u64,
    /// Write the predictions as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the packets of one simulated run as pcapng, for Wireshark; with the first number of
    /// connections
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Write the packets of the same run and the state of each sender as JSON lines, at most 100,000
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

fn file_size(text: &str) -> Result<u64, ArgError> {
    let bytes = size::parse(text)?;
    if (1..=MAX_SIZE).contains(&bytes) {
        return Ok(bytes);
    }
    Err(ArgError::FileSize(MAX_SIZE))
}

/// Computes the predictions and prints them.
pub(super) fn run(args: &PredictArgs) -> Result<(), Failure> {
    let link = args.link.validate().map_err(Failure::usage)?;
    let counts: Vec<usize> = args.connections.iter().copied().map(usize::from).collect();
    let predictions = predict(&link, args.size, args.packet_size, &counts, args.runs);
    let limit = explain(&link, args.size, &counts);
    let printed = terminal::print(&report(args, &predictions, &limit));
    if let Some(path) = &args.json {
        let json = Exported::new(args, &predictions, &limit);
        let mut text = serde_json::to_string_pretty(&json).map_err(Failure::failed)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    packet_files::write(args)?;
    Ok(printed?)
}

fn report(args: &PredictArgs, predictions: &[Prediction], limit: &str) -> String {
    let size = size::si(args.size);
    if predictions.is_empty() {
        return format!("{}: {limit}.", profile_name(&args.link));
    }
    let right = |heading| (heading, Align::Right);
    let columns = [
        right("connections"),
        right("predicted"),
        right("10–90 %"),
        right("throughput"),
        ("limit", Align::Left),
    ];
    let row = |one: &Prediction| {
        [
            one.n.to_string(),
            format!("~{}", format::time(one.median_secs)),
            format!(
                "{} to {}",
                format::time(one.low_secs),
                format::time(one.high_secs)
            ),
            format::rate(args.size as f64 / one.median_secs.max(1e-9)),
            one.limiting_factor.label().to_owned(),
        ]
    };
    let rows: Vec<_> = predictions.iter().map(row).collect();
    let bar = |one: &Prediction| Bar {
        label: one.n.to_string(),
        value: one.median_secs,
        text: format!("~{}", format::time(one.median_secs)),
    };
    let chart = bars(&predictions.iter().map(bar).collect::<Vec<_>>());
    [
        table(columns, &rows),
        format!("predicted completion time of {size}\n{chart}"),
        format!(
            "Link: {}. According to the model, {limit}.",
            profile_name(&args.link)
        ),
    ]
    .join("\n\n")
}

/// The JSON of the predictions.
#[derive(Serialize)]
struct Exported<'a> {
    lanes: &'static str,
    link: String,
    link_profile: &'a LinkProfile,
    bytes: u64,
    packet_size: u32,
    simulated_runs: u64,
    predictions: Vec<ExportedOne>,
    limit: &'a str,
}

#[derive(Serialize)]
struct ExportedOne {
    connections: usize,
    median_secs: f64,
    low_secs: f64,
    high_secs: f64,
    limit: &'static str,
}

impl<'a> Exported<'a> {
    fn new(args: &'a PredictArgs, predictions: &[Prediction], limit: &'a str) -> Self {
        let one = |one: &Prediction| ExportedOne {
            connections: one.n,
            median_secs: one.median_secs,
            low_secs: one.low_secs,
            high_secs: one.high_secs,
            limit: one.limiting_factor.label(),
        };
        Self {
            lanes: env!("CARGO_PKG_VERSION"),
            link: profile_name(&args.link),
            link_profile: &args.link,
            bytes: args.size,
            packet_size: args.packet_size,
            simulated_runs: args.runs,
            predictions: predictions.iter().map(one).collect(),
            limit,
        }
    }
}
