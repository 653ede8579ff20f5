//! Sockets: shutting them down from another thread, waiting for bytes, counting them.

use std::io;
use std::net::{Shutdown, TcpStream};

/// Shuts `socket` down and wakes the threads that are blocked in it, in both directions.
///
/// Elsewhere than on Windows the shutdown wakes them. Winsock leaves a call that is blocked already where
/// it is, until its timeout (rust-lang/rust#121594). There the calls are cancelled after the shutdown: one
/// that begins later is refused by the shutdown, so none is missed. A cancelled call ends with
/// `TimedOut`, the next read with 0 bytes.
///
/// # Errors
/// `NotConnected`, and others of the system. Blocked calls are cancelled all the same.
pub fn shut_down(socket: &TcpStream, how: Shutdown) -> io::Result<()> {
    let result = socket.shutdown(how);
    #[cfg(windows)]
    windows::cancel_io(socket);
    result
}

/// Waits until a read of `socket` would return at once: bytes or the end have arrived, or an error.
///
/// Only Windows needs it before a read that may be repeated after its timeout: there a read that reached its
/// timeout leaves the socket in an undefined state and may lose bytes (Winsock, `SO_RCVTIMEO`), while a
/// peek takes none. Elsewhere this returns at once.
///
/// # Errors
/// `TimedOut` at the read timeout of the socket, and others of the system.
pub fn wait_readable(socket: &TcpStream) -> io::Result<()> {
    #[cfg(windows)]
    socket.peek(&mut [0])?;
    #[cfg(not(windows))]
    let _ = socket;
    Ok(())
}

/// Returns the number of received bytes that are not read yet; `None` if the system does not report it.
pub fn unread(socket: &TcpStream) -> Option<usize> {
    #[cfg(unix)]
    let unread = rustix::io::ioctl_fionread(socket).ok();
    #[cfg(windows)]
    let unread = windows::fionread(socket);
    unread.and_then(|bytes| usize::try_from(bytes).ok())
}

#[cfg(windows)]
#[allow(
    unsafe_code,
    reason = "no crate of the tree wraps CancelIoEx and ioctlsocket"
)]
mod windows {
    use std::net::TcpStream;
    use std::os::windows::io::AsRawSocket as _;
    use std::ptr;

    use windows_sys::Win32::Foundation::HANDLE;
    use windows_sys::Win32::Networking::WinSock::{FIONREAD, SOCKET, ioctlsocket};
    use windows_sys::Win32::System::IO::CancelIoEx;

    /// Cancels all calls that are blocked in the socket, also those through another handle to it.
    pub fn cancel_io(socket: &TcpStream) {
        // SAFETY: the handle is open as long as `socket` is borrowed; null stands for all calls.
        // It fails if none is blocked.
        unsafe { CancelIoEx(socket.as_raw_socket() as HANDLE, ptr::null()) };
    }

    pub fn fionread(socket: &TcpStream) -> Option<u32> {
        let mut bytes = 0;
        // SAFETY: the socket is open as long as it is borrowed, and `bytes` outlives the call.
        let result =
            unsafe { ioctlsocket(socket.as_raw_socket() as SOCKET, FIONREAD, &raw mut bytes) };
        (result == 0).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn a_shutdown_wakes_a_blocked_read_and_a_blocked_write() {
        let long = Duration::from_secs(60);
        let (reader, _open) = pair();
        let (writer, _never_reads) = pair();
        for socket in [&reader, &writer] {
            socket.set_read_timeout(Some(long)).unwrap();
            socket.set_write_timeout(Some(long)).unwrap();
        }
        let (first, second) = (reader.try_clone().unwrap(), writer.try_clone().unwrap());
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // A cancelled call on Windows; the next one sees the shutdown.
                let _ = wait_readable(&reader);
                assert_eq!((&reader).read(&mut [0]).unwrap(), 0);
            });
            let (filled, is_full) = std::sync::mpsc::sync_channel(1);
            scope.spawn(move || {
                let mut total = 0;
                while let Ok(len) = (&writer).write(&[0; 65_536]) {
                    total += len;
                    let _ = filled.try_send(total);
                }
            });
            is_full.recv().unwrap();
            shut_down(&first, Shutdown::Both).unwrap();
            shut_down(&second, Shutdown::Both).unwrap();
        });
        assert!(started.elapsed() < long / 2, "{:?}", started.elapsed());
    }

    #[test]
    fn unread_bytes_are_counted() {
        let (mut near, mut far) = pair();
        assert_eq!(unread(&far), Some(0));
        near.write_all(b"abc").unwrap();
        far.peek(&mut [0; 3]).unwrap();
        far.read_exact(&mut [0]).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while unread(&far) != Some(2) {
            assert!(Instant::now() < deadline, "{:?}", unread(&far));
            std::thread::yield_now();
        }
    }
}
