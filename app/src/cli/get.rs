//! `lanes get`: downloads one file, or those that a Metalink file lists.

mod batch;
mod list;
mod metalink;
mod pasted_command;
mod request;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lanes_shared::link::LinkProfile;

use super::args::{self, Connections, ExpectedChecksum};
use super::failure::Failure;
use super::http_args::HttpArgs;
use super::progress::{self, Progress};
use super::secret::SecretText;
use super::time_args::RetryArgs;
use super::{interrupt, suggest, terminal};
use lanes_engine::{self, CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Mode};
use metalink::Input;
use request::{apply_options, destination, request};
use summary::{interrupted_message, print_saved};

/// Arguments that do not fit each other.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    /// No URL.
    #[error("give the URL of a file")]
    NoUrl,
    /// A Metalink file besides other inputs.
    #[error("a Metalink file lists its own mirrors: give it alone: {}", .0.display())]
    MetalinkNotAlone(PathBuf),
    /// A file as the output of this many files.
    #[error("the Metalink file lists {0} files: --output must be a folder, with a trailing slash")]
    FileForMany(usize),
    /// An option for a single file with this many files.
    #[error(
        "the Metalink file lists {0} files: --checksum, --same-file and --adopt apply to one file only"
    )]
    SingleFileOption(usize),
}

/// Arguments of `lanes get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes get lanes://127.0.0.1:5115/Data.jpg
  lanes get lanes://127.0.0.1:5115/Data.jpg --connections 20 --output pictures/
  lanes get lanes://127.0.0.1:5115/Data.jpg --mode packets --packet-size 512 --shuffle 7
  lanes get https://example.org/file.iso --connections auto
  lanes get https://one.example/file.iso https://two.example/file.iso -n 16
  lanes get https://example.org/file.iso.meta4
  lanes get -i links.txt --output downloads/
  lanes get https://example.org/file.iso --adopt downloads/file.iso.aria2
  lanes get https://example.org/file.iso --checksum auto
  lanes get --curl @copied-from-the-browser.txt

An interrupted download can be resumed with the same command.

Other users can read the arguments of a program. So --user, --bearer, --cookie, --header and --proxy take
@FILE, or @- for the standard input, in place of their text; LANES_USER, LANES_BEARER, LANES_COOKIE and
LANES_HEADER in the environment do the same without an option.

Exit codes: 0 saved and verified, 1 failure, 2 usage error, 130 interrupted.")]
pub struct GetArgs {
    /// URL of the file: https://…, http://… or lanes://HOST:PORT/NAME; further URLs are its mirrors.
    /// Or a Metalink file, as a path or URL, whose files are downloaded from the mirrors that it lists
    #[arg(value_name = "URL", required_unless_present_any = ["input_file", "curl"], value_parser = args::parsed::<Input>())]
    inputs: Vec<Input>,
    /// Download each link of this list, or of the standard input if it is -; aria2's indented options (out,
    /// dir, checksum, header), configuration files of curl (url, output), exports of Internet Download Manager
    /// (.ef2) and JSON are understood
    #[arg(short, long, value_name = "FILE|-", conflicts_with = "inputs")]
    input_file: Option<PathBuf>,
    /// Download what this command line fetches: "Copy as cURL" of a browser (bash, cmd or PowerShell), or a
    /// line of curl, wget or aria2c, with its headers, cookies, credentials and proxy
    #[arg(long, value_name = "COMMAND|@FILE|@-", conflicts_with_all = ["inputs", "input_file"])]
    curl: Option<SecretText>,
    /// Save a Metalink file itself, not the files that it lists
    #[arg(long)]
    no_metalink: bool,
    /// Number of connections, 1 to 64, or auto to tune it [default: 10; 1 with --mode stream or packets]
    #[arg(short = 'n', long, value_name = "N|auto", value_parser = args::connections_or_auto)]
    connections: Option<Connections>,
    /// Largest number of connections to one HTTP server, also for auto [default: 16, or the value of
    /// --connections if larger]
    #[arg(long, value_name = "N", value_parser = args::connections)]
    max_connections_per_host: Option<u16>,
    /// Transfer mode
    #[arg(short, long, value_parser = args::mode(), default_value = "parallel")]
    mode: Mode,
    /// Packet size, 128 to 4MiB [default: 64KiB]
    #[arg(long, value_name = "BYTES", value_parser = args::packet_size)]
    packet_size: Option<u32>,
    /// Request the packets in a random order with this seed
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Output file, or a folder for the server's file name, or - for the standard output; a device or a
    /// pipe is written in order [default: the Desktop]
    #[arg(short, long, value_name = "PATH|DIR/|-")]
    output: Option<PathBuf>,
    /// Expected checksum: sha-256:HEX, sha-512:HEX, blake3:HEX, sha-1:HEX or md5:HEX; or auto to look for it
    /// beside the file on its server (SHA256SUMS, SHA512SUMS, NAME.sha256, .sha512, .md5, .blake3)
    #[arg(long, value_name = "NAME:HEX|auto", value_parser = args::checksum_or_auto)]
    checksum: Option<ExpectedChecksum>,
    /// Emulate this link on the server: the name of a preset, or a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = args::link)]
    link: Option<LinkProfile>,
    /// Give the file the time of its last change on the server
    #[arg(long)]
    remote_time: bool,
    /// Speed limit in bytes per second, such as 500KB or 2MiB
    #[arg(long, value_name = "RATE", value_parser = args::rate)]
    limit_rate: Option<u64>,
    /// Delete the partial file of an earlier attempt and start from the beginning
    #[arg(long)]
    restart: bool,
    /// Action if the file on the server has changed since the last attempt
    #[arg(long, value_enum, default_value = "fail")]
    on_change: OnChange,
    /// Resume the partial file at --output from this URL
    #[arg(long, requires = "output", conflicts_with = "restart")]
    same_file: bool,
    /// Continue this unfinished file of another program: of aria2, axel, lftp or ipull, with the state beside
    /// it, or the beginning of the file, as curl, wget and browsers leave it (.part, .crdownload). It is only
    /// read; the file is saved beside it unless --output says otherwise
    #[arg(long, value_name = "FILE", conflicts_with_all = ["restart", "same_file", "input_file"])]
    adopt: Option<PathBuf>,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
    /// Print only errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    retry: RetryArgs,
    #[command(flatten)]
    http: HttpArgs,
}

impl GetArgs {
    /// Returns whether an option is for one file only.
    fn has_single_file_option(&self) -> bool {
        let has_checksum = matches!(self.checksum, Some(ExpectedChecksum::Exactly(_)));
        has_checksum || self.same_file || self.adopt.is_some()
    }
}

/// Action if the file on the server has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnChange {
    /// Keep the partial file and fail
    Fail,
    /// Delete the partial file and start from the beginning
    Restart,
}

/// Downloads one file, or those that a Metalink file lists.
pub(super) fn run(args: &GetArgs) -> Result<(), Failure> {
    if args.mode == Mode::Stream && (args.shuffle.is_some() || args.packet_size.is_some()) {
        note(
            args,
            "a stream has no packets: --shuffle and --packet-size have no effect",
        );
    }
    // First, since Ctrl+C ends the program while a password is asked for.
    args.http.options()?;
    if let Some(notice) = args.http.notice() {
        note(args, notice);
    }
    let end = fetch_inputs(args);
    // Cookies are kept also of a download that failed, as curl does.
    let saved = args.http.save_cookies();
    end.and(saved)
}

fn fetch_inputs(args: &GetArgs) -> Result<(), Failure> {
    let stop = CancelToken::default();
    let on_interrupt = stop.clone();
    if let Some(path) = &args.input_file {
        interrupt::on_first(move || on_interrupt.cancel())?;
        return list::run(args, path, &stop);
    }
    if let Some(SecretText(command)) = &args.curl {
        let request = pasted_command::request(args, command)?;
        interrupt::on_first(move || on_interrupt.cancel())?;
        return fetch_one(args, &request, &stop).map(drop);
    }
    match &args.inputs[..] {
        [Input::Metalink(path)] => {
            interrupt::on_first(move || on_interrupt.cancel())?;
            metalink::open(args, path, &stop)
        }
        [Input::Url(url)] if !args.no_metalink && lanes_engine::metalink::is_name(&url.name()) => {
            request(args)?;
            interrupt::on_first(move || on_interrupt.cancel())?;
            metalink::fetch(args, url, &stop)
        }
        _ => {
            let request = request(args)?;
            interrupt::on_first(move || on_interrupt.cancel())?;
            match fetch_one(args, &request, &stop)? {
                Fetched::File => Ok(()),
                Fetched::Metalink => metalink::fetch(args, &request.source, &stop),
            }
        }
    }
}

/// The result of [`fetch_one`].
enum Fetched {
    /// The file is saved.
    File,
    /// The URL is that of a Metalink file, which was not downloaded.
    Metalink,
}

fn fetch_one(
    args: &GetArgs,
    request: &DownloadSpec,
    stop: &CancelToken,
) -> Result<Fetched, Failure> {
    stop.reset();
    let progress = Progress::new(args.quiet);
    let mut last: Option<Arc<DownloadSnapshot>> = None;
    let result = lanes_engine::fetch(request, stop, &mut |snapshot| {
        let was_out = last.as_ref().is_some_and(|last| last.outage.is_some());
        if snapshot.outage.is_some() && !was_out {
            progress.line(|| progress::message(snapshot));
        }
        if snapshot.state.is_active() {
            let len = snapshot.len.unwrap_or(0);
            progress.show(snapshot.done, len, || progress::message(snapshot));
        }
        last = Some(Arc::clone(snapshot));
    });
    progress.clear();
    match result {
        Ok(outcome) => {
            print_saved(args, request, &outcome, last.as_deref(), &progress)?;
            Ok(Fetched::File)
        }
        Err(FetchError::Metalink) => Ok(Fetched::Metalink),
        Err(FetchError::Stopped) => Err(Failure::Interrupted(interrupted_message(last.as_deref()))),
        Err(error) => Err(Failure::failed(error_message(error, request))),
    }
}

/// Returns the text of an error, with a hint at what to do.
fn error_message(error: FetchError, request: &DownloadSpec) -> String {
    match error {
        FetchError::NoSuchFile(reason) => suggest::with_suggestions(&reason, &request.source),
        FetchError::Changed(reason) => format!("{reason} (--restart, or --on-change restart)"),
        error => error.to_string(),
    }
}

fn note(args: &GetArgs, message: &str) {
    if !args.quiet {
        terminal::print_error(&format!("note: {message}"));
    }
}
