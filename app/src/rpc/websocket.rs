//! A WebSocket (RFC 6455): calls come in, responses and notifications go out.
//!
//! One thread reads and answers, another sends notifications. Each frame is collected and written as a whole
//! under a lock, so frames of the two threads do not mix.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::http_request::{Head, MAX_BODY};
use super::service::Service;

/// Returns the fields of the response to an upgrade; `None` if the request is not a valid one.
pub(crate) fn accept_fields(head: &Head) -> Option<Vec<(&'static str, String)>> {
    let is_valid =
        head.has_word("Connection", "upgrade") && head.field("Sec-WebSocket-Version") == Some("13");
    let key = head.field("Sec-WebSocket-Key").filter(|_| is_valid)?;
    Some(vec![
        ("Upgrade", "websocket".into()),
        ("Connection", "Upgrade".into()),
        ("Sec-WebSocket-Accept", derive_accept_key(key.as_bytes())),
    ])
}

/// Serves an upgraded connection until it ends. `received` are bytes behind the request.
pub(crate) fn serve(service: &Service<'_>, stream: &TcpStream, received: Vec<u8>) {
    let notifications = service.backend.notifier().subscribe();
    let lock = Arc::new(Mutex::new(()));
    let half = || Half {
        stream,
        out: Vec::new(),
        lock: Arc::clone(&lock),
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(8 << 10)
        .write_buffer_size(8 << 10)
        .max_message_size(Some(MAX_BODY))
        .max_frame_size(Some(MAX_BODY));
    let mut reader = WebSocket::from_partially_read(half(), received, Role::Server, Some(config));
    let mut writer = WebSocket::from_raw_socket(half(), Role::Server, Some(config));
    // A client that only listens may be silent for days; keep-alive probes of TCP find one that is gone.
    let _ = stream.set_read_timeout(None);
    let _ = socket2::SockRef::from(stream).set_keepalive(true);
    thread::scope(|scope| {
        let (ended, is_ended) = crossbeam_channel::bounded::<()>(0);
        let sending = thread::Builder::new()
            .name("rpc-notify".into())
            .spawn_scoped(scope, move || {
                loop {
                    crossbeam_channel::select! {
                        recv(notifications) -> text => match text {
                            Ok(text) if writer.send(Message::text(&*text)).is_ok() => {}
                            // Closed, too slow, or the daemon ends.
                            _ => break,
                        },
                        recv(is_ended) -> _ => break,
                    }
                }
                let _ = stream.shutdown(Shutdown::Both);
            });
        if sending.is_ok() {
            read(service, &mut reader);
        }
        // Sends the last frame, if any.
        let _ = reader.get_mut().flush();
        drop(ended);
    });
    let _ = stream.shutdown(Shutdown::Both);
}

/// Answers calls until the connection ends.
fn read(service: &Service<'_>, socket: &mut WebSocket<Half<'_>>) {
    loop {
        let body = match socket.read() {
            Ok(Message::Text(text)) => text.as_bytes().to_vec(),
            Ok(Message::Binary(bytes)) => bytes.to_vec(),
            Ok(_) => continue,
            Err(Error::Capacity(_)) => {
                let _ = socket.close(None);
                return;
            }
            Err(_) => return,
        };
        let response = service.answer(&body);
        if socket.send(Message::text(response.body)).is_err() {
            return;
        }
    }
}

/// One direction's view of the connection.
struct Half<'a> {
    stream: &'a TcpStream,
    /// Bytes of frames that are not complete.
    out: Vec<u8>,
    lock: Arc<Mutex<()>>,
}

impl Read for Half<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self.stream, buffer)
    }
}

impl Write for Half<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let written = (&mut &*self.stream).write_all(&self.out);
        drop(guard);
        self.out.clear();
        self.out.shrink_to(64 << 10);
        written
    }
}
