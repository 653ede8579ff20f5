//! `lanes get`: one download, or those that a Metalink file names.

mod batch;
mod metalink;
mod summary;

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lanes_shared::link::LinkProfile;
use lanes_shared::wire::Order;

use super::args::{self, Connections};
use super::failure::Failure;
use super::http_args::HttpArgs;
use super::progress::{self, Progress};
use super::{interrupt, suggest, terminal};
use crate::engine::source::Source;
use crate::engine::{
    self, Checksum, DEFAULT_CONNECTIONS, Destination, DownloadSnapshot, FetchError, Mode, PER_HOST,
    Request, Stop,
};
use metalink::Wanted;
use summary::{kept_in_words, succeed};

/// What `lanes get` is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes get lanes://127.0.0.1:5115/Data.jpg
  lanes get lanes://127.0.0.1:5115/Data.jpg --connections 20 --output pictures/
  lanes get lanes://127.0.0.1:5115/Data.jpg --mode packets --packet-size 512 --shuffle 7
  lanes get https://example.org/file.iso --connections auto
  lanes get https://one.example/file.iso https://two.example/file.iso -n 16
  lanes get https://example.org/file.iso.meta4

Interrupted, it keeps what came; the same command again goes on from there.

Exit codes: 0 saved and checked, 1 failed, 2 usage, 130 interrupted.")]
pub struct GetArgs {
    /// The file: https://…, http://… or lanes://HOST:PORT/NAME; further links are mirrors of it. Or a
    /// Metalink file, here or at a link: what it names is downloaded, from the mirrors it names
    #[arg(value_name = "URL", required = true)]
    wanted: Vec<Wanted>,
    /// Save a Metalink file itself, not what it names
    #[arg(long)]
    no_metalink: bool,
    /// How many connections, 1 to 64, or auto to find out [default: 10; 1 with --mode stream or packets]
    #[arg(short = 'n', long, value_name = "N|auto", value_parser = args::connections_or_auto)]
    connections: Option<Connections>,
    /// The most connections to one HTTP server, and the most that auto tries [default: 16, or as many as
    /// --connections says]
    #[arg(long, value_name = "N", value_parser = args::connections)]
    max_connections_per_host: Option<u16>,
    /// How the file comes over
    #[arg(short, long, value_enum, default_value = "parallel")]
    mode: Mode,
    /// Length of a packet, 128 to 4MiB [default: 64KiB]
    #[arg(long, value_name = "BYTES", value_parser = args::packet_size)]
    packet_size: Option<u32>,
    /// Have the packets sent in a shuffled order that SEED chooses
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Where to save: a file, or a folder to keep the server's name [default: the Desktop]
    #[arg(short, long, value_name = "PATH|DIR/")]
    output: Option<PathBuf>,
    /// What the file must hash to: sha-256:HEX, sha-512:HEX, blake3:HEX, sha-1:HEX or md5:HEX
    #[arg(long, value_name = "NAME:HEX")]
    checksum: Option<Checksum>,
    /// Have the server emulate this link: a preset's name, or a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: Option<LinkProfile>,
    /// The most bytes a second, such as 500KB or 2MiB
    #[arg(long, value_name = "RATE", value_parser = args::rate)]
    limit_rate: Option<u64>,
    /// Delete what an earlier attempt left, and begin anew
    #[arg(long)]
    restart: bool,
    /// What to do when the file on the server is not the one that was begun
    #[arg(long, value_enum, default_value = "fail")]
    on_change: OnChange,
    /// Go on with what is unfinished at --output, which came from another link to the same file
    #[arg(long, requires = "output", conflicts_with = "restart")]
    same_file: bool,
    #[command(flatten)]
    http: HttpArgs,
    /// Print one JSON object when done
    #[arg(long)]
    json: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// What to do when the file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnChange {
    /// Keep what came, and fail
    Fail,
    /// Delete what came, and begin anew
    Restart,
}

/// Downloads one file, or those that a Metalink file names.
pub(super) fn run(args: &GetArgs) -> Result<(), Failure> {
    if args.mode == Mode::Stream && (args.shuffle.is_some() || args.packet_size.is_some()) {
        note(
            args,
            "a stream has no packets: --shuffle and --packet-size change nothing",
        );
    }
    let stop = Stop::default();
    let switch = stop.clone();
    match &args.wanted[..] {
        [Wanted::Metalink(path)] => {
            interrupt::at_first(move || switch.stop())?;
            metalink::open(args, path, &stop)
        }
        [Wanted::Link(link)] if !args.no_metalink && engine::metalink::is_name(&link.name()) => {
            request(args)?;
            interrupt::at_first(move || switch.stop())?;
            metalink::fetch(args, link, &stop)
        }
        _ => {
            let request = request(args)?;
            interrupt::at_first(move || switch.stop())?;
            match fetch_one(args, &request, &stop)? {
                Wish::Granted => Ok(()),
                Wish::Metalink => metalink::fetch(args, &request.source, &stop),
            }
        }
    }
}

/// What became of what was asked for.
enum Wish {
    /// It is saved.
    Granted,
    /// It is a Metalink file, and was not downloaded.
    Metalink,
}

fn fetch_one(args: &GetArgs, request: &Request, stop: &Stop) -> Result<Wish, Failure> {
    stop.rearm();
    let progress = Progress::new(args.quiet);
    let mut last: Option<Arc<DownloadSnapshot>> = None;
    let result = engine::fetch(request, stop, &mut |now| {
        if now.state.is_active() {
            progress.show(now.done, now.len.unwrap_or(0), || progress::in_words(now));
        }
        last = Some(Arc::clone(now));
    });
    progress.clear();
    match result {
        Ok(outcome) => succeed(args, request, &outcome, &progress).map(|()| Wish::Granted),
        Err(FetchError::Metalink) => Ok(Wish::Metalink),
        Err(FetchError::Stopped) => Err(Failure::Interrupted(kept_in_words(last.as_deref()))),
        Err(error) => Err(Failure::Failed(failure(error, request))),
    }
}

/// Why a file was not saved, and what to do.
fn failure(error: FetchError, request: &Request) -> String {
    match error {
        FetchError::NoSuchFile(reason) => suggest::with_suggestions(&reason, &request.source),
        FetchError::Changed(reason) => format!("{reason} (--restart, or --on-change restart)"),
        error => error.to_string(),
    }
}

/// The download that the arguments ask for.
fn request(args: &GetArgs) -> Result<Request, Failure> {
    let links = args.wanted.iter().map(|wanted| match wanted {
        Wanted::Link(link) => Ok(link.clone()),
        Wanted::Metalink(path) => Err(Failure::Usage(format!(
            "a Metalink file names its mirrors itself: give it alone: {}",
            path.display()
        ))),
    });
    let mut links = links.collect::<Result<Vec<Source>, Failure>>()?.into_iter();
    let source = links
        .next()
        .ok_or_else(|| Failure::Usage("name a file: a link to it".into()))?;
    let mut request = Request::new(source);
    request.mirrors = links.collect();
    request.stop_at_metalink = !args.no_metalink && request.mirrors.is_empty();
    fill(args, &mut request)?;
    Ok(request)
}

/// Enters in a request what the arguments say besides the file.
fn fill(args: &GetArgs, request: &mut Request) -> Result<(), Failure> {
    let one = matches!(args.connections, None | Some(Connections::Exactly(1)));
    if args.mode != Mode::Parallel && !one {
        return Err(Failure::Usage(args::too_many(args.mode)));
    }
    request.mode = args.mode;
    let per_host = args.max_connections_per_host.unwrap_or(PER_HOST);
    let (connections, auto) = match args.connections {
        None => (DEFAULT_CONNECTIONS, false),
        Some(Connections::Exactly(number)) => (number, false),
        Some(Connections::Auto) => (per_host, true),
    };
    request.per_host = match args.max_connections_per_host {
        Some(limit) => limit,
        None => per_host.max(connections),
    };
    request.connections = args.mode.connections(connections);
    request.auto = auto;
    request.http = args.http.options();
    request.rate_limit = args.limit_rate;
    request.restart = args.restart;
    request.restart_on_change = args.on_change == OnChange::Restart;
    request.same_file = args.same_file;
    request.packet_len = args.packet_size.unwrap_or(request.packet_len);
    request.order = match args.shuffle {
        Some(seed) if args.mode != Mode::Stream => Order::Shuffled(seed),
        _ => Order::InOrder,
    };
    if args.checksum.is_some() {
        request.checksum.clone_from(&args.checksum);
    }
    request.link = args.link.clone();
    if let Some(output) = &args.output {
        request.destination = destination(output);
    }
    request.check().map_err(Failure::Usage)
}

/// A path that ends in a slash, or where a folder is, means a folder.
fn destination(output: &Path) -> Destination {
    let text = output.to_string_lossy();
    if text.ends_with(['/', MAIN_SEPARATOR]) || output.is_dir() {
        Destination::Folder(output.to_owned())
    } else {
        Destination::File(output.to_owned())
    }
}

fn note(args: &GetArgs, words: &str) {
    if !args.quiet {
        terminal::say(&format!("note: {words}"));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Args, Command};
    use super::*;

    fn asked(line: &str) -> Result<Request, String> {
        let words = ["lanes", "get"].into_iter().chain(line.split_whitespace());
        let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        let Some(Command::Get(args)) = args.command else {
            return Err("another command".to_owned());
        };
        request(&args).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn the_mode_says_how_many_connections_there_are() {
        for (line, mode, connections) in [
            ("lanes://h/f", Mode::Parallel, DEFAULT_CONNECTIONS),
            ("lanes://h/f -n 64", Mode::Parallel, 64),
            ("lanes://h/f --mode stream", Mode::Stream, 1),
            (
                "lanes://h/f --mode packets --connections 1",
                Mode::Packets,
                1,
            ),
        ] {
            let request = asked(line).unwrap();
            assert_eq!(
                (request.mode, request.connections),
                (mode, connections),
                "{line}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (line, word) in [
            ("lanes://h/f --mode stream -n 2", "one connection"),
            ("lanes://h/f --mode packets -n 2", "--mode parallel"),
            ("lanes://h/f --connections 65", "1 to 64"),
            ("lanes://h/f --packet-size 12", "128"),
            ("lanes://h/f --checksum md5:00", "digest"),
            ("gopher://h/f", "https://"),
            ("http://h/f --link clean-cable", "Lanes server"),
            ("lanes://h/f http://h/f", "mirrors"),
            ("http://h/f here.meta4", "alone"),
            ("http://h/f -H nonsense", "NAME: VALUE"),
            ("http://h/f --same-file", "--output"),
            ("lanes://h/", "names no file"),
        ] {
            let words = asked(line).unwrap_err();
            assert!(words.contains(word), "{line}: {words}");
        }
    }

    #[test]
    fn a_name_that_ends_so_is_a_metalink_file_here() {
        let here = |text: &str| matches!(text.parse(), Ok(Wanted::Metalink(_)));
        assert!(here("x.meta4") && here("/a/b.METALINK"));
        assert!(!here("http://h/x.meta4") && "x.iso".parse::<Wanted>().is_err());
        assert!(asked("http://h/f").unwrap().stop_at_metalink);
        assert!(!asked("http://h/f --no-metalink").unwrap().stop_at_metalink);
    }

    #[test]
    fn a_slash_or_a_folder_keeps_the_servers_name() {
        assert_eq!(
            destination(Path::new("x/")),
            Destination::Folder("x/".into())
        );
        assert_eq!(destination(Path::new(".")), Destination::Folder(".".into()));
        let file = Path::new("no/such/folder/x.jpg");
        assert_eq!(destination(file), Destination::File(file.to_owned()));
    }

    #[test]
    fn packets_are_shuffled_and_a_stream_is_not() {
        let order = |line: &str| asked(line).unwrap().order;
        assert_eq!(order("lanes://h/f --shuffle 7"), Order::Shuffled(7));
        assert_eq!(
            order("lanes://h/f --shuffle 7 --mode stream"),
            Order::InOrder
        );
    }
}
