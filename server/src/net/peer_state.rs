//! Detects that a client is gone while the server has nothing to send to it.

use std::net::TcpStream;
use std::time::Duration;

/// Time on an emulated link after which a client that has closed its sending side, and to which
/// nothing is written, counts as gone. Only a write can show that it has closed the connection.
pub(crate) const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(5);

/// The client's side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerState {
    /// The client can send and receive.
    Open,
    /// The client has shut down its sending side, or has closed the connection: until the server
    /// sends something, both look the same.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "only Linux tells it")
    )]
    HalfClosed,
    /// The connection is reset.
    Gone,
}

/// Returns the client's side of a connection without waiting. Unread bytes do not hide its end.
#[cfg(target_os = "linux")]
pub(crate) fn peer_state(socket: &TcpStream) -> PeerState {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut polled = [PollFd::new(socket, PollFlags::RDHUP)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // Fails only if a signal interrupts it or memory is short; the next call knows more.
    let _ = poll(&mut polled, Some(&now));
    let found = polled[0].revents();
    if found.intersects(PollFlags::ERR | PollFlags::HUP) {
        PeerState::Gone
    } else if found.contains(PollFlags::RDHUP) {
        PeerState::HalfClosed
    } else {
        PeerState::Open
    }
}

/// Returns the client's side of a connection without waiting. Only a reset is detected.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peer_state(socket: &TcpStream) -> PeerState {
    match socket.take_error() {
        Ok(None) => PeerState::Open,
        Ok(Some(_)) | Err(_) => PeerState::Gone,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;

    fn wait_for(socket: &TcpStream, state: PeerState) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while peer_state(socket) != state {
            assert!(Instant::now() < deadline, "never {state:?}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_end_of_a_client_is_detected_behind_unread_bytes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut socket, _) = listener.accept().unwrap();
        client.write_all(b"unread").unwrap();
        assert_eq!(peer_state(&socket), PeerState::Open);
        if cfg!(target_os = "linux") {
            client.shutdown(std::net::Shutdown::Write).unwrap();
            wait_for(&socket, PeerState::HalfClosed);
        }
        // Closing with unread bytes sends a reset.
        socket.write_all(b"unread").unwrap();
        client.peek(&mut [0; 6]).unwrap();
        drop(client);
        wait_for(&socket, PeerState::Gone);
    }
}
