//! Reads from a socket without blocking.

use std::io;
use std::net::TcpStream;

/// Reads one byte if available: one system call instead of three, at least once per small file.
#[cfg(unix)]
pub(super) fn read_byte(stream: &TcpStream) -> io::Result<usize> {
    receive_byte(stream, libc::MSG_DONTWAIT)
}

/// Reads one byte if available, and leaves it there. Returns 0 at the end of the stream.
#[cfg(unix)]
pub(super) fn peek_byte(stream: &TcpStream) -> io::Result<usize> {
    receive_byte(stream, libc::MSG_DONTWAIT | libc::MSG_PEEK)
}

#[cfg(unix)]
fn receive_byte(stream: &TcpStream, flags: i32) -> io::Result<usize> {
    let mut byte = [std::mem::MaybeUninit::uninit()];
    socket2::SockRef::from(stream).recv_with_flags(&mut byte, flags)
}

/// Reads one byte if available.
#[cfg(not(unix))]
pub(super) fn read_byte(stream: &TcpStream) -> io::Result<usize> {
    use std::io::Read as _;

    without_blocking(stream, |mut stream| stream.read(&mut [0]))
}

/// Reads one byte if available, and leaves it there. Returns 0 at the end of the stream.
#[cfg(not(unix))]
pub(super) fn peek_byte(stream: &TcpStream) -> io::Result<usize> {
    without_blocking(stream, |stream| stream.peek(&mut [0]))
}

#[cfg(not(unix))]
fn without_blocking(
    stream: &TcpStream,
    read: impl FnOnce(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let read = read(stream);
    stream.set_nonblocking(false)?;
    read
}
