//! Leader/followers pool: the thread that accepts a connection serves it. Handing the connection to
//! another thread would take as long as to answer a request.
//!
//! 1. The last waiting thread does not serve what it accepts but starts a new thread for it, so that
//!    one thread is always waiting.
//! 2. A few threads are kept waiting while there is nothing to do, because starting one takes even
//!    longer than waking one.
//! 3. Once the last waiting thread had to start another, each thread that begins to serve also adds
//!    a waiting one, until enough of them wait again: among hundreds of busy threads a single
//!    waiting one would accept too slowly.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use crate::sync::lock;

/// Number of threads that wait while there is nothing to do.
const MIN_WAITING: usize = 5;

/// Accepts and serves jobs.
pub(crate) trait Acceptor: Send + Sync + 'static {
    /// A unit of work, such as an accepted connection.
    type Job: Send + 'static;

    /// Waits for the next job. Returns `None`, at once from then on, when no more follow. Several
    /// threads wait at the same time.
    fn accept(&self) -> Option<Self::Job>;

    /// Serves a job to its end.
    fn serve(&self, job: Self::Job);

    /// Handles the failure to start a thread for a job, which was dropped.
    fn on_spawn_error(&self, error: io::Error);

    /// Wakes at least one waiting thread after the last job.
    fn wake(&self);
}

/// A pool of threads that accept and serve, one job per thread at a time.
pub(crate) struct AcceptorPool<A> {
    acceptor: A,
    state: Mutex<PoolState>,
}

#[derive(Default)]
struct PoolState {
    /// Number of threads that wait for a job.
    waiting: usize,
    /// Number of threads that are being started to wait. They may fail to start.
    starting: usize,
    /// Set when the last waiting thread had to start another; reset when enough threads wait.
    is_underfilled: bool,
    threads: Vec<JoinHandle<()>>,
    /// Number of threads started so far, for their names.
    started: u64,
}

impl<A: Acceptor> AcceptorPool<A> {
    /// Starts a pool. If the system provides fewer threads, fewer wait.
    ///
    /// # Errors
    /// If the system provides no thread.
    pub fn start(acceptor: A) -> io::Result<Arc<Self>> {
        let pool = Arc::new(Self {
            acceptor,
            state: Mutex::default(),
        });
        lock(&pool.state).starting = MIN_WAITING;
        for number in 0..MIN_WAITING {
            let started = pool.spawn(None);
            if number == 0 {
                started?;
            }
        }
        Ok(pool)
    }

    /// Starts a thread that serves `job` first, or waits for one and is counted as starting.
    fn spawn(self: &Arc<Self>, job: Option<A::Job>) -> io::Result<()> {
        let counted = usize::from(job.is_none());
        let number = {
            let mut state = lock(&self.state);
            state.started += 1;
            state.started
        };
        let pool = Arc::clone(self);
        let thread = Builder::new().name(format!("serve-{number}"));
        // Without the lock, because threads that have just accepted a job need it.
        let spawned = thread.spawn(move || pool.run(job));
        let mut state = lock(&self.state);
        match spawned {
            Ok(thread) => state.threads.push(thread),
            Err(error) => {
                state.starting -= counted;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Serves jobs in one thread of the pool.
    fn run(self: &Arc<Self>, mut job: Option<A::Job>) {
        if job.is_none() {
            let mut state = lock(&self.state);
            state.starting -= 1;
            state.waiting += 1;
        }
        loop {
            if let Some(job) = job {
                self.refill();
                self.acceptor.serve(job);
                if !self.returns_to_pool() {
                    return;
                }
            }
            job = self.wait();
            if job.is_none() {
                return;
            }
        }
    }

    /// Waits for the next job in a thread that is counted as waiting; `None` when no more follow.
    fn wait(self: &Arc<Self>) -> Option<A::Job> {
        while let Some(job) = self.acceptor.accept() {
            if self.promote_follower() {
                return Some(job);
            }
            if let Err(error) = self.spawn(Some(job)) {
                self.acceptor.on_spawn_error(error);
            }
        }
        let left = {
            let mut state = lock(&self.state);
            state.waiting -= 1;
            state.waiting
        };
        if left > 0 {
            self.acceptor.wake();
        }
        None
    }

    /// Ends the wait of the calling thread if another thread waits.
    fn promote_follower(&self) -> bool {
        let mut state = lock(&self.state);
        let has_followers = state.waiting > 1;
        state.waiting -= usize::from(has_followers);
        state.is_underfilled |= !has_followers;
        has_followers
    }

    /// Adds a waiting thread if there are too few.
    fn refill(self: &Arc<Self>) {
        let is_needed = {
            let mut state = lock(&self.state);
            let is_needed = state.is_underfilled && state.waiting + state.starting < MIN_WAITING;
            state.starting += usize::from(is_needed);
            is_needed
        };
        if is_needed {
            // On failure fewer threads wait, but at least one.
            let _ = self.spawn(None);
        }
    }

    /// Decides whether a thread that has served its job waits for another, and counts it then.
    fn returns_to_pool(&self) -> bool {
        let mut state = lock(&self.state);
        let is_needed = state.waiting < MIN_WAITING;
        state.is_underfilled &= is_needed;
        state.waiting += usize::from(is_needed);
        // Joining may take a while, and a thread that is needed for accepting has no time for it.
        let has_time = state.threads.len() > MIN_WAITING && !state.is_underfilled;
        drop(state);
        if has_time {
            self.join_finished();
        }
        is_needed
    }

    fn join_finished(&self) {
        let is_finished = |thread: &mut JoinHandle<()>| thread.is_finished();
        let finished: Vec<_> = lock(&self.state)
            .threads
            .extract_if(.., is_finished)
            .collect();
        finished.into_iter().for_each(join);
    }

    /// Returns the acceptor of the pool.
    pub fn acceptor(&self) -> &A {
        &self.acceptor
    }

    /// Waits until all threads have ended. No more jobs may follow. A thread is registered before
    /// the thread that starts it ends, so none is missed.
    pub fn join(&self) {
        loop {
            let thread = lock(&self.state).threads.pop();
            match thread {
                Some(thread) => join(thread),
                None => return,
            }
        }
    }
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!("thread panicked: {name}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
    use std::thread::yield_now;
    use std::time::{Duration, Instant};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    type Job = (SyncSender<()>, Arc<Mutex<()>>);

    /// Accepts the jobs of a channel; `None` wakes one waiting thread.
    struct ChannelAcceptor {
        receiver: Mutex<Receiver<Option<Job>>>,
        sender: Sender<Option<Job>>,
        is_closed: AtomicBool,
    }

    impl Acceptor for ChannelAcceptor {
        type Job = Job;

        fn accept(&self) -> Option<Job> {
            if self.is_closed.load(Ordering::SeqCst) {
                return None;
            }
            lock(&self.receiver).recv().unwrap()
        }

        /// Reports the start and waits until it may end.
        fn serve(&self, (started, may_end): Job) {
            started.send(()).unwrap();
            drop(lock(&may_end));
        }

        fn on_spawn_error(&self, error: io::Error) {
            panic!("{error}");
        }

        fn wake(&self) {
            self.is_closed.store(true, Ordering::SeqCst);
            self.sender.send(None).unwrap();
        }
    }

    #[test]
    fn any_number_of_jobs_starts_at_once_and_all_threads_are_joined() {
        let (sender, receiver) = channel();
        let acceptor = ChannelAcceptor {
            receiver: Mutex::new(receiver),
            sender,
            is_closed: AtomicBool::new(false),
        };
        let pool = AcceptorPool::start(acceptor).unwrap();
        for _ in 0..3 {
            let (started, has_started) = sync_channel(64);
            let may_end = Arc::new(Mutex::new(()));
            let held = lock(&may_end);
            for _ in 0..3 * MIN_WAITING {
                let job = (started.clone(), Arc::clone(&may_end));
                pool.acceptor().sender.send(Some(job)).unwrap();
            }
            // No job waits for the end of another.
            (0..3 * MIN_WAITING).for_each(|_| has_started.recv().unwrap());
            assert!(lock(&pool.state).waiting > 0, "no thread waits");
            // A single waiting thread would accept too slowly.
            let begin = Instant::now();
            while lock(&pool.state).waiting < 2 {
                assert!(begin.elapsed() < TIMEOUT, "the pool is not refilled");
                yield_now();
            }
            drop(held);
        }
        // Each thread that ends wakes the next.
        pool.acceptor().wake();
        pool.join();
        assert_eq!(Arc::strong_count(&pool), 1, "a thread is left");
        let state = lock(&pool.state);
        assert_eq!((state.waiting, state.starting), (0, 0));
    }
}
