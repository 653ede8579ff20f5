//! The switch that stops one download: it wakes whoever waits on a socket or sleeps.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A switch that stops a download from another thread. Clones share one switch.
#[derive(Clone, Default)]
pub struct Stop {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// Whether somebody outside the download threw the switch.
    by_user: bool,
    /// No connection is needed any more.
    hung_up: bool,
    /// A handle to each socket in use, so that a blocked read ends when the switch is thrown.
    sockets: Vec<(u64, TcpStream)>,
    next: u64,
}

impl State {
    fn is_over(&self) -> bool {
        self.stopped || self.hung_up
    }
}

impl Stop {
    /// Stops the download: its sockets are shut and [`super::fetch`] returns
    /// [`super::FetchError::Stopped`]. Never waits.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.by_user = true;
        state.stopped = true;
        self.shut_all(&mut state);
    }

    /// As [`Self::stop`], when the download itself finds that it cannot go on.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        state.stopped = true;
        self.shut_all(&mut state);
    }

    /// No connection is needed any more: all are shut, and none waits before it is made anew. The
    /// download itself goes on.
    pub(super) fn hang_up(&self) {
        let mut state = self.lock();
        state.hung_up = true;
        self.shut_all(&mut state);
    }

    /// Makes the switch ready for another attempt or download, unless [`Self::stop`] was called.
    pub fn rearm(&self) {
        let mut state = self.lock();
        state.hung_up = false;
        state.stopped = state.by_user;
    }

    fn shut_all(&self, state: &mut State) {
        for (_, socket) in state.sockets.drain(..) {
            // An error means that the socket is closed already, which is what is wanted.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.inner.stopped.notify_all();
    }

    /// Whether the switch was thrown.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Sleeps for `time`, less when no connection is needed any more. Returns whether that is so.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while !state.is_over() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.inner.stopped.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.is_over()
    }

    /// Has the switch shut this socket too, until the guard is dropped. `None` when the switch was
    /// thrown before, or the system gives no second handle.
    pub(super) fn guard(&self, socket: &TcpStream) -> Option<SocketGuard> {
        let socket = socket.try_clone().ok()?;
        let mut state = self.lock();
        if state.is_over() {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.sockets.push((number, socket));
        Some(SocketGuard {
            stop: self.clone(),
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

/// Keeps a socket within reach of its [`Stop`].
pub(super) struct SocketGuard {
    stop: Stop,
    number: u64,
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.stop
            .lock()
            .sockets
            .retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn hanging_up_ends_every_wait_and_is_no_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stop = Stop::default();
        let _guard = stop.guard(&socket).unwrap();
        stop.hang_up();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0, "the socket is shut");
        assert!(stop.sleep(Duration::from_secs(3600)));
        assert!(stop.guard(&socket).is_none());
        assert!(!stop.is_stopped());
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
            let (stop, start) = (Stop::default(), Barrier::new(5));
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let (stop, start) = (&stop, &start);
                    let work = move || {
                        let mut socket = TcpStream::connect(addr).unwrap();
                        socket.set_read_timeout(Some(long)).unwrap();
                        start.wait();
                        if thread % 2 == 0 {
                            assert!(stop.sleep(long));
                        } else if let Some(_guard) = stop.guard(&socket) {
                            assert_eq!(socket.read(&mut [0]).unwrap_or(0), 0);
                        }
                        assert!(stop.guard(&socket).is_none() && stop.sleep(long));
                    };
                    scope.spawn(work);
                }
                start.wait();
                std::thread::park_timeout(Duration::from_micros((round % 20 * 10).into()));
                match round % 3 {
                    0 => stop.stop(),
                    1 => stop.give_up(),
                    _ => stop.hang_up(),
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
