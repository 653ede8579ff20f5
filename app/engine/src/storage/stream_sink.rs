//! Writes a download in order to the standard output, a pipe or a device.
//!
//! Nothing can be written twice there, read back or renamed. So one connection fetches the file in order;
//! bytes are held back until their packet is complete, and hashed as they leave. What has left cannot be
//! taken back: the checksums are compared at the end, and a difference is an error.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::fs::{self, File, FileType};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use lanes_shared::checksum::Digest;

use super::incremental_checksum::IncrementalChecksum;
use crate::model::checksum::Checksum;
use crate::model::spec::Destination;
use crate::sync::cancel::CancelToken;
use crate::sync::lock;

#[cfg(not(unix))]
use other as os;
#[cfg(unix)]
use unix as os;

/// Most bytes that are held back, because earlier ones are missing.
const MAX_HELD: usize = 64 << 20;
/// Most bytes of one write.
const WRITE_LEN: usize = 64 * 1024;
/// Bytes that a pipe takes without blocking once it is writable (`PIPE_BUF`).
const PIPE_WRITE_LEN: usize = 4096;

/// A pipe or a device that takes bytes in order.
pub(crate) struct StreamSink {
    out: File,
    is_pipe: bool,
    is_disk: bool,
    cancel: CancelToken,
    state: Mutex<State>,
}

struct State {
    /// Bytes written so far.
    written: u64,
    /// The bytes that follow, some of which may be missing.
    held: Vec<u8>,
    digest: Option<blake3::Hasher>,
    checksums: Vec<(Checksum, IncrementalChecksum)>,
}

impl StreamSink {
    /// Creates a sink for `out`. Waiting for a reader ends when `cancel` is cancelled.
    pub fn new(out: File, cancel: CancelToken) -> Self {
        let kind = out.metadata().map(|meta| meta.file_type());
        Self {
            is_pipe: kind.as_ref().is_ok_and(|kind| os::is_pipe(*kind)),
            is_disk: kind.is_ok_and(os::is_disk),
            out,
            cancel,
            state: Mutex::new(State {
                written: 0,
                held: Vec::new(),
                digest: None,
                checksums: Vec::new(),
            }),
        }
    }

    /// Opens the device or pipe of `destination`, or the standard output.
    ///
    /// # Errors
    /// Those of opening a file.
    pub fn open(destination: &Destination, cancel: &CancelToken) -> io::Result<Self> {
        let out = match destination {
            Destination::File(path) if !is_stdout(path) => os::open(path, cancel)?,
            _ => os::stdout()?,
        };
        Ok(Self::new(out, cancel.clone()))
    }

    /// Computes these checksums and, if `hashes`, a BLAKE3 digest of the bytes. Must be called before any
    /// are written.
    pub fn expect(&self, hashes: bool, checksums: impl IntoIterator<Item = Checksum>) {
        let mut state = lock(&self.state);
        state.digest = hashes.then(blake3::Hasher::new);
        for checksum in checksums {
            let running = IncrementalChecksum::new(&checksum);
            state.checksums.push((checksum, running));
        }
    }

    /// Holds bytes at `offset` until [`Self::commit`]. Bytes that were written already are dropped.
    ///
    /// # Errors
    /// The bytes are too far ahead.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = lock(&self.state);
        let known = state.written.saturating_sub(offset).min(bytes.len() as u64);
        let bytes = &bytes[known as usize..];
        if bytes.is_empty() {
            return Ok(());
        }
        let from = offset + known - state.written;
        let to = from + bytes.len() as u64;
        if to > MAX_HELD as u64 {
            return Err(io::Error::other("the bytes arrived too far out of order"));
        }
        let (from, to) = (from as usize, to as usize);
        if state.held.len() < to {
            state.held.resize(to, 0);
        }
        state.held[from..to].copy_from_slice(bytes);
        Ok(())
    }

    /// Writes the held bytes up to offset `end`, all of which have arrived.
    ///
    /// # Errors
    /// Those of a write; `Interrupted` if the download was cancelled.
    pub fn commit(&self, end: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        let len = end
            .saturating_sub(state.written)
            .min(state.held.len() as u64);
        let State {
            written,
            held,
            digest,
            checksums,
        } = &mut *state;
        let bytes = &held[..len as usize];
        self.write_all(bytes)?;
        if let Some(digest) = digest {
            digest.update(bytes);
        }
        for (_, running) in checksums {
            running.update(bytes);
        }
        held.drain(..len as usize);
        *written += len;
        Ok(())
    }

    fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        let max = if self.is_pipe {
            PIPE_WRITE_LEN
        } else {
            WRITE_LEN
        };
        while !bytes.is_empty() {
            if !os::wait_until_writable(&self.out, &self.cancel)? {
                return Err(io::Error::other("stopped"));
            }
            match (&self.out).write(&bytes[..bytes.len().min(max)]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => bytes = &bytes[len..],
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns a second handle to the pipe or device.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn handle(&self) -> io::Result<File> {
        self.out.try_clone()
    }

    /// Returns the number of bytes written.
    pub fn written(&self) -> u64 {
        lock(&self.state).written
    }

    /// Returns the BLAKE3 digest of the bytes written, if it was requested.
    pub fn digest(&self) -> Option<Digest> {
        let state = lock(&self.state);
        let digest = state.digest.as_ref()?.finalize();
        Some(Digest(*digest.as_bytes()))
    }

    /// Returns whether the bytes written have the checksum `expected`; `None` if it was not computed.
    pub fn matches(&self, expected: &Checksum) -> Option<bool> {
        let state = lock(&self.state);
        let mut checksums = state.checksums.iter();
        let (_, running) = checksums.find(|(checksum, _)| checksum == expected)?;
        Some(running.clone().matches(expected))
    }

    /// Waits until a disk has the bytes; pipes and other devices have them already.
    ///
    /// # Errors
    /// Those of a flush.
    pub fn flush(&self) -> io::Result<()> {
        if self.is_disk {
            self.out.sync_data()?;
        }
        Ok(())
    }
}

/// Returns whether bytes can only be written to `destination`, not a file created there: the standard
/// output, a device, a pipe, or what a link to one leads to.
pub(crate) fn is_stream(destination: &Destination) -> bool {
    let is_special = |kind: FileType| !kind.is_file() && !kind.is_dir();
    match destination {
        Destination::Stdout => true,
        Destination::File(path) => {
            is_stdout(path) || fs::metadata(path).is_ok_and(|meta| is_special(meta.file_type()))
        }
        // The name is not the user's: whatever has it is left alone.
        Destination::Desktop | Destination::Folder(_) => false,
    }
}

/// Returns whether `path` leads to the standard output under any name, such as `/dev/fd/1` or the terminal's
/// device. The standard output may be redirected to a file.
pub fn is_stdout(path: &Path) -> bool {
    cfg!(unix) && path == Path::new("/dev/stdout") || os::is_stdout(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::os::fd::OwnedFd;

    use super::*;

    fn piped(checksums: Vec<Checksum>) -> (io::PipeReader, StreamSink) {
        let (reader, writer) = io::pipe().expect("a pipe");
        let out = File::from(OwnedFd::from(writer));
        let sink = StreamSink::new(out, CancelToken::default());
        sink.expect(true, checksums);
        (reader, sink)
    }

    #[test]
    fn bytes_leave_in_order_and_once() {
        let sha = "sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sha: Checksum = sha.parse().unwrap();
        let (mut reader, sink) = piped(vec![sha.clone()]);
        sink.write_at(1, b"bX").unwrap();
        sink.write_at(0, b"ab").unwrap();
        sink.commit(2).unwrap();
        // A damaged packet arrives again, from its beginning.
        sink.write_at(1, b"bc").unwrap();
        sink.commit(3).unwrap();
        sink.commit(3).unwrap();
        assert_eq!(sink.written(), 3);
        assert_eq!(
            sink.digest(),
            Some(Digest(*blake3::hash(b"abc").as_bytes()))
        );
        assert_eq!(sink.matches(&sha), Some(true));
        drop(sink);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }

    #[test]
    fn a_closed_reader_is_an_error_and_a_cancelled_wait_ends() {
        let (reader, sink) = piped(Vec::new());
        drop(reader);
        sink.write_at(0, b"abc").unwrap();
        let error = sink.commit(3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);

        let (_reader, sink) = piped(Vec::new());
        sink.write_at(0, &[0; 1 << 20]).unwrap();
        std::thread::scope(|scope| {
            let cancel = &sink.cancel;
            scope.spawn(|| cancel.cancel());
            assert!(sink.commit(1 << 20).is_err(), "the pipe has no reader");
        });
    }

    #[test]
    fn devices_and_pipes_are_streams_and_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink("/dev/null", at("null")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("broken")).unwrap();
        let null = at("null");
        for name in [
            "/dev/null",
            "/dev/stdout",
            "/dev/fd/1",
            "/proc/self/fd/1",
            null.to_str().unwrap(),
        ] {
            assert!(is_stream(&Destination::File(name.into())), "{name}");
        }
        for path in [at("file"), at("broken"), at("no"), dir.path().to_owned()] {
            assert!(
                !is_stream(&Destination::File(path.clone())),
                "{}",
                path.display()
            );
            assert!(!is_stream(&Destination::Folder(path)));
        }
    }
}
