//! The switch that stops one download: it wakes whoever waits on a socket or sleeps.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::notify::Notify;

/// A switch that stops a download from another thread. Clones share one switch.
#[derive(Clone, Default)]
pub struct CancelToken {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    stopped: Notify,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// Whether somebody outside the download threw the switch.
    by_user: bool,
    /// No connection is needed any more.
    hung_up: bool,
    /// The sockets in use, so that a blocked read ends when the switch is thrown.
    sockets: Vec<Watched>,
    next: u64,
    /// The switches that a user throws with this one.
    under: Vec<Weak<Inner>>,
}

/// A socket that the switch shuts.
struct Watched {
    number: u64,
    /// A second handle to it.
    socket: TcpStream,
    /// Whether nobody waits for it, so that it need not be shut when everything has come.
    rests: bool,
}

impl State {
    fn is_over(&self) -> bool {
        self.stopped || self.hung_up
    }
}

impl CancelToken {
    /// Stops the download: its sockets are shut and [`crate::fetch`] returns
    /// [`crate::FetchError::Stopped`]. Never waits.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.by_user = true;
        state.stopped = true;
        self.shut(&mut state, |_| true);
        let under = std::mem::take(&mut state.under);
        drop(state);
        for inner in under.iter().filter_map(Weak::upgrade) {
            Self { inner }.cancel();
        }
    }

    /// A switch for one download of several: [`Self::stop`] stops it with the others, and what it does
    /// itself is nothing to them.
    pub(crate) fn child_token(&self) -> Self {
        let one = Self::default();
        let mut state = self.lock();
        state.under.push(Arc::downgrade(&one.inner));
        if state.by_user {
            drop(state);
            one.cancel();
        }
        one
    }

    /// As [`Self::stop`], when the download itself finds that it cannot go on.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        state.stopped = true;
        self.shut(&mut state, |_| true);
    }

    /// No connection is needed any more: all that do not rest are shut, and none waits before it is made
    /// anew. The download itself goes on.
    pub(crate) fn close_connections(&self) {
        let mut state = self.lock();
        state.hung_up = true;
        self.shut(&mut state, |watched| !watched.rests);
    }

    /// Makes the switch ready for another attempt or download, unless [`Self::stop`] was called.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.hung_up = false;
        state.stopped = state.by_user;
    }

    fn shut(&self, state: &mut State, which: impl Fn(&Watched) -> bool) {
        for watched in state.sockets.extract_if(.., |watched| which(watched)) {
            // An error means that the socket is closed already, which is what is wanted.
            let _ = watched.socket.shutdown(Shutdown::Both);
        }
        self.inner.stopped.notify_all();
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        self.lock().stopped
    }

    /// Sleeps for `time`, less when no connection is needed any more. Returns whether that is so.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let idle = |state: &mut State| !state.is_over();
        let state = self
            .inner
            .stopped
            .wait_timeout_while(self.lock(), time, idle);
        state.is_over()
    }

    /// Has the switch shut this socket too, until the guard is dropped. `None` when the switch was
    /// thrown before, or the system gives no second handle.
    pub(crate) fn guard(&self, socket: &TcpStream) -> Option<SocketGuard> {
        self.watch(socket.try_clone().ok()?)
    }

    fn watch(&self, socket: TcpStream) -> Option<SocketGuard> {
        let mut state = self.lock();
        if state.is_over() {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.sockets.push(Watched {
            number,
            socket,
            rests: false,
        });
        Some(SocketGuard {
            cancel: self.clone(),
            number,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is plain values, whole at every moment.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a socket within reach of its [`CancelToken`].
pub(crate) struct SocketGuard {
    cancel: CancelToken,
    number: u64,
}

impl SocketGuard {
    /// Whether the switch has not been thrown since. A socket that was not connected yet when it was is
    /// none the worse for being shut: so this is asked once it is.
    pub fn is_registered(&self) -> bool {
        let mine = |watched: &Watched| watched.number == self.number;
        self.cancel.lock().sockets.iter().any(mine)
    }

    /// From now on nobody waits for the socket, or (`false`) somebody does again.
    pub fn set_idle(&self, rests: bool) {
        let mut state = self.cancel.lock();
        let mine = |watched: &&mut Watched| watched.number == self.number;
        if let Some(watched) = state.sockets.iter_mut().find(mine) {
            watched.rests = rests;
        }
    }

    /// The socket is another download's from now on. `None` when a switch was thrown.
    pub fn reassign(self, cancel: &CancelToken) -> Option<Self> {
        let watched = self.take()?;
        cancel.watch(watched.socket)
    }

    fn take(&self) -> Option<Watched> {
        let sockets = &mut self.cancel.lock().sockets;
        let mine = |watched: &Watched| watched.number == self.number;
        let place = sockets.iter().position(mine)?;
        Some(sockets.swap_remove(place))
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
    fn hanging_up_ends_every_wait_and_is_no_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let cancel = CancelToken::default();
        let _guard = cancel.guard(&socket).unwrap();
        cancel.close_connections();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0, "the socket is shut");
        assert!(cancel.sleep(Duration::from_secs(3600)));
        assert!(cancel.guard(&socket).is_none());
        assert!(!cancel.is_cancelled());
    }

    #[test]
    fn a_switch_thrown_just_before_a_socket_connects_is_seen_after_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let socket = TcpStream::from(socket);
        let cancel = CancelToken::default();
        let guard = cancel.guard(&socket).unwrap();
        assert!(guard.is_registered());
        cancel.cancel();
        // Some systems let it connect all the same.
        let _ = SockRef::from(&socket).connect(&listener.local_addr().unwrap().into());
        assert!(!guard.is_registered());
    }

    /// Real threads, since sockets are the system's: whenever the switch is thrown, whoever has made
    /// a connection or is about to, reads from it or sleeps, is awake soon after.
    #[test]
    fn nobody_sleeps_through_a_stop_thrown_at_any_moment() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let long = Duration::from_secs(60);
        let begun = Instant::now();
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
            // Takes the connections of this round, so that the queue of those to come has room.
            for _ in 0..4 {
                drop(listener.accept().unwrap());
            }
        }
        assert!(begun.elapsed() < long, "{:?}", begun.elapsed());
    }
}
