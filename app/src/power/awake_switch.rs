//! Switches [`KeepAwake`] on and off on a thread of its own: starting and ending a program takes a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use lanes_engine::Waker;

use super::awake::KeepAwake;

/// Time after which a program that holds the lock still runs.
const SETTLED: Duration = Duration::from_secs(2);

/// The switch, off at first.
#[derive(Default)]
pub(crate) struct AwakeSwitch {
    is_on: bool,
    thread: Option<(Sender<bool>, JoinHandle<()>)>,
    failure: Arc<Mutex<Option<String>>>,
}

impl AwakeSwitch {
    /// Switches it. `waker` is called after a failure.
    pub(crate) fn set(&mut self, is_on: bool, waker: &Waker) {
        if is_on == self.is_on {
            return;
        }
        if self.thread.is_none() {
            let (sender, wanted) = bounded(8);
            let (failure, waker) = (Arc::clone(&self.failure), Arc::clone(waker));
            let thread = Builder::new().name("awake".into()).spawn(move || {
                run(&wanted, |words| {
                    *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
                    waker();
                });
            });
            // Without a thread the machine may sleep.
            self.thread = thread.ok().map(|thread| (sender, thread));
        }
        if let Some((sender, _)) = &self.thread
            && sender.try_send(is_on).is_ok()
        {
            self.is_on = is_on;
        }
    }

    /// Returns the reason why the machine may sleep, once.
    pub(crate) fn take_failure(&self) -> Option<String> {
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for AwakeSwitch {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            if thread.join().is_err() {
                tracing::error!("the thread `awake` panicked");
            }
        }
    }
}

fn run(wanted: &Receiver<bool>, fail: impl Fn(String)) {
    let mut awake: Option<KeepAwake> = None;
    let mut is_checked = true;
    loop {
        let next = match is_checked {
            true => wanted.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => wanted.recv_timeout(SETTLED),
        };
        match next {
            Ok(true) => match KeepAwake::start() {
                Ok(started) => (awake, is_checked) = (Some(started), false),
                Err(error) => fail(format!("This computer may go to sleep: {error}")),
            },
            Ok(false) => (awake, is_checked) = (None, true),
            Err(RecvTimeoutError::Timeout) => {
                is_checked = true;
                if awake.as_mut().is_some_and(|awake| !awake.is_running()) {
                    fail("This computer may go to sleep: its system refused the lock".to_owned());
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
