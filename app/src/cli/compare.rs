//! `lanes compare`: runs an experiment.

mod files;
mod report;
mod send_result;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use crossbeam_channel::{bounded, select};
use lanes_shared::DEFAULT_PORT;
use lanes_shared::link::LinkProfile;
use lanes_shared::packet::DEFAULT_PACKET_LEN;

use super::args::ArgError;
use super::failure::Failure;
use super::progress::Progress;
use super::{args, interrupt, suggest, terminal};
use crate::lab::plan::data_usage;
use crate::lab::plan::data_usage::{POLITE_COUNTS, POLITE_ROUNDS};
use crate::lab::plan::starter_experiment;
use crate::lab::report::http3::HTTP3_NAME;
use crate::lab::report::{format, label};
use crate::lab::{
    COUNTS, Experiment, ExperimentState, HTTP3_VALUE, Http3Choice, HttpRuns, Lab, Plan, Run, Sweep,
};
use lanes_engine::{CancelToken, DEFAULT_CONNECTIONS, Mode, Source};

/// Default number of rounds.
const ROUNDS: u32 = 3;

/// Arguments of `lanes compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin --connections 1,2,4,8 --runs 10 --svg plot.svg
  lanes compare lanes://127.0.0.1:5115/sample-10MiB.bin --connections 1 --packet-size 128,1024,64KiB
  lanes compare lanes://127.0.0.1:5115/sample-2MiB.bin --link lossy-transatlantic
  lanes compare --link throttled-mirror
  lanes compare lanes://192.168.1.7:5115/Data.jpg --link slow-4g --send-results --name Ada
  lanes compare https://example.org/file.iso
  lanes compare https://example.org/file.iso --http3=always
  lanes compare https://example.org/file.iso --expect my-path.toml

After a warm-up that does not count, each round runs every value once, in random order. Downloaded
files are deleted. Where an HTTPS server offers HTTP/3, each round also fetches the file over one QUIC
connection. An interrupted experiment prints and writes the results so far.

Exit codes: 0 success, 1 failure, 2 usage error, 130 interrupted.")]
pub struct CompareArgs {
    /// URL of the file: https://…, http://… or lanes://HOST:PORT/NAME, percent-encoded [default with
    /// --link: a small sample of the server on this machine]
    #[arg(value_name = "URL", required_unless_present = "link", value_parser = args::parsed::<Source>())]
    source: Option<Source>,
    /// Numbers of connections to compare [default: 1,5,10,20,50; for HTTP servers 1,4,8,16]
    #[arg(short = 'n', long, value_name = "N,N,…", value_delimiter = ',', value_parser = args::connections)]
    connections: Vec<u16>,
    /// Packet size; several sizes are compared [default: 64KiB; with --link 16KiB]
    #[arg(long, value_name = "BYTES,…", value_delimiter = ',', value_parser = args::packet_size)]
    packet_size: Vec<u32>,
    /// Transfer mode
    #[arg(short, long, value_parser = args::mode(), default_value = "parallel")]
    mode: Mode,
    /// Number of rounds, 1 to 1000 [default: 3; for HTTP servers 2]
    #[arg(short, long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: Option<u32>,
    /// Seed of the random order of the runs
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
    /// Emulate this link on the server: the name of a preset, or a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: Option<LinkProfile>,
    /// Compare one connection over HTTP/3 too: never, if the server offers it (Alt-Svc), or always
    #[arg(long, value_name = "WHEN", value_parser = args::http3(), num_args = 0..=1, require_equals = true,
          default_missing_value = "always")]
    http3: Option<Http3Choice>,
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Skip TLS certificate verification (insecure)
    #[arg(long)]
    insecure: bool,
    /// Predict the times over this path to the server, beside the measurements, without emulating it: the
    /// name of a preset, or a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = args::link, conflicts_with = "link", requires = "source")]
    expect: Option<LinkProfile>,
    #[command(flatten)]
    files: files::Files,
    #[command(flatten)]
    class: send_result::SendArgs,
}

/// Runs an experiment.
pub(super) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let plan = plan(args)?;
    args.files.check()?;
    args.class.check(&plan.source)?;
    let cancel = CancelToken::default();
    let experiment = run_experiment(plan, &cancel)?;
    let printed = match experiment.summaries.is_empty() {
        true => Ok(()),
        false => terminal::print(&report::report(&experiment)),
    };
    // The files are written even if the standard output is closed.
    args.files.write(&experiment)?;
    match &experiment.state {
        ExperimentState::Failed(reason) => Err(Failure::failed(suggest::with_suggestions(
            reason,
            &experiment.plan.source,
        ))),
        ExperimentState::Cancelled => Err(Failure::Interrupted(format!(
            "Interrupted after {} of {} runs; the same command again starts from the beginning",
            experiment.done(),
            experiment.total
        ))),
        ExperimentState::Finished => {
            args.class.send(&experiment, &cancel)?;
            Ok(printed?)
        }
        ExperimentState::WarmingUp | ExperimentState::Running(_) => Err(Failure::failed(
            "internal error: the experiment thread panicked; please report this",
        )),
    }
}

/// Returns the plan of the arguments.
fn plan(args: &CompareArgs) -> Result<Plan, Failure> {
    if args.mode != Mode::Parallel && args.connections.iter().any(|count| *count > 1) {
        return Err(Failure::usage(ArgError::SingleConnection(args.mode.name())));
    }
    let several = args.packet_size.len() > 1;
    if several && args.connections.len() > 1 {
        return Err(Failure::usage(
            "only one parameter can be swept: give several --connections or several \
             --packet-size, not both",
        ));
    }
    let one = args.mode.connections(DEFAULT_CONNECTIONS);
    let source = source(args)?;
    // An HTTP server also serves other people.
    let is_polite = source.lanes_server().is_none();
    let (counts, rounds) = match is_polite {
        true => (POLITE_COUNTS.to_vec(), POLITE_ROUNDS),
        false => (COUNTS.to_vec(), ROUNDS),
    };
    let sweep = match (several, args.mode) {
        (true, _) => Sweep::PacketLen(args.packet_size.clone()),
        (false, _) if !args.connections.is_empty() => Sweep::Connections(args.connections.clone()),
        (false, Mode::Parallel) => Sweep::Connections(counts),
        (false, Mode::Stream | Mode::Packets) => Sweep::Connections(vec![1]),
    };
    let http = http_runs(args, &source);
    let plan = Plan {
        source,
        mode: args.mode,
        sweep,
        connections: args.connections.first().copied().unwrap_or(one),
        packet_len: args
            .packet_size
            .first()
            .copied()
            .unwrap_or(match args.link {
                // Small enough for many connections to share a small file.
                Some(_) => starter_experiment::PACKET_LEN,
                None => DEFAULT_PACKET_LEN,
            }),
        link: args.link.clone(),
        http,
        expected_path: args.expect.clone(),
        rounds: args.runs.unwrap_or(rounds),
        seed: args.seed,
    };
    plan.check().map_err(Failure::usage)?;
    Ok(plan)
}

/// Returns the options of requests, and whether HTTP/3 is compared: by default where the server offers it.
fn http_runs(args: &CompareArgs, source: &Source) -> HttpRuns {
    let is_https = matches!(source, Source::Http(url) if url.is_https());
    let default = match is_https {
        true => Http3Choice::Offered,
        false => Http3Choice::Never,
    };
    HttpRuns {
        http3: args.http3.unwrap_or(default),
        ca_file: args.ca_file.clone(),
        insecure: args.insecure,
    }
}

/// Returns the given file, or else a sample of the server on this machine.
fn source(args: &CompareArgs) -> Result<Source, Failure> {
    if let Some(source) = &args.source {
        return Ok(source.clone());
    }
    let url = format!(
        "lanes://127.0.0.1:{DEFAULT_PORT}/{}",
        starter_experiment::FILE
    );
    url.parse().map_err(Failure::usage)
}

/// Runs the experiment to its end or until Ctrl+C, and shows its progress.
fn run_experiment(plan: Plan, cancel: &CancelToken) -> Result<Arc<Experiment>, Failure> {
    let (interrupted, interrupts) = bounded(1);
    let cancel = cancel.clone();
    interrupt::on_first(move || {
        cancel.cancel();
        // If the channel is full, the interrupt is already pending.
        let _ = interrupted.try_send(());
    })?;
    let (wake, wakes) = bounded(1);
    let waker = Arc::new(move || {
        // If the channel is full, the receiver will take a snapshot anyway.
        let _ = wake.try_send(());
    });
    let lab = Lab::start(vec![plan], waker).map_err(Failure::failed)?;
    let snapshot = || {
        let mut experiments = lab.snapshot();
        experiments
            .pop()
            .ok_or_else(|| Failure::failed("the experiment did not start"))
    };
    let progress = Progress::new(false);
    let mut printed_runs = 0;
    let mut is_warned = false;
    loop {
        select! {
            // The lab thread drops the sender when it ends.
            recv(wakes) -> wake => {
                let experiment = snapshot()?;
                // The length is known before the first timed run.
                if !is_warned && experiment.len.is_some() {
                    is_warned = true;
                    warn(&experiment, &progress);
                }
                show(&experiment, &progress, &mut printed_runs);
                if wake.is_err() {
                    break;
                }
            }
            recv(interrupts) -> _ => lab.cancel(),
        }
    }
    progress.clear();
    snapshot()
}

/// Warns before a large transfer from another machine.
fn warn(experiment: &Experiment, progress: &Progress) {
    let plans = std::slice::from_ref(&experiment.plan);
    if let Some(warning) = data_usage::warning(plans, experiment.len) {
        progress.note(&format!("Note: {warning}; press Ctrl+C to cancel"));
    }
}

fn show(experiment: &Experiment, progress: &Progress, printed_runs: &mut usize) {
    let mut all: Vec<&Run> = experiment
        .runs
        .iter()
        .chain(&experiment.http3.runs)
        .collect();
    all.sort_by_key(|run| run.place);
    for run in all.iter().skip(*printed_runs) {
        progress.line(|| run_line(experiment, run));
    }
    *printed_runs = all.len();
    let (done, total) = (experiment.done(), experiment.total);
    progress.show(done as u64, total as u64, || match &experiment.state {
        ExperimentState::WarmingUp => "warm-up".to_owned(),
        ExperimentState::Running(Some(value)) => {
            let value = label::with_unit(&experiment.plan.sweep, *value);
            let left = time_left(experiment);
            format!("run {} of {total}, {value}{left}", done + 1)
        }
        _ => format!("{done} of {total} runs"),
    });
}

fn run_line(experiment: &Experiment, run: &Run) -> String {
    let value = match run.value {
        HTTP3_VALUE => HTTP3_NAME.to_owned(),
        value => label::with_unit(&experiment.plan.sweep, value),
    };
    let result = match &run.error {
        None => format::time(run.seconds),
        Some(error) => format!("failed: {error}"),
    };
    format!(
        "run {} of {}: {value}, {result}",
        run.place, experiment.total
    )
}

fn time_left(experiment: &Experiment) -> String {
    experiment
        .left_secs()
        .map(|left| format!(", about {} left", format::estimate(left)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Args, Command};
    use super::*;

    fn parsed(line: &str) -> anyhow::Result<Plan> {
        parsed_for("lanes://h/f", line)
    }

    fn parsed_for(url: &str, line: &str) -> anyhow::Result<Plan> {
        let words = ["lanes", "compare", url];
        let words = words.into_iter().chain(line.split_whitespace());
        let Some(Command::Compare(args)) = Args::try_parse_from(words)?.command else {
            anyhow::bail!("another command");
        };
        plan(&args).map_err(|failure| anyhow::anyhow!("{failure:?}"))
    }

    #[test]
    fn connections_are_swept_unless_several_packet_sizes_are_given() {
        let plan = parsed("").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(COUNTS.to_vec()));
        assert_eq!((plan.rounds, plan.packet_len), (3, DEFAULT_PACKET_LEN));
        let plan = parsed("--connections 1,2,4 --packet-size 1KiB").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(vec![1, 2, 4]));
        assert_eq!(plan.packet_len, 1024);
        let plan = parsed("--connections 4 --packet-size 128,1KiB").unwrap();
        assert_eq!(plan.sweep, Sweep::PacketLen(vec![128, 1024]));
        assert_eq!(plan.connections, 4);
        let plan = parsed("--packet-size 128,1KiB --mode packets").unwrap();
        assert_eq!(plan.connections, 1);
        let plan = parsed("--mode stream").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(vec![1]));
    }

    #[test]
    fn a_link_without_a_url_uses_a_sample_of_the_local_server() {
        let words = ["lanes", "compare", "--link", "throttled-mirror"];
        let args = Args::try_parse_from(words).unwrap();
        let Some(Command::Compare(args)) = args.command else {
            panic!("another command");
        };
        let plan = plan(&args).unwrap();
        assert_eq!(
            plan.source.to_string(),
            "lanes://127.0.0.1:5115/sample-1MB.bin"
        );
        assert_eq!(plan.packet_len, starter_experiment::PACKET_LEN);
        assert_eq!(plan.sweep, Sweep::Connections(COUNTS.to_vec()));
        assert!(Args::try_parse_from(["lanes", "compare"]).is_err());
    }

    #[test]
    fn an_http_server_gets_few_runs_by_default() {
        let of = |line| parsed_for("https://server.example/file.iso", line);
        let plan = of("").unwrap();
        let Sweep::Connections(counts) = plan.sweep else {
            panic!("{:?}", plan.sweep);
        };
        assert_eq!((counts, plan.rounds), (POLITE_COUNTS.to_vec(), 2));
        assert_eq!(of("--runs 7 -n 1,2").unwrap().rounds, 7);
        assert_eq!(plan.http.http3, Http3Choice::Offered);
        for (line, choice) in [
            ("--http3", Http3Choice::Always),
            ("--http3=always", Http3Choice::Always),
            ("--http3=never", Http3Choice::Never),
        ] {
            assert_eq!(of(line).unwrap().http.http3, choice, "{line}");
        }
        let plain = parsed_for("http://server.example/f", "").unwrap();
        assert_eq!(plain.http.http3, Http3Choice::Never);
        let error = parsed_for("http://server.example/f", "--http3").unwrap_err();
        assert!(error.to_string().contains("https://"), "{error}");
        for line in ["--link slow-4g", "--packet-size 128,256", "--mode packets"] {
            let error = of(line).unwrap_err().to_string();
            assert!(error.contains("Lanes server"), "{line}: {error}");
        }
    }

    #[test]
    fn invalid_arguments_are_refused_with_the_reason() {
        for (line, word) in [
            ("--connections 1,2 --packet-size 128,256", "one parameter"),
            ("--connections 1,1", "twice"),
            ("--connections 1,65", "1 to 64"),
            ("--connections 1,2 --mode packets", "one connection"),
            ("--packet-size 128,256 --mode stream", "no packets"),
            ("--packet-size 1", "128"),
            ("--runs 0", "1..=1000"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
