//! A web server that sends each response at a fixed rate, counts by client address, and can freeze one.

use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Bytes between two pauses, and the pause: 1.6 MB/s for each connection.
const STEP: usize = 16_384;
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Default)]
struct State {
    served: HashMap<IpAddr, u64>,
    frozen: HashSet<IpAddr>,
    is_stopped: bool,
}

struct Shared {
    file: Vec<u8>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The server, until dropped.
pub struct PacedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl PacedServer {
    /// Serves `file` at every path.
    pub fn start(file: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            file,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        spawn(move || {
            for socket in listener.incoming().flatten() {
                let shared = Arc::clone(&of_thread);
                if shared.lock().is_stopped {
                    return;
                }
                spawn(move || shared.serve(socket));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}/file", self.address)
    }

    /// Returns the bytes that this client was sent.
    pub fn served(&self, client: IpAddr) -> u64 {
        let state = self.shared.lock();
        state.served.get(&client).copied().unwrap_or_default()
    }

    /// Sends nothing to this client, or goes on.
    pub fn freeze(&self, client: IpAddr, freezes: bool) {
        let mut state = self.shared.lock();
        match freezes {
            true => state.frozen.insert(client),
            false => state.frozen.remove(&client),
        };
        self.shared.changed.notify_all();
    }
}

impl Drop for PacedServer {
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.changed.notify_all();
        let _ = TcpStream::connect(self.address);
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("paced-server".into());
    thread.spawn(work).expect("a thread");
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn serve(&self, mut socket: TcpStream) {
        let Ok(client) = socket.peer_addr().map(|address| address.ip()) else {
            return;
        };
        let mut head = Vec::new();
        let mut byte = [0];
        while let Ok(1) = socket.read(&mut byte) {
            head.push(byte[0]);
            if !head.ends_with(b"\r\n\r\n") {
                continue;
            }
            let request = String::from_utf8_lossy(&std::mem::take(&mut head)).to_ascii_lowercase();
            if !self.respond(&mut socket, client, &request) {
                return;
            }
        }
    }

    /// Sends one response. Returns whether the connection goes on.
    fn respond(&self, socket: &mut TcpStream, client: IpAddr, request: &str) -> bool {
        let len = self.file.len();
        let range = request.split("range: bytes=").nth(1);
        let range = range.and_then(|range| range.lines().next()?.split_once('-'));
        let (start, end) = range.map_or((0, len), |(start, last)| {
            let last = last.parse().map_or(len, |last: usize| last + 1);
            (start.parse().unwrap_or(0).min(len), last.min(len))
        });
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\nAccept-Ranges: bytes\r\n\
             Content-Length: {}\r\nContent-Range: bytes {start}-{}/{len}\r\n\r\n",
            end - start,
            end.max(1) - 1,
        );
        self.wait_until_thawed(client) && socket.write_all(head.as_bytes()).is_ok() && {
            self.file[start..end].chunks(STEP).all(|step| {
                std::thread::sleep(PAUSE);
                self.wait_until_thawed(client)
                    && socket.write_all(step).is_ok()
                    && self.count(client, step.len())
            })
        }
    }

    fn count(&self, client: IpAddr, len: usize) -> bool {
        let mut state = self.lock();
        *state.served.entry(client).or_default() += len as u64;
        true
    }

    /// Returns whether the server goes on.
    fn wait_until_thawed(&self, client: IpAddr) -> bool {
        let state = self.lock();
        let waits = |state: &mut State| state.frozen.contains(&client) && !state.is_stopped;
        let state = self.changed.wait_while(state, waits);
        !state.expect("no panic").is_stopped
    }
}
