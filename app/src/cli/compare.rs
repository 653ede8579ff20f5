//! `lanes compare`: an experiment.

mod files;
mod report;

use std::sync::Arc;

use clap::Args;
use crossbeam_channel::{bounded, select};
use lanes_shared::DEFAULT_PORT;
use lanes_shared::link::LinkProfile;
use lanes_shared::packet::DEFAULT_PACKET_LEN;

use super::failure::Failure;
use super::progress::Progress;
use super::{args, interrupt, suggest, terminal};
use crate::engine::source::{Source, SourceError};
use crate::engine::{DEFAULT_CONNECTIONS, Mode};
use crate::lab::plan::data_usage;
use crate::lab::plan::data_usage::{POLITE_COUNTS, POLITE_ROUNDS};
use crate::lab::plan::starter_experiment;
use crate::lab::report::{format, label};
use crate::lab::{COUNTS, Experiment, ExperimentState, Lab, Plan, Run, Sweep};

/// How many rounds there are where nobody says.
const ROUNDS: u32 = 3;

/// What `lanes compare` is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin --connections 1,2,4,8 --runs 10 --svg plot.svg
  lanes compare lanes://127.0.0.1:5115/sample-10MiB.bin --connections 1 --packet-size 128,1024,64KiB
  lanes compare lanes://127.0.0.1:5115/sample-2MiB.bin --link lossy-transatlantic
  lanes compare --link throttled-mirror
  lanes compare https://example.org/file.iso

Each round runs every value once, in random order, after one warm-up that does not count. The files
go to a temporary folder and are deleted. Interrupted, it shows and writes what is done so far.

Exit codes: 0 done, 1 failed, 2 usage, 130 interrupted.")]
pub struct CompareArgs {
    /// The file: https://…, http://… or lanes://HOST:PORT/NAME, percent-encoded [default with --link: a
    /// sample of the server on this machine that is short enough for a first look]
    #[arg(value_name = "URL", required_unless_present = "link")]
    source: Option<Source>,
    /// The numbers of connections to compare [default: 1,5,10,20,50; of an HTTP server 1,4,8,16]
    #[arg(short = 'n', long, value_name = "N,N,…", value_delimiter = ',', value_parser = args::connections)]
    connections: Vec<u16>,
    /// Length of a packet [default: 64KiB, with --link 16KiB]; several lengths are compared with each other
    #[arg(long, value_name = "BYTES,…", value_delimiter = ',', value_parser = args::packet_size)]
    packet_size: Vec<u32>,
    /// How the file comes over
    #[arg(short, long, value_enum, default_value = "parallel")]
    mode: Mode,
    /// How many rounds, 1 to 1000 [default: 3; of an HTTP server 2]
    #[arg(short, long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: Option<u32>,
    /// Chooses the order of the runs; the same seed gives the same order
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
    /// Have the server emulate this link: a preset's name, or a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: Option<LinkProfile>,
    #[command(flatten)]
    files: files::Files,
}

/// Runs an experiment.
pub(super) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let plan = plan(args)?;
    args.files.check()?;
    let experiment = watch(plan)?;
    let printed = match experiment.summaries.is_empty() {
        true => Ok(()),
        false => terminal::print(&report::report(&experiment)),
    };
    // The files are written even where nobody reads the table.
    args.files.write(&experiment)?;
    match &experiment.state {
        ExperimentState::Failed(reason) => Err(Failure::Failed(suggest::with_suggestions(
            reason,
            &experiment.plan.source,
        ))),
        ExperimentState::Cancelled => Err(Failure::Interrupted(format!(
            "Interrupted after {} of {} runs; the same command again starts anew",
            experiment.runs.len(),
            experiment.total
        ))),
        ExperimentState::Finished => Ok(printed?),
        ExperimentState::WarmingUp | ExperimentState::Running(_) => Err(Failure::Failed(
            "the experiment broke off; please report this".to_owned(),
        )),
    }
}

/// The experiment that the arguments ask for.
fn plan(args: &CompareArgs) -> Result<Plan, Failure> {
    let usage = |words: String| Err(Failure::Usage(words));
    if args.mode != Mode::Parallel && args.connections.iter().any(|count| *count > 1) {
        return usage(args::too_many(args.mode));
    }
    let several = args.packet_size.len() > 1;
    if several && args.connections.len() > 1 {
        return usage(
            "one thing is varied at a time: give several --connections or several --packet-size, \
             not both"
                .to_owned(),
        );
    }
    let one = args.mode.connections(DEFAULT_CONNECTIONS);
    let source = source(args)?;
    // Others pay for what an HTTP server sends.
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
                // Small enough for many connections to share a file that a slow link soon brings.
                Some(_) => starter_experiment::PACKET_LEN,
                None => DEFAULT_PACKET_LEN,
            }),
        link: args.link.clone(),
        rounds: args.runs.unwrap_or(rounds),
        seed: args.seed,
    };
    match plan.check() {
        Ok(()) => Ok(plan),
        Err(error) => usage(error.to_string()),
    }
}

/// The file that is named, or the one that suits a first look at a link.
fn source(args: &CompareArgs) -> Result<Source, Failure> {
    if let Some(source) = &args.source {
        return Ok(source.clone());
    }
    let url = format!(
        "lanes://127.0.0.1:{DEFAULT_PORT}/{}",
        starter_experiment::FILE
    );
    url.parse()
        .map_err(|error: SourceError| Failure::Usage(error.to_string()))
}

/// Runs the experiment to its end, or to Ctrl+C, and says how it is getting on.
fn watch(plan: Plan) -> Result<Arc<Experiment>, Failure> {
    let (interrupted, interrupts) = bounded(1);
    interrupt::at_first(move || {
        // A full channel means that it is known already.
        let _ = interrupted.try_send(());
    })?;
    let (news, inbox) = bounded(1);
    let waker = Arc::new(move || {
        // A full channel means that the reader will look anyway.
        let _ = news.try_send(());
    });
    let lab = Lab::start(vec![plan], waker).map_err(|error| Failure::Failed(error.to_string()))?;
    let now = || {
        let mut experiments = lab.snapshot();
        experiments
            .pop()
            .ok_or_else(|| Failure::Failed("the experiment did not start".to_owned()))
    };
    let progress = Progress::new(false);
    let mut said = 0;
    let mut is_warned = false;
    loop {
        select! {
            // The lab's thread drops its sender when it ends.
            recv(inbox) -> news => {
                let experiment = now()?;
                // Before the first run that counts: its length is known as soon as it is asked for.
                if !is_warned && experiment.len.is_some() {
                    is_warned = true;
                    warn(&experiment, &progress);
                }
                show(&experiment, &progress, &mut said);
                if news.is_err() {
                    break;
                }
            }
            recv(interrupts) -> _ => lab.cancel(),
        }
    }
    progress.clear();
    now()
}

/// Says so when much is going to be downloaded from others.
fn warn(now: &Experiment, progress: &Progress) {
    if let Some(words) = data_usage::warning(std::slice::from_ref(&now.plan), now.len) {
        progress.note(&format!("Note: {words}; Ctrl+C stops it"));
    }
}

fn show(now: &Experiment, progress: &Progress, said: &mut usize) {
    for run in now.runs.iter().skip(*said) {
        progress.line(|| run_in_words(now, run));
    }
    *said = now.runs.len();
    let (done, total) = (now.runs.len(), now.total);
    progress.show(done as u64, total as u64, || match &now.state {
        ExperimentState::WarmingUp => "warm-up".to_owned(),
        ExperimentState::Running(Some(value)) => {
            let value = label::with_unit(&now.plan.sweep, *value);
            format!("run {} of {total}, {value}{}", done + 1, left_in_words(now))
        }
        _ => format!("{done} of {total} runs"),
    });
}

fn run_in_words(now: &Experiment, run: &Run) -> String {
    let value = label::with_unit(&now.plan.sweep, run.value);
    let end = match &run.error {
        None => format::time(run.seconds),
        Some(error) => format!("failed: {error}"),
    };
    format!("run {} of {}: {value}, {end}", run.place, now.total)
}

fn left_in_words(now: &Experiment) -> String {
    now.left_secs()
        .map(|left| format!(", about {} left", format::estimate(left)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Args, Command};
    use super::*;

    fn asked(line: &str) -> Result<Plan, String> {
        asked_of("lanes://h/f", line)
    }

    fn asked_of(url: &str, line: &str) -> Result<Plan, String> {
        let words = ["lanes", "compare", url];
        let words = words.into_iter().chain(line.split_whitespace());
        let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        let Some(Command::Compare(args)) = args.command else {
            return Err("another command".to_owned());
        };
        plan(&args).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn connections_vary_unless_several_packet_sizes_are_named() {
        let plan = asked("").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(COUNTS.to_vec()));
        assert_eq!((plan.rounds, plan.packet_len), (3, DEFAULT_PACKET_LEN));
        let plan = asked("--connections 1,2,4 --packet-size 1KiB").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(vec![1, 2, 4]));
        assert_eq!(plan.packet_len, 1024);
        let plan = asked("--connections 4 --packet-size 128,1KiB").unwrap();
        assert_eq!(plan.sweep, Sweep::PacketLen(vec![128, 1024]));
        assert_eq!(plan.connections, 4);
        let plan = asked("--packet-size 128,1KiB --mode packets").unwrap();
        assert_eq!(plan.connections, 1);
        let plan = asked("--mode stream").unwrap();
        assert_eq!(plan.sweep, Sweep::Connections(vec![1]));
    }

    #[test]
    fn a_link_alone_is_enough_for_a_first_look() {
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
    fn an_http_server_is_asked_little() {
        let of = |line| asked_of("https://server.example/file.iso", line);
        let plan = of("").unwrap();
        let Sweep::Connections(counts) = plan.sweep else {
            panic!("{:?}", plan.sweep);
        };
        assert_eq!((counts, plan.rounds), (POLITE_COUNTS.to_vec(), 2));
        assert_eq!(of("--runs 7 -n 1,2").unwrap().rounds, 7);
        for line in ["--link slow-4g", "--packet-size 128,256", "--mode packets"] {
            let words = of(line).unwrap_err();
            assert!(words.contains("Lanes server"), "{line}: {words}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (line, word) in [
            ("--connections 1,2 --packet-size 128,256", "one thing"),
            ("--connections 1,1", "twice"),
            ("--connections 1,65", "1 to 64"),
            ("--connections 1,2 --mode packets", "one connection"),
            ("--packet-size 128,256 --mode stream", "no packets"),
            ("--packet-size 1", "128"),
            ("--runs 0", "1..=1000"),
        ] {
            let words = asked(line).unwrap_err();
            assert!(words.contains(word), "{line}: {words}");
        }
    }
}
