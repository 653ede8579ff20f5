//! Many small files in the engine's queue: they share the connections of the downloads that may run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use super::common::{TIMEOUT, wait_for};
use lanes_engine::{Command, Destination, DownloadSpec, DownloadState, Engine, Limits};

/// Length of every small file in bytes.
const LEN: usize = 20_000;
/// Files whose responses are sent at once.
const FIRST: usize = 3;

/// A server that answers the first requests at once, and the others once so many wait at the same time.
struct Server {
    /// Requests that have arrived, those that wait, and whether the others are answered at once too.
    state: Mutex<(usize, usize, bool)>,
    changed: Condvar,
    together: usize,
}

impl Server {
    fn start(together: usize) -> (SocketAddr, Arc<Self>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("its address");
        let server = Arc::new(Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            together,
        });
        let shared = Arc::clone(&server);
        start_thread(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&shared);
                start_thread(move || server.serve(stream));
            }
        });
        (addr, server)
    }

    fn serve(&self, mut stream: TcpStream) {
        let Ok(reader) = stream.try_clone() else {
            return;
        };
        let mut head = String::new();
        let mut reader = BufReader::new(reader);
        while reader.read_line(&mut head).is_ok_and(|len| len > 0) {
            if !head.ends_with("\r\n\r\n") {
                continue;
            }
            head.clear();
            self.wait_for_others();
            let fields = "Accept-Ranges: bytes\r\nETag: \"1\"";
            let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {LEN}\r\n{fields}\r\n\r\n");
            let body = [response.as_bytes(), &[7; LEN]].concat();
            if stream.write_all(&body).is_err() {
                return;
            }
        }
    }

    fn wait_for_others(&self) {
        let mut state = self.state.lock().expect("the state");
        state.0 += 1;
        if state.0 <= FIRST {
            return;
        }
        state.1 += 1;
        state.2 |= state.1 >= self.together;
        self.changed.notify_all();
        let waited = self
            .changed
            .wait_timeout_while(state, TIMEOUT / 2, |state| !state.2);
        drop(waited.expect("the state"));
    }
}

fn start_thread(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("server".into());
    thread.spawn(work).expect("a thread");
}

fn spec(addr: SocketAddr, index: usize, folder: &Path) -> DownloadSpec {
    let url = format!("http://{addr}/{index}.bin");
    DownloadSpec {
        destination: Destination::Folder(folder.to_owned()),
        flush: false,
        ..DownloadSpec::new(url.parse().expect("a URL"))
    }
}

#[test]
fn small_files_share_the_connections_of_the_downloads_that_may_run() {
    let folder = tempfile::tempdir().unwrap();
    let (addr, server) = Server::start(12);
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    engine.send(Command::Limit(Limits {
        downloads: 2,
        ..Limits::default()
    }));
    let ids: Vec<_> = (0..40)
        .map(|index| engine.add(spec(addr, index, folder.path())))
        .collect();
    wait_for("every file", || {
        let snapshot = engine.snapshot();
        let is_done = |id| {
            snapshot
                .download(id)
                .is_some_and(|now| now.state == DownloadState::Finished)
        };
        ids.iter().all(|id| is_done(*id)).then_some(())
    });
    let (_, waiting, were_together) = *server.state.lock().unwrap();
    assert!(
        were_together,
        "fewer than 12 of {waiting} requests waited at the same time"
    );
    for index in 0..40 {
        let saved = std::fs::read(folder.path().join(format!("{index}.bin"))).unwrap();
        assert!(saved.len() == LEN && saved.iter().all(|byte| *byte == 7));
    }
}

#[test]
fn one_download_at_a_time_is_one_also_for_small_files() {
    let folder = tempfile::tempdir().unwrap();
    let (addr, _server) = Server::start(1);
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    engine.send(Command::Limit(Limits {
        downloads: 1,
        ..Limits::default()
    }));
    let ids: Vec<_> = (0..12)
        .map(|index| engine.add(spec(addr, index, folder.path())))
        .collect();
    wait_for("every file", || {
        let snapshot = engine.snapshot();
        let running = snapshot
            .downloads
            .iter()
            .filter(|now| now.state.is_active());
        assert!(running.count() <= 1, "more than one download runs");
        let is_done = |id| {
            snapshot
                .download(id)
                .is_some_and(|now| now.state == DownloadState::Finished)
        };
        ids.iter().all(|id| is_done(*id)).then_some(())
    });
}
