//! Bytes on their way from a socket into a file without being copied through this program.
//!
//! The kernel hands the pages that it has received to a pipe and from there to the file: one copy
//! instead of two, and half the memory traffic. Linux has that (splice(2)); elsewhere there are no
//! such pipes, and bytes are read and written.

#[cfg(target_os = "linux")]
pub(crate) use linux::Splice;
#[cfg(not(target_os = "linux"))]
pub(crate) use none::Splice;

/// How much a pipe holds, in bytes: as much as anybody may have without asking root. Below that it
/// is no gain: the pages come in pieces, and a pipe has room for so many pieces, not bytes.
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

    /// A pipe that one thread fills and empties by turns.
    pub(crate) struct Splice {
        end: File,
        begin: OwnedFd,
        /// Bytes in it.
        len: usize,
    }

    impl Splice {
        /// A pipe with [`CAPACITY`]; `None` where the system gives none.
        pub fn new() -> Option<Self> {
            let (end, begin) = pipe_with(PipeFlags::CLOEXEC).ok()?;
            let room = fcntl_setpipe_size(&begin, CAPACITY).ok()?;
            let end = File::from(end);
            (room >= CAPACITY).then_some(Self { end, begin, len: 0 })
        }

        /// Bytes in it.
        pub fn len(&self) -> usize {
            self.len
        }

        /// Takes up to `most` bytes that `socket` has: how many, 0 at the end of the connection. Waits
        /// for the first as long as a read would.
        ///
        /// # Errors
        /// Those of a read.
        pub fn fill(&mut self, socket: &TcpStream, most: usize) -> io::Result<usize> {
            let moved = splice(socket, None, &self.begin, None, most, SpliceFlags::MOVE)?;
            self.len += moved;
            Ok(moved)
        }

        /// Moves all that is in it into `file`, from `offset` on.
        ///
        /// # Errors
        /// Those of a write.
        pub fn drain_into(&mut self, file: &File, mut offset: u64) -> io::Result<()> {
            while self.len > 0 {
                match splice(
                    self.end.as_fd(),
                    None,
                    file,
                    Some(&mut offset),
                    self.len,
                    SpliceFlags::MOVE,
                ) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(moved) => self.len -= moved,
                    Err(Errno::INTR) => {}
                    // Not every file system takes pages.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                        let bytes = self.take()?;
                        return std::os::unix::fs::FileExt::write_all_at(file, &bytes, offset);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }

        /// All that is in it, as bytes.
        ///
        /// # Errors
        /// Those of a read.
        pub fn take(&mut self) -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; self.len];
            self.end.read_exact(&mut bytes)?;
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

    /// There is none.
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
    fn what_comes_lands_at_its_place_and_the_end_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let mut pipe = Splice::new().unwrap();

        far.write_all(b"not this, but this").unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        let mut skipped = [0; 10];
        (&near).read_exact(&mut skipped).unwrap();
        assert_eq!(pipe.fill(&near, 4).unwrap(), 4);
        assert_eq!((pipe.len(), pipe.take().unwrap()), (4, b"but ".to_vec()));
        assert_eq!(pipe.fill(&near, CAPACITY).unwrap(), 4);
        pipe.drain_into(&file, 3).unwrap();
        assert_eq!((pipe.len(), pipe.fill(&near, CAPACITY).unwrap()), (0, 0));

        let mut there = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut there).unwrap();
        assert_eq!(there, b"\0\0\0this");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
            return;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        far.write_all(&[1; 100]).unwrap();
        let mut pipe = Splice::new().unwrap();
        pipe.fill(&near, CAPACITY).unwrap();
        let error = pipe.drain_into(&full, 0).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}
