//! What the end-to-end tests share: a real server on a free port, and what a file must contain.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes::engine::source::{ServerName, Source};
use lanes::engine::{
    Destination, DownloadId, DownloadSnapshot, Engine, FetchError, Outcome, Request, Stop, fetch,
};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::shuffle::Shuffle;

/// How long a test waits for what must happen, on a machine that may be very busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a free port that serves `root`.
pub fn serve(root: &Path) -> Server {
    serve_at_most(root, 256)
}

/// A server on a free port that serves `root` over at most `max_connections`.
pub fn serve_at_most(root: &Path, max_connections: usize) -> Server {
    serve_on(
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        root,
        max_connections,
    )
}

/// A server at `listen`.
pub fn serve_on(listen: SocketAddr, root: &Path, max_connections: usize) -> Server {
    let config = Config {
        root: Some(root.to_owned()),
        listen,
        max_connections,
        // A test that takes its server away means now.
        timeouts: Timeouts {
            shutdown: Duration::ZERO,
            ..Timeouts::default()
        },
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

/// The source of a file of this server.
pub fn source(addr: SocketAddr, name: &str) -> Source {
    let server = ServerName {
        host: addr.ip().to_string(),
        port: addr.port(),
    };
    Source::Lanes {
        server,
        name: name.to_owned(),
    }
}

/// A request for a file of this server into `folder`.
pub fn request(addr: SocketAddr, name: &str, folder: &Path) -> Request {
    Request {
        destination: Destination::Folder(folder.to_owned()),
        flush: false,
        ..Request::new(source(addr, name))
    }
}

/// Bytes that no other file of the test has.
pub fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let shuffle = Shuffle::new(u64::MAX, seed);
    (0..len.div_ceil(8) as u64)
        .flat_map(|i| shuffle.at(i).to_le_bytes())
        .take(len)
        .collect()
}

/// Downloads without watching.
pub fn get(request: &Request) -> Result<Outcome, FetchError> {
    fetch(request, &Stop::default(), &mut |_: &Arc<
        DownloadSnapshot,
    >| {})
}

/// Waits until `ready` gives something.
pub fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until download `id` is as it should be.
pub fn wait(
    engine: &Engine,
    id: DownloadId,
    what: &str,
    ready: impl Fn(&DownloadSnapshot) -> bool,
) -> Arc<DownloadSnapshot> {
    wait_for(what, || {
        let snapshot = engine.snapshot();
        snapshot.download(id).filter(|now| ready(now)).cloned()
    })
}

/// What a folder holds, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
