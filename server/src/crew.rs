//! The threads that serve connections, one each. A few that have nothing to do are kept ready: to start
//! one takes longer than to answer a request.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use crate::lock::lock;

/// How many wait for work when there is none.
const READY: usize = 4;

/// Threads that do `J`, one job a thread at a time.
pub(crate) struct Crew<J> {
    desk: Arc<Desk<J>>,
    threads: Vec<JoinHandle<()>>,
    /// How many were started, for their names.
    started: u64,
}

struct Desk<J> {
    state: Mutex<Waiting<J>>,
    /// Rung when there is a job, or no more will come.
    bell: Condvar,
    work: fn(J),
}

struct Waiting<J> {
    jobs: VecDeque<J>,
    /// Threads that wait; never fewer than jobs.
    idle: usize,
    is_over: bool,
}

impl<J: Send + 'static> Crew<J> {
    /// A crew for this work. Where the system gives fewer threads, there are fewer ready.
    pub fn new(work: fn(J)) -> Self {
        let state = Waiting {
            jobs: VecDeque::new(),
            idle: 0,
            is_over: false,
        };
        let mut crew = Self {
            desk: Arc::new(Desk {
                state: Mutex::new(state),
                bell: Condvar::new(),
                work,
            }),
            threads: Vec::new(),
            started: 0,
        };
        for _ in 0..READY {
            lock(&crew.desk.state).idle += 1;
            if crew.start(None).is_err() {
                lock(&crew.desk.state).idle -= 1;
            }
        }
        crew
    }

    /// Has a thread do it at once: one that waits, or a new one.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn hand_out(&mut self, job: J) -> io::Result<()> {
        if self.threads.len() > READY {
            self.join_ended();
        }
        let mut state = lock(&self.desk.state);
        if state.idle > state.jobs.len() {
            state.jobs.push_back(job);
            drop(state);
            self.desk.bell.notify_one();
            return Ok(());
        }
        drop(state);
        self.start(Some(job))
    }

    /// Starts a thread, which begins with `job`, or as one of those that wait.
    fn start(&mut self, job: Option<J>) -> io::Result<()> {
        self.started += 1;
        let desk = Arc::clone(&self.desk);
        let name = format!("serve-{}", self.started);
        let thread = thread::Builder::new().name(name).spawn(move || {
            let mut next = job.or_else(|| desk.wait());
            while let Some(job) = next {
                (desk.work)(job);
                next = desk.next();
            }
        })?;
        self.threads.push(thread);
        Ok(())
    }

    fn join_ended(&mut self) {
        let ended = |thread: &mut JoinHandle<()>| thread.is_finished();
        self.threads.extract_if(.., ended).for_each(join);
    }

    /// Waits until all are done.
    pub fn join(self) {
        lock(&self.desk.state).is_over = true;
        self.desk.bell.notify_all();
        self.threads.into_iter().for_each(join);
    }
}

impl<J> Desk<J> {
    /// The next job for a thread that has done one; `None` when enough others wait.
    fn next(&self) -> Option<J> {
        let mut state = lock(&self.state);
        if state.idle >= READY {
            return None;
        }
        state.idle += 1;
        drop(state);
        self.wait()
    }

    /// The next job for a thread that is counted among those that wait; `None` when no more will come.
    fn wait(&self) -> Option<J> {
        let state = lock(&self.state);
        let nothing = |state: &mut Waiting<J>| state.jobs.is_empty() && !state.is_over;
        let waited = self.bell.wait_while(state, nothing);
        let mut state = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.idle -= 1;
        state.jobs.pop_front()
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
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    type Job = (SyncSender<()>, Arc<Mutex<()>>);

    /// Says that it has begun, and ends when it may.
    fn work((begun, may_end): Job) {
        begun.send(()).unwrap();
        drop(lock(&may_end));
    }

    #[test]
    fn every_job_is_begun_at_once_however_many_there_are_and_all_threads_are_joined() {
        let mut crew = Crew::new(work);
        for _ in 0..3 {
            let (begun, has_begun) = sync_channel(64);
            let may_end = Arc::new(Mutex::new(()));
            let held = lock(&may_end);
            for _ in 0..3 * READY {
                crew.hand_out((begun.clone(), Arc::clone(&may_end)))
                    .unwrap();
            }
            // None of them waits for another to end.
            (0..3 * READY).for_each(|_| has_begun.recv().unwrap());
            drop(held);
        }
        let desk = Arc::clone(&crew.desk);
        crew.join();
        assert_eq!(Arc::strong_count(&desk), 1, "a thread is left");
        let state = lock(&desk.state);
        assert!(state.jobs.is_empty() && state.idle == 0);
    }
}
