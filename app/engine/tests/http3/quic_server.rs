//! A server of HTTP/3 that plays replies, whether they obey HTTP/3 or not.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use lanes_engine::HttpUrl;
use quinn_proto::crypto::rustls::QuicServerConfig;
use quinn_proto::{
    Connection, ConnectionHandle, DatagramEvent, Dir, Endpoint, EndpointConfig, Event,
    ServerConfig, StreamId, VarInt,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

/// A certificate for `localhost`, of a CA of its own.
pub struct Certificate(TempDir);

impl Certificate {
    /// Generates it; prints a message and returns `None` if openssl fails.
    pub fn make() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let extensions =
            "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n";
        fs::write(folder.path().join("extensions"), extensions).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let is_made = [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Lanes-Test-CA -addext keyUsage=critical,keyCertSign"),
            format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"),
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out cert.pem".to_owned(),
        ]
        .iter()
        .all(|words| {
            let output = Command::new("openssl").args(words.split(' ')).current_dir(folder.path()).output();
            output.is_ok_and(|output| output.status.success())
        });
        if !is_made {
            eprintln!("skipped: cannot generate a certificate with openssl");
        }
        is_made.then_some(Self(folder))
    }

    /// Returns the file with the CA.
    pub fn ca(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }
}

/// The reply to one connection.
#[derive(Clone)]
pub struct Reply {
    /// Bytes of the stream of the request.
    pub stream: Vec<u8>,
    /// Bytes of the first stream that the server opens.
    pub control: Vec<u8>,
    /// The stream of the request stays open.
    pub is_open: bool,
    /// The stream of the request is reset.
    pub reset: bool,
}

impl Reply {
    /// Returns a reply that obeys HTTP/3 as far as `stream` does.
    pub fn whole(stream: Vec<u8>) -> Self {
        Self {
            stream,
            control: vec![0, 4, 0],
            is_open: false,
            reset: false,
        }
    }
}

/// Returns a frame.
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32 | 0x8000_0000).to_be_bytes();
    [&[kind][..], &len, payload].concat()
}

/// Returns a HEADERS frame with literal fields.
pub fn head(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut section = vec![0, 0];
    for (name, value) in fields {
        assert!(value.len() < 127, "one byte of length");
        match name.len() {
            len @ 0..=6 => section.push(0x20 | len as u8),
            len => section.extend([0x27, (len - 7) as u8]),
        }
        section.extend(name.bytes());
        section.push(value.len() as u8);
        section.extend(value.bytes());
    }
    frame(1, &section)
}

/// A running server. Dropping it ends it.
pub struct Server {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server of `protocol` that gives each connection the next of `replies`.
    pub fn start(certificate: &Certificate, protocol: &[u8], replies: Vec<Reply>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(5)))
            .unwrap();
        let folder = certificate.0.path();
        let chain = CertificateDer::pem_file_iter(folder.join("cert.pem")).unwrap();
        let chain = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        tls.alpn_protocols = vec![protocol.to_vec()];
        let crypto = QuicServerConfig::try_from(tls).unwrap();
        let config = ServerConfig::with_crypto(Arc::new(crypto));
        let endpoint = Endpoint::new(
            Arc::new(EndpointConfig::default()),
            Some(Arc::new(config)),
            false,
            None,
        );
        let address = socket.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let mut player = Player {
            socket,
            endpoint,
            replies: replies.into_iter(),
            played: BTreeMap::new(),
            out: Vec::new(),
        };
        let stop = Arc::clone(&is_over);
        let thread = std::thread::Builder::new()
            .name("quic-server".to_owned())
            .spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    player.turn();
                }
            });
        Self {
            address,
            is_over,
            thread: Some(thread.unwrap()),
        }
    }

    /// Returns the URL of `path`.
    pub fn url(&self, path: &str) -> HttpUrl {
        format!("https://127.0.0.1:{}{path}", self.port())
            .parse()
            .unwrap()
    }

    /// Returns the UDP port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// One connection.
struct Played {
    connection: Connection,
    reply: Option<Reply>,
    /// The stream of the request, once it is answered, and the bytes that were written.
    request: Option<(StreamId, usize)>,
}

struct Player {
    socket: UdpSocket,
    endpoint: Endpoint,
    replies: std::vec::IntoIter<Reply>,
    played: BTreeMap<usize, Played>,
    out: Vec<u8>,
}

impl Player {
    fn turn(&mut self) {
        let mut datagram = [0; 2048];
        self.out.clear();
        if let Ok((len, from)) = self.socket.recv_from(&mut datagram) {
            let data = BytesMut::from(&datagram[..len]);
            let now = Instant::now();
            match self
                .endpoint
                .handle(now, from, None, None, data, &mut self.out)
            {
                Some(DatagramEvent::NewConnection(incoming)) => {
                    self.out.clear();
                    // A client that offers no common protocol is refused here, by a datagram.
                    match self.endpoint.accept(incoming, now, &mut self.out, None) {
                        Ok((handle, connection)) => {
                            let played = Played {
                                connection,
                                reply: self.replies.next(),
                                request: None,
                            };
                            self.played.insert(handle.0, played);
                        }
                        Err(error) => {
                            if let Some(answer) = error.response {
                                self.socket.send_to(&self.out[..answer.size], from).unwrap();
                            }
                        }
                    }
                }
                Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                    if let Some(played) = self.played.get_mut(&handle.0) {
                        played.connection.handle_event(event);
                    }
                }
                Some(DatagramEvent::Response(answer)) => {
                    self.socket.send_to(&self.out[..answer.size], from).unwrap();
                }
                None => {}
            }
        }
        for (handle, played) in &mut self.played {
            let now = Instant::now();
            if played.connection.poll_timeout().is_some_and(|at| at <= now) {
                played.connection.handle_timeout(now);
            }
            while let Some(event) = played.connection.poll_endpoint_events() {
                if let Some(event) = self.endpoint.handle_event(ConnectionHandle(*handle), event) {
                    played.connection.handle_event(event);
                }
            }
            while let Some(event) = played.connection.poll() {
                if let Event::Connected = event {
                    played.open_control();
                }
            }
            played.answer();
            loop {
                self.out.clear();
                let Some(sent) = played.connection.poll_transmit(now, 1, &mut self.out) else {
                    break;
                };
                // The client may be gone.
                let _ = self
                    .socket
                    .send_to(&self.out[..sent.size], sent.destination);
            }
        }
    }
}

impl Played {
    fn open_control(&mut self) {
        if let (Some(reply), Some(id)) = (&self.reply, self.connection.streams().open(Dir::Uni)) {
            let _ = self.connection.send_stream(id).write(&reply.control);
        }
    }

    /// Writes on in the reply, once the request has come.
    fn answer(&mut self) {
        let Some(reply) = &self.reply else { return };
        if self.request.is_none() {
            self.request = self.connection.streams().accept(Dir::Bi).map(|id| (id, 0));
        }
        let Some((id, written)) = &mut self.request else {
            return;
        };
        let mut stream = self.connection.send_stream(*id);
        if reply.reset {
            let _ = stream.reset(VarInt::from_u32(0x102));
            return;
        }
        while *written < reply.stream.len() {
            match stream.write(&reply.stream[*written..]) {
                Ok(len) => *written += len,
                Err(_) => return,
            }
        }
        if !reply.is_open {
            let _ = stream.finish();
        }
    }
}
