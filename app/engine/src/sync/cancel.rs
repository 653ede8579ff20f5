//! Cancels one download: wakes its sleeping threads and shuts its sockets down.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use lanes_os::socket;

use super::notify::Notify;

/// A token that cancels a download from another thread. Clones share one state.
///
/// # Examples
/// ```
/// use lanes_engine::CancelToken;
///
/// let cancel = CancelToken::default();
/// let from_another_thread = cancel.clone();
/// from_another_thread.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken {
    shared: Arc<Shared>,
    /// Group of the sockets that are guarded through this clone.
    group: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    /// Set if the user cancelled, rather than the download itself.
    by_user: bool,
    /// Set if the download needs no connection any more.
    closed: bool,
    /// Sockets in use, shut down on cancellation so that a blocked read returns.
    sockets: Vec<Watched>,
    next_id: u64,
    /// Tokens that [`CancelToken::cancel`] cancels too.
    children: Vec<Weak<Shared>>,
}

/// A socket that the token shuts down.
struct Watched {
    id: u64,
    /// A second handle to the socket.
    socket: TcpStream,
    /// Set while no thread waits for the socket: such a connection is kept for reuse when the
    /// download is complete.
    idle: bool,
    group: usize,
}

impl State {
    fn is_over(&self) -> bool {
        self.cancelled || self.closed
    }
}

impl CancelToken {
    /// Cancels the download: shuts its sockets down, upon which [`crate::fetch`] returns
    /// [`crate::FetchError::Stopped`]. Never blocks.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.by_user = true;
        state.cancelled = true;
        self.shut_down(&mut state, |_| true);
        let children = std::mem::take(&mut state.children);
        drop(state);
        for shared in children.iter().filter_map(Weak::upgrade) {
            Self { shared, group: 0 }.cancel();
        }
    }

    /// Creates a token that [`Self::cancel`] cancels too. Cancelling the child does not affect this
    /// token.
    pub(crate) fn child_token(&self) -> Self {
        let child = Self::default();
        let mut state = self.lock();
        state.children.push(Arc::downgrade(&child.shared));
        if state.by_user {
            drop(state);
            child.cancel();
        }
        child
    }

    /// Cancels the download because it failed. In contrast to [`Self::cancel`], [`Self::reset`]
    /// clears this.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        self.shut_down(&mut state, |_| true);
    }

    /// Closes all connections that are not idle, and ends the waits before a reconnect. The download
    /// itself is not cancelled.
    pub(crate) fn close_connections(&self) {
        let mut state = self.lock();
        state.closed = true;
        self.shut_down(&mut state, |watched| !watched.idle);
    }

    /// Returns a clone whose guarded sockets form this group. Group 0 is that of the token itself.
    pub(crate) fn of_group(&self, group: usize) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared, group }
    }

    /// Closes the connections of one group, also idle ones. Others may be made.
    pub(crate) fn close_group(&self, group: usize) {
        let mut state = self.lock();
        self.shut_down(&mut state, |watched| watched.group == group);
    }

    /// Readies the token for another attempt or download, unless [`Self::cancel`] was called.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.closed = false;
        state.cancelled = state.by_user;
    }

    fn shut_down(&self, state: &mut State, filter: impl Fn(&Watched) -> bool) {
        for watched in state.sockets.extract_if(.., |watched| filter(watched)) {
            // An error means that the socket is closed already.
            let _ = socket::shut_down(&watched.socket, Shutdown::Both);
        }
        self.shared.changed.notify_all();
    }

    /// Returns whether the download was cancelled, or failed.
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Sleeps for `time`, or until no connection is needed any more. Returns whether that is so.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let needed = |state: &mut State| !state.is_over();
        let changed = &self.shared.changed;
        let state = changed.wait_timeout_while(self.lock(), time, needed);
        state.is_over()
    }

    /// Shuts `socket` down on cancellation, until the guard is dropped. `None` if the download was
    /// cancelled before, or the system gives no second handle to the socket.
    pub(crate) fn guard(&self, socket: &TcpStream) -> Option<SocketGuard> {
        self.watch(socket.try_clone().ok()?, false)
    }

    fn watch(&self, socket: TcpStream, idle: bool) -> Option<SocketGuard> {
        let mut state = self.lock();
        if state.is_over() {
            return None;
        }
        let id = state.next_id;
        state.next_id += 1;
        let group = self.group;
        state.sockets.push(Watched {
            id,
            socket,
            idle,
            group,
        });
        Some(SocketGuard {
            cancel: self.clone(),
            id,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        super::lock(&self.shared.state)
    }
}

/// Registers a socket with its [`CancelToken`] while it lives.
pub(crate) struct SocketGuard {
    cancel: CancelToken,
    id: u64,
}

impl SocketGuard {
    /// Returns whether the socket has not been shut down.
    ///
    /// Shutting a socket down before it is connected has no effect on some systems, so callers check
    /// this once it is connected.
    pub fn is_registered(&self) -> bool {
        let mine = |watched: &Watched| watched.id == self.id;
        self.cancel.lock().sockets.iter().any(mine)
    }

    /// Sets whether the connection is idle, that is no thread waits for the socket.
    pub fn set_idle(&self, idle: bool) {
        let mut state = self.cancel.lock();
        let mine = |watched: &&mut Watched| watched.id == self.id;
        if let Some(watched) = state.sockets.iter_mut().find(mine) {
            watched.idle = idle;
        }
    }

    /// Hands the socket over to another download; an idle one stays idle. `None` if either download was
    /// cancelled.
    pub fn reassign(self, cancel: &CancelToken) -> Option<Self> {
        let watched = self.take()?;
        cancel.watch(watched.socket, watched.idle)
    }

    fn take(&self) -> Option<Watched> {
        let sockets = &mut self.cancel.lock().sockets;
        let mine = |watched: &Watched| watched.id == self.id;
        let index = sockets.iter().position(mine)?;
        Some(sockets.swap_remove(index))
    }
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.take();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::sync::Barrier;
    use std::time::Instant;

    use socket2::{Domain, SockRef, Socket, Type};

    use super::*;

    #[test]
    fn closing_connections_ends_every_wait_without_cancelling() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let cancel = CancelToken::default();
        let _guard = cancel.guard(&socket).unwrap();
        cancel.close_connections();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0, "the socket is shut down");
        assert!(cancel.sleep(Duration::from_secs(3600)));
        assert!(cancel.guard(&socket).is_none());
        assert!(!cancel.is_cancelled());
    }

    #[test]
    fn closing_a_group_leaves_the_other_connections_and_the_download() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connect = || TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut first, second) = (connect(), connect());
        let cancel = CancelToken::default();
        let gone = cancel.of_group(1).guard(&first).unwrap();
        let kept = cancel.of_group(2).guard(&second).unwrap();
        cancel.close_group(1);
        assert_eq!(first.read(&mut [0]).unwrap(), 0, "the socket is shut down");
        assert!(!gone.is_registered() && kept.is_registered());
        assert!(cancel.of_group(1).guard(&connect()).is_some());
        assert!(!cancel.is_cancelled());
    }

    #[test]
    fn cancelling_just_before_a_socket_connects_is_seen_after_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let socket = TcpStream::from(socket);
        let cancel = CancelToken::default();
        let guard = cancel.guard(&socket).unwrap();
        assert!(guard.is_registered());
        cancel.cancel();
        // Some systems connect it all the same.
        let _ = SockRef::from(&socket).connect(&listener.local_addr().unwrap().into());
        assert!(!guard.is_registered());
    }

    /// Uses real threads, since the sockets are the system's. Whenever the token is cancelled, every
    /// thread that has made a connection or is about to, reads from it or sleeps, is awake soon after.
    #[test]
    fn cancelling_at_any_moment_wakes_every_thread() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let long = Duration::from_secs(60);
        let started = Instant::now();
        for round in 0..200u32 {
            let (cancel, start) = (CancelToken::default(), Barrier::new(5));
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let (cancel, start) = (&cancel, &start);
                    let work = move || {
                        let mut socket = TcpStream::connect(addr).unwrap();
                        socket.set_read_timeout(Some(long)).unwrap();
                        start.wait();
                        if thread % 2 == 0 {
                            assert!(cancel.sleep(long));
                        } else if let Some(_guard) = cancel.guard(&socket) {
                            assert_eq!(socket.read(&mut [0]).unwrap_or(0), 0);
                        }
                        assert!(cancel.guard(&socket).is_none() && cancel.sleep(long));
                    };
                    scope.spawn(work);
                }
                start.wait();
                std::thread::park_timeout(Duration::from_micros((round % 20 * 10).into()));
                match round % 3 {
                    0 => cancel.cancel(),
                    1 => cancel.abort(),
                    _ => cancel.close_connections(),
                }
            });
            // Accepts the connections of this round, so that the backlog has room for the next.
            for _ in 0..4 {
                drop(listener.accept().unwrap());
            }
        }
        assert!(started.elapsed() < long, "{:?}", started.elapsed());
    }
}
