//! The send buffer of one connection on an emulated link.
//!
//! The serving thread appends bytes, the pacer grants them, and the writer thread takes the granted
//! bytes out and writes them to the socket. A thread that holds the lock of a buffer takes no other
//! lock; the lock of the session always comes first.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lanes_os::socket;
use socket2::SockRef;

use super::buffer_limits::BufferLimits;
use crate::net::connection::Connection;
use crate::net::peer_state::{HALF_CLOSED_TIMEOUT, PeerState, peer_state};
use crate::sync::lock;

/// Size of the kernel's send buffer, in bytes (256 KiB). Autotuning grows it to megabytes, which
/// would hide for seconds that a client reads slowly.
const KERNEL_BUFFER: usize = 256 * 1024;

/// Interval at which a serving thread that waits for the emulated link checks whether its client is
/// gone.
const PEER_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The send buffer of one connection.
pub(super) struct SendBuffer {
    pub connection: Arc<Connection>,
    limits: BufferLimits,
    queue: Mutex<Queue>,
    /// Signals the writer: bytes are granted, or the buffer is closed.
    granted: Condvar,
    /// Signals the serving thread: bytes were written, or the connection failed.
    written: Condvar,
}

/// A run of consecutive bytes in the queue, with the number of file bytes among them.
struct Mark {
    len: usize,
    file_bytes: u64,
}

struct Queue {
    pending: VecDeque<u8>,
    marks: VecDeque<Mark>,
    /// Bytes that the writer took out and has not written yet.
    writing: usize,
    /// Pending bytes that may be written.
    granted: u64,
    /// Time at which the first granted byte was due.
    due: Option<Instant>,
    /// True while bytes need a grant: until the server stops.
    is_paced: bool,
    /// Bytes above which the serving thread waits.
    limit: usize,
    /// Bytes written so far.
    written: u64,
    is_paused: bool,
    /// Resets the connection after the granted bytes.
    reset: bool,
    /// Set once no more bytes are written.
    closed: Option<io::ErrorKind>,
}

impl Queue {
    fn writable(&self) -> usize {
        let granted = if self.is_paced {
            self.granted as usize
        } else {
            usize::MAX
        };
        self.pending.len().min(granted)
    }

    fn unwritten(&self) -> usize {
        self.pending.len() + self.writing
    }

    fn push(&mut self, bytes: &[u8], file_bytes: u64) {
        // Doubling would waste memory: there may be a thousand buffers.
        self.pending.reserve_exact(bytes.len());
        self.pending.extend(bytes);
        let len = bytes.len();
        self.marks.push_back(Mark { len, file_bytes });
    }

    /// Removes the marks of the next `len` bytes and returns how many of them belong to a file.
    fn take_marks(&mut self, mut len: usize) -> u64 {
        let mut file_bytes = 0;
        while let Some(mark) = self.marks.front_mut() {
            if mark.len > len {
                let share = mark.file_bytes * len as u64 / mark.len as u64;
                mark.len -= len;
                mark.file_bytes -= share;
                return file_bytes + share;
            }
            len -= mark.len;
            file_bytes += mark.file_bytes;
            self.marks.pop_front();
        }
        file_bytes
    }
}

/// A change of a flow that follows from the reading speed of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backpressure {
    /// The flow goes on as it is.
    Unchanged,
    /// Too many granted bytes are unread: the flow must be paused.
    Pause,
    /// The client has read enough: the paused flow must resume.
    Resume,
}

impl SendBuffer {
    /// Creates an empty buffer and bounds the kernel's send buffer of the connection.
    pub fn new(connection: Arc<Connection>, limits: BufferLimits) -> Self {
        // A failure only makes the emulation less exact.
        let _ = SockRef::from(&connection.socket).set_send_buffer_size(KERNEL_BUFFER);
        Self {
            connection,
            limits,
            queue: Mutex::new(Queue {
                pending: VecDeque::new(),
                marks: VecDeque::new(),
                writing: 0,
                granted: 0,
                due: None,
                is_paced: true,
                limit: limits.min,
                written: 0,
                is_paused: false,
                reset: false,
                closed: None,
            }),
            granted: Condvar::new(),
            written: Condvar::new(),
        }
    }

    /// Appends `bytes` once there is space; `file_bytes` of them belong to a file. Returns whether
    /// they wait for a grant of the pacer.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn push(&self, bytes: &[u8], file_bytes: u64) -> io::Result<bool> {
        let mut queue = self.wait_while(|queue| queue.unwritten() >= queue.limit)?;
        queue.push(bytes, file_bytes);
        self.connection.set_unsent(true);
        let is_paced = queue.is_paced;
        drop(queue);
        if !is_paced {
            self.granted.notify_one();
        }
        Ok(is_paced)
    }

    /// Appends `bytes` that bypass the emulated link, after everything before them is written.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn push_granted(&self, bytes: &[u8]) -> io::Result<()> {
        let mut queue = self.wait_while(|queue| queue.unwritten() > 0)?;
        queue.push(bytes, 0);
        self.connection.set_unsent(true);
        queue.granted += bytes.len() as u64;
        self.granted.notify_one();
        Ok(())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn drain(&self) -> io::Result<()> {
        self.wait_while(|queue| queue.unwritten() > 0).map(drop)
    }

    fn wait_while(&self, busy: impl Fn(&Queue) -> bool) -> io::Result<MutexGuard<'_, Queue>> {
        let mut queue = lock(&self.queue);
        let mut written = queue.written;
        let mut last_write = Instant::now();
        loop {
            if let Some(kind) = queue.closed {
                return Err(kind.into());
            }
            if !busy(&queue) {
                return Ok(queue);
            }
            let woken = self.written.wait_timeout(queue, PEER_CHECK_INTERVAL);
            let (woken, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if !timeout.timed_out() {
                continue;
            }
            if queue.written != written {
                written = queue.written;
                last_write = Instant::now();
            }
            let is_gone = match peer_state(&self.connection.socket) {
                PeerState::Open => false,
                PeerState::HalfClosed => last_write.elapsed() >= HALF_CLOSED_TIMEOUT,
                PeerState::Gone => true,
            };
            if is_gone {
                queue.closed.get_or_insert(io::ErrorKind::NotConnected);
                self.granted.notify_one();
            }
        }
    }

    /// Grants `bytes` that were due at `due`, and sets the number of bytes that may be buffered.
    pub fn grant(&self, bytes: u64, due: Instant, limit: usize) -> Backpressure {
        let mut queue = lock(&self.queue);
        if queue.granted == 0 {
            queue.due = Some(due);
            self.granted.notify_one();
        }
        queue.granted += bytes;
        queue.limit = limit.clamp(self.limits.min, self.limits.max);
        if queue.granted > self.limits.pause_above() && !queue.is_paused {
            queue.is_paused = true;
            return Backpressure::Pause;
        }
        Backpressure::Unchanged
    }

    /// Resets the connection after the granted bytes.
    pub fn reset(&self) {
        lock(&self.queue).reset = true;
        self.granted.notify_one();
    }

    /// Stops pacing: all bytes may be written at once.
    pub fn release(&self) {
        lock(&self.queue).is_paced = false;
        self.granted.notify_one();
    }

    /// Closes the connection because nothing will be granted any more.
    pub fn abort(&self) {
        lock(&self.queue).closed = Some(io::ErrorKind::BrokenPipe);
        self.granted.notify_one();
        self.written.notify_all();
        // Fails if the socket is closed already.
        let _ = socket::shut_down(&self.connection.socket, Shutdown::Both);
    }

    /// Ends the writer. Unwritten bytes are dropped.
    pub fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.closed.get_or_insert(io::ErrorKind::NotConnected);
        if queue.writing > 0 {
            // Unblocks the writer. Fails if the socket is closed already.
            let _ = socket::shut_down(&self.connection.socket, Shutdown::Both);
        }
        self.granted.notify_one();
    }

    /// Waits for granted bytes and moves them to `chunk`. Returns `None` at the end, and else by how
    /// much the first byte is late if the writer had to wait for it.
    pub fn next_chunk(&self, chunk: &mut Vec<u8>) -> Option<Option<Duration>> {
        let mut queue = lock(&self.queue);
        let mut has_waited = false;
        while queue.writable() == 0 {
            if queue.closed.is_some() || queue.reset {
                if queue.reset && queue.closed.is_none() {
                    queue.closed = Some(io::ErrorKind::ConnectionReset);
                    reset_on_close(&self.connection);
                }
                return None;
            }
            has_waited = true;
            let woken = self.granted.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if queue.closed.is_some() {
            return None;
        }
        let len = queue.writable().min(self.limits.min);
        chunk.clear();
        let (front, back) = queue.pending.as_slices();
        let first = len.min(front.len());
        chunk.extend_from_slice(&front[..first]);
        chunk.extend_from_slice(&back[..len - first]);
        queue.pending.drain(..len);
        queue.writing = len;
        queue.granted = queue.granted.saturating_sub(len as u64);
        let due = queue.due.take().filter(|_| has_waited && queue.is_paced);
        Some(due.map(|due| due.elapsed()))
    }

    /// Writes the chunk of the last [`Self::next_chunk`] to the socket.
    ///
    /// # Errors
    /// If the socket fails; the buffer is closed then.
    pub fn write_chunk(&self, chunk: &[u8]) -> io::Result<Backpressure> {
        let result = (&self.connection.socket).write_all(chunk);
        let mut queue = lock(&self.queue);
        queue.writing = 0;
        queue.written += chunk.len() as u64;
        if let Err(error) = result {
            queue.closed.get_or_insert(error.kind());
            self.written.notify_all();
            return Err(error);
        }
        self.connection.count_sent(queue.take_marks(chunk.len()));
        let resumes = queue.is_paused && queue.granted <= self.limits.resume_at();
        queue.is_paused &= !resumes;
        self.connection.set_unsent(queue.unwritten() > 0);
        drop(queue);
        self.written.notify_all();
        Ok(if resumes {
            Backpressure::Resume
        } else {
            Backpressure::Unchanged
        })
    }

    /// Wakes the serving thread after the writer has ended.
    pub fn wake_producer(&self) {
        self.written.notify_all();
    }
}

/// Makes the socket send a reset when it is closed, and wakes the thread that reads from it.
fn reset_on_close(connection: &Connection) {
    // Both fail if the connection is closed already.
    let _ = SockRef::from(&connection.socket).set_linger(Some(Duration::ZERO));
    let _ = socket::shut_down(&connection.socket, Shutdown::Read);
}
