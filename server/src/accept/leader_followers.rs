//! The threads at the door: each waits for a job itself, and does it. So who takes a job in need not wake
//! another, which takes as long as to answer a request.
//!
//! 1. The last that waits stays: it has a new thread do what it takes in. So there is always one who waits.
//! 2. A few are kept waiting when there is nothing to do: to start one takes even longer.
//! 3. Once the last has had to stay, whoever leaves the door has another wait there in their place, until enough
//!    do again: among hundreds that are busy, one alone would let in too few.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use crate::sync::lock;

/// How many wait when there is nothing to do.
const MIN_IDLE: usize = 5;

/// Where jobs come from, and what is done with them.
pub(crate) trait Acceptor: Send + Sync + 'static {
    /// One thing to do.
    type Job: Send + 'static;

    /// Waits for the next; `None`, from then on at once, when no more will come. Several threads wait at the
    /// same time.
    fn accept(&self) -> Option<Self::Job>;

    /// Does it.
    fn serve(&self, job: Self::Job);

    /// There is no thread for a job, which is dropped.
    fn on_spawn_error(&self, error: io::Error);

    /// No more will come: has at least one of those who wait see it.
    fn wake(&self);
}

/// Threads that do what comes in at a door, one job a thread at a time.
pub(crate) struct AcceptorPool<D> {
    acceptor: D,
    state: Mutex<PoolState>,
}

#[derive(Default)]
struct PoolState {
    /// How many wait at the door.
    waiting: usize,
    /// How many are being started to wait there. Nobody relies on them: the system may give no thread.
    starting: usize,
    /// Whether the last has had to stay since enough waited.
    is_underfilled: bool,
    threads: Vec<JoinHandle<()>>,
    /// How many were started, for their names.
    started: u64,
}

impl<D: Acceptor> AcceptorPool<D> {
    /// A pool for this door. Where the system gives fewer threads, there are fewer ready.
    ///
    /// # Errors
    /// When it gives none.
    pub fn start(acceptor: D) -> io::Result<Arc<Self>> {
        let pool = Arc::new(Self {
            acceptor,
            state: Mutex::default(),
        });
        lock(&pool.state).starting = MIN_IDLE;
        for number in 0..MIN_IDLE {
            let started = pool.add(None);
            if number == 0 {
                started?;
            }
        }
        Ok(pool)
    }

    /// Starts a thread, which begins with `job`, or else is one of those who are coming and waits for one.
    fn add(self: &Arc<Self>, job: Option<D::Job>) -> io::Result<()> {
        let comes = usize::from(job.is_none());
        let number = {
            let mut state = lock(&self.state);
            state.started += 1;
            state.started
        };
        let pool = Arc::clone(self);
        let thread = Builder::new().name(format!("serve-{number}"));
        // Not under the lock, which those need who have taken a job in.
        let started = thread.spawn(move || pool.run(job));
        let mut state = lock(&self.state);
        match started {
            Ok(thread) => state.threads.push(thread),
            Err(error) => {
                state.starting -= comes;
                return Err(error);
            }
        }
        Ok(())
    }

    /// What each of its threads does.
    fn run(self: &Arc<Self>, mut job: Option<D::Job>) {
        if job.is_none() {
            let mut state = lock(&self.state);
            state.starting -= 1;
            state.waiting += 1;
        }
        loop {
            if let Some(job) = job {
                self.replenish();
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

    /// The next job for a thread that is counted among those who wait; `None` when no more will come.
    fn wait(self: &Arc<Self>) -> Option<D::Job> {
        while let Some(job) = self.acceptor.accept() {
            if self.promote_follower() {
                return Some(job);
            }
            if let Err(error) = self.add(Some(job)) {
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

    /// Leaves the door, if others wait there.
    fn promote_follower(&self) -> bool {
        let mut state = lock(&self.state);
        let others = state.waiting > 1;
        state.waiting -= usize::from(others);
        state.is_underfilled |= !others;
        others
    }

    /// Has one more wait at the door, if there are too few.
    fn replenish(self: &Arc<Self>) {
        let is_wanted = {
            let mut state = lock(&self.state);
            let is_wanted = state.is_underfilled && state.waiting + state.starting < MIN_IDLE;
            state.starting += usize::from(is_wanted);
            is_wanted
        };
        if is_wanted {
            // Without it there are fewer, and at least one.
            let _ = self.add(None);
        }
    }

    /// Whether a thread that has done its job is to wait for another; then it is counted.
    fn returns_to_pool(&self) -> bool {
        let mut state = lock(&self.state);
        let is_wanted = state.waiting < MIN_IDLE;
        state.is_underfilled &= is_wanted;
        state.waiting += usize::from(is_wanted);
        // Who is missed at the door does not wait until others have ended, which many may do at once.
        let has_time = state.threads.len() > MIN_IDLE && !state.is_underfilled;
        drop(state);
        if has_time {
            self.join_ended();
        }
        is_wanted
    }

    fn join_ended(&self) {
        let is_ended = |thread: &mut JoinHandle<()>| thread.is_finished();
        let ended: Vec<_> = lock(&self.state).threads.extract_if(.., is_ended).collect();
        ended.into_iter().for_each(join);
    }

    /// What was given it.
    pub fn acceptor(&self) -> &D {
        &self.acceptor
    }

    /// Waits until all have ended; no more may come. Whoever is started by then is in the books before the
    /// one who did so has ended.
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
        tracing::error!("a thread panicked: {name}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
    use std::thread::yield_now;
    use std::time::{Duration, Instant};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    type Job = (SyncSender<()>, Arc<Mutex<()>>);

    /// Lets in what is sent to it; `None` is for one of those who wait.
    struct TestAcceptor {
        inbox: Mutex<Receiver<Option<Job>>>,
        outside: Sender<Option<Job>>,
        is_closed: AtomicBool,
    }

    impl Acceptor for TestAcceptor {
        type Job = Job;

        fn accept(&self) -> Option<Job> {
            if self.is_closed.load(Ordering::SeqCst) {
                return None;
            }
            lock(&self.inbox).recv().unwrap()
        }

        /// Says that it has begun, and ends when it may.
        fn serve(&self, (begun, may_end): Job) {
            begun.send(()).unwrap();
            drop(lock(&may_end));
        }

        fn on_spawn_error(&self, error: io::Error) {
            panic!("{error}");
        }

        fn wake(&self) {
            self.is_closed.store(true, Ordering::SeqCst);
            self.outside.send(None).unwrap();
        }
    }

    #[test]
    fn every_job_is_begun_at_once_however_many_there_are_and_all_threads_are_joined() {
        let (outside, inbox) = channel();
        let inbox = Mutex::new(inbox);
        let is_closed = AtomicBool::new(false);
        let gate = TestAcceptor {
            inbox,
            outside,
            is_closed,
        };
        let pool = AcceptorPool::start(gate).unwrap();
        for _ in 0..3 {
            let (begun, has_begun) = sync_channel(64);
            let may_end = Arc::new(Mutex::new(()));
            let held = lock(&may_end);
            for _ in 0..3 * MIN_IDLE {
                let job = (begun.clone(), Arc::clone(&may_end));
                pool.acceptor().outside.send(Some(job)).unwrap();
            }
            // None of them waits for another to end.
            (0..3 * MIN_IDLE).for_each(|_| has_begun.recv().unwrap());
            assert!(lock(&pool.state).waiting > 0, "nobody is at the acceptor");
            // One alone would be slow to let more in.
            let begun = Instant::now();
            while lock(&pool.state).waiting < 2 {
                assert!(begun.elapsed() < PATIENCE, "one is alone at the acceptor");
                yield_now();
            }
            drop(held);
        }
        // Each who sees it tells the next.
        pool.acceptor().wake();
        pool.join();
        assert_eq!(Arc::strong_count(&pool), 1, "a thread is left");
        let state = lock(&pool.state);
        assert_eq!((state.waiting, state.starting), (0, 0));
    }
}
