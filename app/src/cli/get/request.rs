//! The specification of a download from the arguments of `lanes get`.

use std::path::{MAIN_SEPARATOR, Path};

use lanes_shared::wire::Order;

use super::metalink::Input;
use super::{GetArgs, OnChange, UsageError};
use crate::cli::args::{ArgError, Connections, ExpectedChecksum};
use crate::cli::failure::Failure;
use lanes_engine::{
    ConnectionLimitCache, DEFAULT_CONNECTIONS, DEFAULT_PER_HOST, Destination, DownloadSpec, Mode,
    Source,
};

/// Returns the request of the arguments.
pub(super) fn request(args: &GetArgs) -> Result<DownloadSpec, Failure> {
    let urls = args.inputs.iter().map(|input| match input {
        Input::Url(url) => Ok(url.clone()),
        Input::Metalink(path) => Err(UsageError::MetalinkNotAlone(path.clone())),
    });
    let urls: Result<Vec<Source>, UsageError> = urls.collect();
    let mut urls = urls.map_err(Failure::usage)?.into_iter();
    let source = urls
        .next()
        .ok_or_else(|| Failure::usage(UsageError::NoUrl))?;
    let mut request = DownloadSpec::new(source);
    request.mirrors = urls.collect();
    request.stop_at_metalink = !args.no_metalink && request.mirrors.is_empty();
    apply_options(args, &mut request)?;
    Ok(request)
}

/// Applies the options to a request.
pub(super) fn apply_options(args: &GetArgs, request: &mut DownloadSpec) -> Result<(), Failure> {
    let one = matches!(args.connections, None | Some(Connections::Exactly(1)));
    if args.mode != Mode::Parallel && !one {
        return Err(Failure::usage(ArgError::SingleConnection(args.mode.name())));
    }
    request.mode = args.mode;
    let per_host = args.max_connections_per_host.unwrap_or(DEFAULT_PER_HOST);
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
    request.http = args.http.options()?;
    request.retry = args.retry.limits();
    request.host_memory = ConnectionLimitCache::default_path();
    request.rate_limit = args.limit_rate;
    request.remote_time = args.remote_time;
    request.restart = args.restart;
    request.restart_on_change = args.on_change == OnChange::Restart;
    request.same_file = args.same_file;
    request.packet_len = args.packet_size.unwrap_or(request.packet_len);
    request.order = match args.shuffle {
        Some(seed) if args.mode != Mode::Stream => Order::Shuffled(seed),
        _ => Order::InOrder,
    };
    match &args.checksum {
        Some(ExpectedChecksum::Beside) => request.find_checksums = true,
        Some(ExpectedChecksum::Exactly(checksum)) => request.checksum = Some(checksum.clone()),
        None => {}
    }
    request.link = args.link.clone();
    if let Some(unfinished) = &args.adopt {
        request.adopt = Some(unfinished.clone());
        // Its folder is the one that the user chose for the file.
        let folder = unfinished.parent().map(Path::to_owned);
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        request.destination = Destination::Folder(folder.unwrap_or_else(|| ".".into()));
    }
    if let Some(output) = &args.output {
        request.destination = destination(output);
    }
    request.check().map_err(Failure::usage)
}

/// Converts a path: the standard output, a folder if it ends with a slash or is an existing folder, else
/// a file.
pub(super) fn destination(output: &Path) -> Destination {
    let text = output.to_string_lossy();
    if text == "-" || lanes_engine::is_stdout(output) {
        Destination::Stdout
    } else if text.ends_with(['/', MAIN_SEPARATOR]) || output.is_dir() {
        Destination::Folder(output.to_owned())
    } else {
        Destination::File(output.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Args, Command};

    fn parsed(line: &str) -> anyhow::Result<DownloadSpec> {
        let words = ["lanes", "get"].into_iter().chain(line.split_whitespace());
        let Some(Command::Get(args)) = Args::try_parse_from(words)?.command else {
            anyhow::bail!("another command");
        };
        request(&args).map_err(|failure| anyhow::anyhow!("{failure:?}"))
    }

    #[test]
    fn the_mode_determines_the_default_number_of_connections() {
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
            let request = parsed(line).unwrap();
            assert_eq!(
                (request.mode, request.connections),
                (mode, connections),
                "{line}"
            );
        }
    }

    #[test]
    fn invalid_arguments_are_refused_with_the_reason() {
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
            ("http://h/f --adopt f.aria2 --restart", "cannot be used"),
            ("lanes://h/f --adopt f.aria2", "HTTP server"),
            ("http://h/f --checksum some", "auto"),
            ("lanes://h/", "names no file"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn a_path_with_a_metalink_extension_is_a_metalink_file() {
        let here = |text: &str| matches!(text.parse(), Ok(Input::Metalink(_)));
        assert!(here("x.meta4") && here("/a/b.METALINK"));
        assert!(!here("http://h/x.meta4") && "x.iso".parse::<Input>().is_err());
        assert!(parsed("http://h/f").unwrap().stop_at_metalink);
        assert!(!parsed("http://h/f --no-metalink").unwrap().stop_at_metalink);
    }

    #[test]
    fn a_trailing_slash_or_an_existing_folder_keeps_the_servers_file_name() {
        assert_eq!(
            destination(Path::new("x/")),
            Destination::Folder("x/".into())
        );
        assert_eq!(destination(Path::new(".")), Destination::Folder(".".into()));
        let file = Path::new("no/such/folder/x.jpg");
        assert_eq!(destination(file), Destination::File(file.to_owned()));
        assert_eq!(destination(Path::new("-")), Destination::Stdout);
        assert_eq!(
            destination(Path::new("./-")),
            Destination::File("./-".into())
        );
    }

    #[test]
    fn an_unfinished_file_is_continued_in_its_folder() {
        let spec = |line: &str| parsed(line).unwrap();
        for (line, folder) in [
            ("http://h/f --adopt /a/b/f.aria2", "/a/b"),
            ("http://h/f --adopt f.st", "."),
            ("http://h/f --adopt /a/b/f.aria2 -o /c/", "/c/"),
        ] {
            assert_eq!(
                spec(line).destination,
                Destination::Folder(folder.into()),
                "{line}"
            );
            assert!(spec(line).adopt.is_some());
        }
    }

    #[test]
    fn a_checksum_is_given_or_looked_for() {
        let given = format!("http://h/f --checksum md5:{}", "0".repeat(32));
        let (given, auto) = (
            parsed(&given).unwrap(),
            parsed("http://h/f --checksum auto").unwrap(),
        );
        assert!(given.checksum.is_some() && !given.find_checksums);
        assert!(auto.checksum.is_none() && auto.find_checksums);
    }

    #[test]
    fn packets_can_be_shuffled_and_a_stream_cannot() {
        let order = |line: &str| parsed(line).unwrap().order;
        assert_eq!(order("lanes://h/f --shuffle 7"), Order::Shuffled(7));
        assert_eq!(
            order("lanes://h/f --shuffle 7 --mode stream"),
            Order::InOrder
        );
    }
}
