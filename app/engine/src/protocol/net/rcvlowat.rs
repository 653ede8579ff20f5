//! How many bytes a socket must have before a blocked read is woken: where bytes come fast, to wake
//! for each few of them costs more than to move them.

use std::io;
use std::net::TcpStream;

/// A blocked read of `socket` returns once so many bytes are there, or its time is up. At least 1.
///
/// # Errors
/// The system's. Where it has no such thing this does nothing.
#[cfg(unix)]
pub(crate) fn set(socket: &TcpStream, bytes: usize) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    let mark = libc::c_int::try_from(bytes.max(1)).unwrap_or(libc::c_int::MAX);
    // SAFETY: the descriptor is open as long as `socket` is borrowed, and the option's value is one
    // C int, which outlives the call. No crate of the tree wraps this option.
    #[allow(unsafe_code, reason = "see above")]
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            std::ptr::from_ref(&mark).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(unix))]
pub(crate) fn set(_: &TcpStream, _: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_read_waits_for_the_mark_and_an_end_comes_through() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut near, _) = listener.accept().unwrap();
        set(&near, 10).unwrap();
        let reader = std::thread::Builder::new().spawn(move || {
            let mut buf = [0; 64];
            let len = near.read(&mut buf).unwrap();
            (len, near.read(&mut buf).unwrap())
        });
        far.write_all(&[1; 6]).unwrap();
        far.write_all(&[1; 6]).unwrap();
        drop(far);
        let (first, second) = reader.unwrap().join().unwrap();
        assert_eq!((first + second, first >= 10), (12, true));
    }
}
