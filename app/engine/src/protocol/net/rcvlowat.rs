//! The receive low-water mark (`SO_RCVLOWAT`): a blocked read wakes up for many bytes instead of
//! for every few, because on a fast connection the wake-ups cost more than the copying.

use std::io;
use std::net::TcpStream;

/// Sets the low-water mark of `socket` to `bytes` (at least 1): a blocked read returns once so many
/// bytes are available, or at its timeout.
///
/// Only Linux is known to return fewer bytes at the timeout. Where a read returns none of them then, as BSD's
/// may, a slow connection would count as idle. So elsewhere this does nothing.
///
/// # Errors
/// The error of `setsockopt`.
#[cfg(target_os = "linux")]
pub(crate) fn set(socket: &TcpStream, bytes: usize) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    let mark = libc::c_int::try_from(bytes.max(1)).unwrap_or(libc::c_int::MAX);
    // SAFETY: the descriptor is open as long as `socket` is borrowed, and the option's value is one
    // C int that outlives the call. No dependency wraps this option.
    #[allow(unsafe_code, reason = "see above")]
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            std::ptr::from_ref(&mark).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn set(_: &TcpStream, _: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn read_waits_for_the_low_water_mark_and_eof_is_delivered() {
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
