//! Situations with a known cause: emulated links, servers with limits, limits of the user, slow destinations.

use std::path::Path;
use std::time::{Duration, Instant};

use lanes_engine::{Bottleneck, CancelToken, Destination, DownloadSpec, Source, fetch};
use lanes_server::{Config, Server};
use lanes_shared::link::parse_profile;

use super::servers::{Behaviour, HttpServer};

/// Time from which on the answers count, and the time of the last one.
const ANSWERS: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(9)];

/// A situation, and the names of the causes that are right.
pub struct Situation {
    pub name: &'static str,
    pub expected: &'static [&'static str],
    pub setting: Setting,
}

/// Server, link and options.
pub enum Setting {
    /// The server emulates this link for all; over HTTP or over the Lanes protocol, with so many
    /// connections: 0 for automatic.
    Link(&'static str, Protocol, u16),
    /// An HTTP server of this behaviour, with so many connections: 0 for automatic.
    Server(Behaviour, u16),
    /// A limit of the user in bytes per second, over a link, with so many connections.
    OwnLimit(u64, &'static str, u16),
    /// A pipe whose reader takes this many bytes per second, with so many connections.
    SlowReader(u64, u16),
    /// The folder in an environment variable, on a slow disk.
    Folder(&'static str, u16),
    /// An HTTP server at the address in an environment variable.
    Url(&'static str, u16),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Protocol {
    Lanes,
    Http,
}

/// Runs a download in a situation. Returns the cause that was named most often, with its latest figures, and
/// the share of the answers that named it.
pub fn run(setting: &Setting) -> Option<(Bottleneck, f64)> {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = |source: Source, connections: u16| DownloadSpec {
        destination: Destination::Folder(folder.path().to_owned()),
        flush: false,
        connections: if connections == 0 { 32 } else { connections },
        auto: connections == 0,
        per_host: 64,
        ..DownloadSpec::new(source)
    };
    match setting {
        Setting::Link(link, protocol, connections) => {
            let server = server(link);
            observe(&spec(source(&server, *protocol), *connections))
        }
        Setting::Server(behaviour, connections) => {
            let server = HttpServer::start(*behaviour);
            let url = format!("http://{}/file.bin", server.addr);
            observe(&spec(url.parse().expect("a URL"), *connections))
        }
        Setting::OwnLimit(limit, link, connections) => {
            let server = server(link);
            observe(&DownloadSpec {
                rate_limit: Some(*limit),
                ..spec(source(&server, Protocol::Http), *connections)
            })
        }
        Setting::SlowReader(rate, connections) => slow_reader(folder.path(), *rate, &|path| {
            let server = server("");
            observe(&DownloadSpec {
                destination: Destination::File(path.to_owned()),
                ..spec(source(&server, Protocol::Http), *connections)
            })
        }),
        Setting::Folder(variable, connections) => {
            let server = server("");
            let folder = std::env::var_os(variable)?;
            observe(&DownloadSpec {
                destination: Destination::Folder(folder.into()),
                restart: true,
                // It must fit there.
                ..spec(
                    file_of(&server, Protocol::Http, "sample-2GiB.bin"),
                    *connections,
                )
            })
        }
        Setting::Url(variable, connections) => {
            let url = std::env::var(variable).ok()?;
            observe(&spec(url.parse().expect("a URL"), *connections))
        }
    }
}

fn server(link: &str) -> Server {
    let link = (!link.is_empty()).then(|| parse_profile(link).expect("a link"));
    let config = Config {
        link,
        ..Config::default()
    };
    Server::start(Config {
        listen: ([127, 0, 0, 1], 0).into(),
        ..config
    })
    .expect("a server on loopback")
}

fn source(server: &Server, protocol: Protocol) -> Source {
    file_of(server, protocol, "sample-16GiB.bin")
}

fn file_of(server: &Server, protocol: Protocol, file: &str) -> Source {
    let scheme = match protocol {
        Protocol::Lanes => "lanes",
        Protocol::Http => "http",
    };
    let url = format!("{scheme}://{}/{file}", server.addr());
    url.parse().expect("a URL")
}

/// Downloads until the last answer counts.
fn observe(spec: &DownloadSpec) -> Option<(Bottleneck, f64)> {
    let (stop, begun) = (CancelToken::default(), Instant::now());
    let mut answers: Vec<Option<Bottleneck>> = Vec::new();
    let end = fetch(spec, &stop, &mut |now| {
        let elapsed = begun.elapsed();
        if elapsed > ANSWERS[0] && now.state.is_active() {
            answers.push(now.bottleneck.clone());
        }
        if elapsed > ANSWERS[1] {
            stop.cancel();
        }
    });
    if let Err(error) = end
        && answers.is_empty()
    {
        crate::print(&format!("no answers: {error}"));
    }
    let name = |answer: &Option<Bottleneck>| answer.as_ref().map_or("none", Bottleneck::name);
    let count = |one: &str| answers.iter().filter(|answer| name(answer) == one).count();
    let most = answers.iter().map(name).max_by_key(|one| count(one))?;
    let last = answers.iter().rev().find(|answer| name(answer) == most)?;
    let share = count(most) as f64 / answers.len() as f64;
    Some((last.clone()?, share))
}

/// Lets a reader take so many bytes per second from a named pipe.
fn slow_reader(
    folder: &Path,
    rate: u64,
    observe: &dyn Fn(&Path) -> Option<(Bottleneck, f64)>,
) -> Option<(Bottleneck, f64)> {
    use std::io::Read as _;

    let path = folder.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo").success());
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut pipe = std::fs::File::open(&path).expect("the pipe");
            let mut buf = vec![0; 64 * 1024];
            let (begun, mut read) = (Instant::now(), 0);
            while let Ok(len) = pipe.read(&mut buf)
                && len > 0
            {
                read += len as u64;
                let due = Duration::from_secs_f64(read as f64 / rate as f64);
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
            }
        });
        let answer = observe(&path);
        let _ = reader.join();
        answer
    })
}
