//! One connection's send buffer and the thread that empties it.
//!
//! Bytes come in as the connection's own thread produces them, and go out as they are granted.
//! Whoever holds this lock takes no other: the session's lock always comes before it.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::buffer_limits::BufferLimits;
use super::session::Session;
use crate::net::connection::Connection;
use crate::state::ServerState;
use crate::sync::lock;

/// How much the kernel may hold for a client that does not read, in bytes. Its own choice grows to
/// megabytes, which would hide for seconds that a client reads slowly.
const KERNEL_BUFFER: usize = 256 * 1024;

/// One connection's send buffer.
pub(crate) struct SendBuffer {
    pub connection: Arc<Connection>,
    pub session: Arc<Session>,
    size: BufferLimits,
    pending: Mutex<Pending>,
    /// Something was granted, or there will be nothing more.
    granted: Condvar,
    /// There is room, or nothing is left, or there will be no more room.
    room: Condvar,
}

/// Bytes of a file among those that wait, for the counters.
struct Mark {
    len: usize,
    file_bytes: u64,
}

struct Pending {
    bytes: VecDeque<u8>,
    marks: VecDeque<Mark>,
    /// Bytes that the writer has taken and not yet written.
    writing: usize,
    /// How many of the waiting bytes may be written.
    granted: u64,
    /// When the first of those should have been.
    due: Option<Instant>,
    /// Nobody may wait for this buffer to be granted anything: everything is.
    unpaced: bool,
    limit: usize,
    frozen: bool,
    reset: bool,
    broken: Option<io::ErrorKind>,
}

impl Pending {
    fn may_write(&self) -> usize {
        let granted = if self.unpaced {
            usize::MAX
        } else {
            self.granted as usize
        };
        self.bytes.len().min(granted)
    }

    fn unwritten(&self) -> usize {
        self.bytes.len() + self.writing
    }

    fn push(&mut self, bytes: &[u8], file_bytes: u64) {
        // It grows to what is needed and not to twice that: there may be a thousand of it.
        self.bytes.reserve_exact(bytes.len());
        self.bytes.extend(bytes);
        let len = bytes.len();
        self.marks.push_back(Mark { len, file_bytes });
    }

    /// How many bytes of a file are among the next `len` written.
    fn passed(&mut self, mut len: usize) -> u64 {
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

/// What the pacer hears when it grants something.
pub(crate) enum Backlog {
    /// The client takes what it is sent.
    Fine,
    /// It does not: its flow must be frozen.
    Freeze,
}

impl SendBuffer {
    pub fn new(connection: Arc<Connection>, session: Arc<Session>, size: BufferLimits) -> Self {
        // Without it the model is less exact and the connection works as well.
        let _ = SockRef::from(&connection.socket).set_send_buffer_size(KERNEL_BUFFER);
        Self {
            connection,
            session,
            size,
            pending: Mutex::new(Pending {
                bytes: VecDeque::new(),
                marks: VecDeque::new(),
                writing: 0,
                granted: 0,
                due: None,
                unpaced: false,
                limit: size.least,
                frozen: false,
                reset: false,
                broken: None,
            }),
            granted: Condvar::new(),
            room: Condvar::new(),
        }
    }

    /// Puts bytes, of which `file_bytes` are a file's, into the buffer as soon as there is room.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn send(&self, bytes: &[u8], file_bytes: u64) -> io::Result<()> {
        let mut pending = self.wait(|pending| pending.unwritten() >= pending.limit)?;
        pending.push(bytes, file_bytes);
        let unpaced = pending.unpaced;
        drop(pending);
        if unpaced {
            self.granted.notify_one();
        } else {
            self.session.supply(self.connection.id, bytes.len() as u64);
        }
        Ok(())
    }

    /// Sends bytes that are not part of what is emulated, behind everything that is.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn send_at_once(&self, bytes: &[u8]) -> io::Result<()> {
        let mut pending = self.wait(|pending| pending.unwritten() > 0)?;
        pending.push(bytes, 0);
        pending.granted += bytes.len() as u64;
        self.granted.notify_one();
        Ok(())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn drain(&self) -> io::Result<()> {
        self.wait(|pending| pending.unwritten() > 0).map(drop)
    }

    fn wait(&self, busy: impl Fn(&Pending) -> bool) -> io::Result<MutexGuard<'_, Pending>> {
        let busy = |pending: &mut Pending| pending.broken.is_none() && busy(pending);
        let pending = self.room.wait_while(lock(&self.pending), busy);
        let pending = pending.unwrap_or_else(PoisonError::into_inner);
        match pending.broken {
            Some(kind) => Err(kind.into()),
            None => Ok(pending),
        }
    }

    /// `bytes` more may be written, and should have been at `due`; `limit` bytes may be produced
    /// ahead from now on.
    pub(crate) fn grant(&self, bytes: u64, due: Instant, limit: usize) -> Backlog {
        let mut pending = lock(&self.pending);
        if pending.granted == 0 {
            pending.due = Some(due);
            self.granted.notify_one();
        }
        pending.granted += bytes;
        pending.limit = limit.clamp(self.size.least, self.size.most);
        if pending.granted > self.size.freeze_at() && !pending.frozen {
            pending.frozen = true;
            return Backlog::Freeze;
        }
        Backlog::Fine
    }

    /// The connection ends as by a reset, behind what was granted.
    pub(crate) fn reset(&self) {
        lock(&self.pending).reset = true;
        self.granted.notify_one();
    }

    /// From now on nothing waits for the link.
    pub(crate) fn release(&self) {
        lock(&self.pending).unpaced = true;
        self.granted.notify_one();
    }

    /// Nothing will be granted any more: the connection is lost.
    pub(crate) fn cut(&self) {
        lock(&self.pending).broken = Some(io::ErrorKind::BrokenPipe);
        self.granted.notify_one();
        self.room.notify_all();
        // That the socket is closed already is no error.
        let _ = self.connection.socket.shutdown(Shutdown::Both);
    }

    /// There will be nothing more: the writer ends.
    pub(crate) fn end(&self) {
        let mut pending = lock(&self.pending);
        pending.broken.get_or_insert(io::ErrorKind::NotConnected);
        if pending.writing > 0 {
            // Nobody wants what the writer is stuck with. That the socket is closed is no error.
            let _ = self.connection.socket.shutdown(Shutdown::Both);
        }
        self.granted.notify_one();
    }

    /// Writes what is granted until the buffer ends. The work of the thread `pace-N`.
    pub(crate) fn write_out(&self, state: &ServerState) {
        let mut piece = Vec::new();
        while let Some(late) = self.take(&mut piece) {
            if let Some(late) = late {
                self.session.lateness.record(late);
            }
            let written = (&self.connection.socket).write_all(&piece);
            let mut pending = lock(&self.pending);
            pending.writing = 0;
            if let Err(error) = written {
                pending.broken.get_or_insert(error.kind());
                self.room.notify_all();
                drop(pending);
                self.session.close_flow(self.connection.id);
                return;
            }
            state.count_sent(&self.connection, pending.passed(piece.len()));
            let thaw = pending.frozen && pending.granted <= self.size.thaw_at();
            pending.frozen &= !thaw;
            drop(pending);
            self.room.notify_all();
            if thaw {
                self.session.resume_flow(self.connection.id);
            }
        }
        self.room.notify_all();
    }

    /// Takes the next piece to write, and says how late it is if this had to wait for it. `None`
    /// when there will be no more.
    fn take(&self, piece: &mut Vec<u8>) -> Option<Option<Duration>> {
        let mut pending = lock(&self.pending);
        let mut waited = false;
        while pending.may_write() == 0 {
            if pending.broken.is_some() || pending.reset {
                if pending.reset && pending.broken.is_none() {
                    pending.broken = Some(io::ErrorKind::ConnectionReset);
                    abort(&self.connection);
                }
                return None;
            }
            waited = true;
            let woken = self.granted.wait(pending);
            pending = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if pending.broken.is_some() {
            return None;
        }
        let len = pending.may_write().min(self.size.least);
        piece.clear();
        let (front, back) = pending.bytes.as_slices();
        let first = len.min(front.len());
        piece.extend_from_slice(&front[..first]);
        piece.extend_from_slice(&back[..len - first]);
        pending.bytes.drain(..len);
        pending.writing = len;
        pending.granted = pending.granted.saturating_sub(len as u64);
        let due = pending.due.take().filter(|_| waited && !pending.unpaced);
        Some(due.map(|due| due.elapsed()))
    }
}

/// Makes the socket end by a reset once it is closed, and wakes who reads from it.
fn abort(connection: &Connection) {
    // A connection that is gone already needs no reset.
    let _ = SockRef::from(&connection.socket).set_linger(Some(Duration::ZERO));
    let _ = connection.socket.shutdown(Shutdown::Read);
}
