//! `lanes predict`: what the model of a link foresees, without a server.

use std::path::PathBuf;

use clap::Args;
use lanes_shared::link::predict::{Prediction, predict};
use lanes_shared::link::regime::explain;
use lanes_shared::link::{LinkProfile, ProfileError, name_of};
use lanes_shared::size;
use serde::Serialize;

use super::chart::{Bar, bars};
use super::failure::Failure;
use super::table::{Align, table};
use super::{args, terminal};
use crate::lab::COUNTS;
use crate::lab::report::format;

/// The most runs that are simulated for each number of connections.
const MAX_RUNS: u64 = 1000;
/// The longest file, in bytes (1 TB).
const MAX_SIZE: u64 = 1_000_000_000_000;

/// What `lanes predict` is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes predict throttled-mirror
  lanes predict my-link.toml --size 100MB --connections 1,2,4,8 --json prediction.json

Nothing is sent: the times come from a model of TCP over the link. `lanes compare --link` measures
the same link with real connections.

Exit codes: 0 done, 1 failed, 2 usage.")]
pub struct PredictArgs {
    /// The link: a preset's name, or a file with a link profile
    #[arg(value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: LinkProfile,
    /// The file's size, such as 20MB or 64MiB
    #[arg(long, value_name = "SIZE", default_value = "20MB", value_parser = file_size)]
    size: u64,
    /// The numbers of connections
    #[arg(short = 'n', long, value_name = "N,N,…", value_delimiter = ',', value_parser = args::connections, default_values_t = COUNTS)]
    connections: Vec<u16>,
    /// Length of a packet, 128 B to 4 MiB: a connection fetches whole ones
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = args::packet_size)]
    packet_size: u32,
    /// How many runs are simulated for each number of connections, each with losses of its own
    #[arg(long, value_name = "R", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=MAX_RUNS))]
    runs: u64,
    /// Write the predictions as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn file_size(text: &str) -> Result<u64, String> {
    let bytes = size::parse(text).map_err(|error| error.to_string())?;
    if (1..=MAX_SIZE).contains(&bytes) {
        return Ok(bytes);
    }
    Err(format!("choose 1 byte to {}", size::si(MAX_SIZE)))
}

/// Foresees, and says what it foresees.
pub(super) fn run(args: &PredictArgs) -> Result<(), Failure> {
    let wrong = |error: ProfileError| Failure::Usage(error.to_string());
    let link = args.link.validate().map_err(wrong)?;
    let counts: Vec<usize> = args.connections.iter().copied().map(usize::from).collect();
    let found = predict(&link, args.size, args.packet_size, &counts, args.runs);
    let sentence = explain(&link, args.size, &counts);
    let printed = terminal::print(&report(args, &found, &sentence));
    if let Some(path) = &args.json {
        let failed = |words: String| Failure::Failed(format!("{words}: {}", path.display()));
        let json = Exported::new(args, &found, &sentence);
        let mut text =
            serde_json::to_string_pretty(&json).map_err(|error| failed(error.to_string()))?;
        text.push('\n');
        std::fs::write(path, text)
            .map_err(|error| failed(format!("cannot write the prediction: {error}")))?;
    }
    Ok(printed?)
}

fn report(args: &PredictArgs, found: &[Prediction], sentence: &str) -> String {
    let size = size::si(args.size);
    if found.is_empty() {
        return format!("{}: {sentence}.", name_of(&args.link));
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
            one.regime.label().to_owned(),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    let bar = |one: &Prediction| Bar {
        label: one.n.to_string(),
        value: one.median_secs,
        text: format!("~{}", format::time(one.median_secs)),
    };
    let chart = bars(&found.iter().map(bar).collect::<Vec<_>>());
    [
        table(columns, &rows),
        format!("predicted completion time of {size}\n{chart}"),
        format!("Link: {}. By the model, {sentence}.", name_of(&args.link)),
    ]
    .join("\n\n")
}

/// What the JSON holds.
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
    fn new(args: &'a PredictArgs, found: &[Prediction], limit: &'a str) -> Self {
        let one = |one: &Prediction| ExportedOne {
            connections: one.n,
            median_secs: one.median_secs,
            low_secs: one.low_secs,
            high_secs: one.high_secs,
            limit: one.regime.label(),
        };
        Self {
            lanes: env!("CARGO_PKG_VERSION"),
            link: name_of(&args.link),
            link_profile: &args.link,
            bytes: args.size,
            packet_size: args.packet_size,
            simulated_runs: args.runs,
            predictions: found.iter().map(one).collect(),
            limit,
        }
    }
}
