//! Moves bytes from a socket into a file without copying them through this process (`splice(2)`).
//!
//! The kernel moves the received pages to a pipe and from there into the file: one copy instead of two,
//! and half the memory traffic. Only Linux has it; elsewhere bytes are read and written.

#[cfg(target_os = "linux")]
pub(crate) use linux::Splice;
#[cfg(not(target_os = "linux"))]
pub(crate) use none::Splice;

/// Capacity of a pipe in bytes: the most that an unprivileged process may set. A smaller pipe is no
/// gain, since it is full after a fixed number of pages, however few bytes each has.
pub(crate) const CAPACITY: usize = 1 << 20;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{self, Read as _};
    use std::net::TcpStream;
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::io::Errno;
    use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

    use super::CAPACITY;

    /// A pipe that one thread alternately fills from a socket and drains into a file.
    pub(crate) struct Splice {
        reader: File,
        writer: OwnedFd,
        /// Bytes in the pipe.
        len: usize,
    }

    impl Splice {
        /// Creates a pipe of [`CAPACITY`] bytes. `None` if the system provides none.
        pub fn new() -> Option<Self> {
            let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).ok()?;
            let capacity = fcntl_setpipe_size(&writer, CAPACITY).ok()?;
            let reader = File::from(reader);
            (capacity >= CAPACITY).then_some(Self {
                reader,
                writer,
                len: 0,
            })
        }

        /// Returns the number of bytes in the pipe.
        pub fn len(&self) -> usize {
            self.len
        }

        /// Moves up to `max` bytes from `socket` into the pipe and returns their number, 0 at the end of
        /// the stream. Blocks for the first byte as a read does.
        ///
        /// # Errors
        /// Those of a read.
        pub fn fill(&mut self, socket: &TcpStream, max: usize) -> io::Result<usize> {
            let moved = splice(socket, None, &self.writer, None, max, SpliceFlags::MOVE)?;
            self.len += moved;
            Ok(moved)
        }

        /// Moves all bytes in the pipe into `file`, at `offset`.
        ///
        /// # Errors
        /// Those of a write.
        pub fn drain_into(&mut self, file: &File, mut offset: u64) -> io::Result<()> {
            while self.len > 0 {
                match splice(
                    self.reader.as_fd(),
                    None,
                    file,
                    Some(&mut offset),
                    self.len,
                    SpliceFlags::MOVE,
                ) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(moved) => self.len -= moved,
                    Err(Errno::INTR) => {}
                    // Not every file system supports it.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                        let bytes = self.take()?;
                        return std::os::unix::fs::FileExt::write_all_at(file, &bytes, offset);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }

        /// Takes all bytes out of the pipe.
        ///
        /// # Errors
        /// Those of a read.
        pub fn take(&mut self) -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; self.len];
            self.reader.read_exact(&mut bytes)?;
            self.len = 0;
            Ok(bytes)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    use std::fs::File;
    use std::io;
    use std::net::TcpStream;

    /// Has no value, since the system has no `splice`.
    pub(crate) enum Splice {}

    impl Splice {
        pub fn new() -> Option<Self> {
            None
        }

        pub fn len(&self) -> usize {
            match *self {}
        }

        pub fn fill(&mut self, _: &TcpStream, _: usize) -> io::Result<usize> {
            match *self {}
        }

        pub fn drain_into(&mut self, _: &File, _: u64) -> io::Result<()> {
            match *self {}
        }

        pub fn take(&mut self) -> io::Result<Vec<u8>> {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    #[test]
    fn bytes_are_written_at_their_offset_and_the_end_is_reported() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (receiver, _) = listener.accept().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let mut pipe = Splice::new().unwrap();

        sender.write_all(b"not this, but this").unwrap();
        sender.shutdown(Shutdown::Write).unwrap();
        let mut skipped = [0; 10];
        (&receiver).read_exact(&mut skipped).unwrap();
        assert_eq!(pipe.fill(&receiver, 4).unwrap(), 4);
        assert_eq!((pipe.len(), pipe.take().unwrap()), (4, b"but ".to_vec()));
        assert_eq!(pipe.fill(&receiver, CAPACITY).unwrap(), 4);
        pipe.drain_into(&file, 3).unwrap();
        assert_eq!(
            (pipe.len(), pipe.fill(&receiver, CAPACITY).unwrap()),
            (0, 0)
        );

        let mut written = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut written).unwrap();
        assert_eq!(written, b"\0\0\0this");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
            return;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (receiver, _) = listener.accept().unwrap();
        sender.write_all(&[1; 100]).unwrap();
        let mut pipe = Splice::new().unwrap();
        pipe.fill(&receiver, CAPACITY).unwrap();
        let error = pipe.drain_into(&full, 0).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}
