//! HTTP servers with one property each: a rate per connection, one connection only, a few connections.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Behaviour of a server.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// Rate of a connection in bytes per second.
    pub rate: f64,
    /// Time between two writes: nginx sleeps, and then sends what has become due.
    pub interval: Duration,
    /// It answers ranges with the whole file.
    pub is_whole: bool,
    /// Most connections; others get status 503.
    pub most: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rate: 1e6,
            interval: Duration::from_millis(10),
            is_whole: false,
            most: usize::MAX,
        }
    }
}

/// A running server of one file of [`LEN`] bytes.
pub struct HttpServer {
    pub addr: SocketAddr,
    is_over: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

/// Length of the file: no situation fetches all of it.
const LEN: u64 = 4 << 30;

impl HttpServer {
    /// Starts a server on a free port.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("its address");
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_over);
        let acceptor = std::thread::Builder::new()
            .name("acceptor".to_owned())
            .spawn(move || accept(&listener, behaviour, &flag))
            .expect("a thread");
        Self {
            addr,
            is_over,
            acceptor: Some(acceptor),
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.addr);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, behaviour: Behaviour, is_over: &Arc<AtomicBool>) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut threads = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        let (open, is_over) = (Arc::clone(&open), Arc::clone(is_over));
        let thread = std::thread::Builder::new().name("responder".to_owned());
        let running = thread.spawn(move || {
            let is_refused = open.fetch_add(1, Ordering::AcqRel) >= behaviour.most;
            let _ = serve(&stream, behaviour, is_refused, &is_over);
            open.fetch_sub(1, Ordering::AcqRel);
        });
        threads.extend(running);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(
    mut stream: &TcpStream,
    behaviour: Behaviour,
    is_refused: bool,
    is_over: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut head = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => return Ok(()),
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        if is_refused {
            stream.write_all(
                b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )?;
            return Ok(());
        }
        let range = range(&String::from_utf8_lossy(&head)).filter(|_| !behaviour.is_whole);
        respond(stream, behaviour, range, is_over)?;
        head.clear();
    }
    Ok(())
}

/// Returns the first and the last byte that a request asks for.
fn range(head: &str) -> Option<(u64, u64)> {
    let head = head.to_ascii_lowercase();
    let (_, rest) = head.split_once("range: bytes=")?;
    let (first, rest) = rest.split_once('-')?;
    let last: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let last = last.parse().unwrap_or(LEN - 1);
    Some((first.parse().ok()?, last))
}

fn respond(
    mut stream: &TcpStream,
    behaviour: Behaviour,
    range: Option<(u64, u64)>,
    is_over: &AtomicBool,
) -> std::io::Result<()> {
    let (first, last) = range.unwrap_or((0, LEN - 1));
    let len = last + 1 - first;
    let status = match range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {first}-{last}/{LEN}"),
        None => "200 OK".to_owned(),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\nETag: \"1\"\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let (begun, mut sent) = (Instant::now(), 0);
    let zeros = vec![0; 1 << 20];
    while sent < len && !is_over.load(Ordering::Acquire) {
        let due = ((begun.elapsed() + behaviour.interval).as_secs_f64() * behaviour.rate) as u64;
        while sent < due.min(len) {
            let part = (due.min(len) - sent).min(zeros.len() as u64);
            stream.write_all(&zeros[..part as usize])?;
            sent += part;
        }
        std::thread::sleep(behaviour.interval);
    }
    Ok(())
}
