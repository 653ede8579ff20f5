//! A thread that is kept from one download to the next, and has the first connection of each.
//!
//! For a small file to start a thread and to end it takes as long as all the rest.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};

use super::transfer::{Event, Transfer};
use super::worker;

/// The thread. It ends with this.
pub(super) struct Hand {
    /// `None` only while it is being dropped.
    jobs: Option<Sender<Arc<Transfer>>>,
    thread: Option<JoinHandle<()>>,
}

impl Hand {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (jobs, inbox) = bounded::<Arc<Transfer>>(1);
        let thread = worker::thread(0).spawn(move || {
            for transfer in inbox {
                let lost = worker::run(&transfer, 0);
                let events = transfer.events();
                // Before the director hears of it: nothing of a download that has ended is held here.
                drop(transfer);
                // An error means that the director has given the download up.
                let _ = events.send(Event::Ended(0, lost));
            }
        })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Has it run the first connection. Returns whether it can.
    pub fn run(&self, transfer: &Arc<Transfer>) -> bool {
        let jobs = self.jobs.as_ref();
        jobs.is_some_and(|jobs| jobs.try_send(Arc::clone(transfer)).is_ok())
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}
