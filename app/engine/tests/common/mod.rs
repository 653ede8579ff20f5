//! Helpers of the end-to-end tests: a real server on a free port, requests, and waiting for conditions.
#![allow(dead_code, reason = "each test crate uses a part of this module")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_engine::{
    CancelToken, Destination, DownloadId, DownloadSnapshot, DownloadSpec, Engine, FetchError,
    Outcome, RetryLimits, fetch,
};
use lanes_engine::{ServerName, Source};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::shuffle::Shuffle;

/// Time that a test waits for a condition; generous, because the machine can be busy.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Starts a server for `root` on a free port.
pub fn serve(root: &Path) -> Server {
    serve_at_most(root, 256)
}

/// Starts a server for `root` on a free port, with at most `max_connections` connections.
pub fn serve_at_most(root: &Path, max_connections: usize) -> Server {
    serve_on(
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        root,
        max_connections,
    )
}

/// Starts a server for `root` at `listen`.
pub fn serve_on(listen: SocketAddr, root: &Path, max_connections: usize) -> Server {
    let config = Config {
        root: Some(root.to_owned()),
        listen,
        max_connections,
        // Tests that stop their server expect open connections to close at once.
        timeouts: Timeouts {
            shutdown: Duration::ZERO,
            ..Timeouts::default()
        },
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

/// Returns the source of a file on the server at `addr`.
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

/// Returns a request for a file on the server at `addr` into `folder`.
pub fn request(addr: SocketAddr, name: &str, folder: &Path) -> DownloadSpec {
    DownloadSpec {
        destination: Destination::Folder(folder.to_owned()),
        flush: false,
        // No test waits for minutes.
        retry: RetryLimits::times(5),
        ..DownloadSpec::new(source(addr, name))
    }
}

/// Returns `len` pseudo-random bytes; each seed gives different bytes.
pub fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let shuffle = Shuffle::new(u64::MAX, seed);
    (0..len.div_ceil(8) as u64)
        .flat_map(|i| shuffle.at(i).to_le_bytes())
        .take(len)
        .collect()
}

/// Runs a download without a progress observer.
pub fn get(request: &DownloadSpec) -> Result<Outcome, FetchError> {
    fetch(request, &CancelToken::default(), &mut |_: &Arc<
        DownloadSnapshot,
    >| {})
}

/// Waits until `ready` returns a value. Panics after [`TIMEOUT`] with `what` in the message.
pub fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(since.elapsed() < TIMEOUT, "waited {TIMEOUT:?} for {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until `ready` accepts the snapshot of download `id`, and returns that snapshot.
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

/// Returns the names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
