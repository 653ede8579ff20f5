//! A thread that leads a download while another, whose task that is, has its first connection.
//!
//! For a small file to start a thread, or to wake one, takes as long as all the rest. So who is to direct
//! one download after the other fetches over the first connection itself, and directs what is left to direct
//! when that has ended. Only of a download that takes longer somebody must look after the time, report and
//! start further connections meanwhile: that is the deputy.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::attempt;
use super::attempt::{Attempt, Channel};
use super::connection_worker;
use super::coordinator;
use super::finished::{Finished, Observer};
use crate::transfer::repair_pass::RepairPass;
use crate::transfer::shared::Event;

/// How long a download has nobody who leads it: no longer than a server that is near takes to be reached.
const PATIENCE: Duration = Duration::from_millis(2);

/// What the two threads tell each other.
pub(crate) struct StandbyCoordinator {
    desk: Mutex<StandbyState>,
    bell: Condvar,
    channel: Channel,
}

impl Default for StandbyCoordinator {
    fn default() -> Self {
        Self {
            desk: Mutex::default(),
            bell: Condvar::new(),
            channel: attempt::channel(),
        }
    }
}

#[derive(Default)]
struct StandbyState {
    /// Under way, and led by nobody.
    attempt: Option<Attempt>,
    /// How the one ended that the deputy led.
    ended: Option<(Finished, Option<RepairPass>)>,
    /// Whether the deputy must be woken to see an attempt.
    sleeps: bool,
    /// Whether no attempt will follow, or no deputy is there.
    is_over: bool,
}

impl StandbyCoordinator {
    /// What its attempts, of which one is under way at a time, are led by.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Fetches over the first connection of an attempt, and leads it, or waits until the deputy has.
    pub fn fetch(
        &self,
        mut attempt: Attempt,
        observe: Observer<'_>,
    ) -> (Finished, Option<RepairPass>) {
        attempt.has_first = true;
        let transfer = attempt.transfer.clone();
        let pool = attempt.context.limits.pool.clone();
        {
            let mut desk = self.desk();
            desk.attempt = Some(attempt);
            if desk.sleeps {
                self.bell.notify_all();
            }
        }
        let lost = connection_worker::run(&transfer, pool.as_deref(), 0);
        let events = transfer.events();
        // Before anybody hears of it: nothing of a download that has ended is held here.
        drop(transfer);
        // An error means that it has been given up.
        let _ = events.send(Event::Finished(0, lost));
        let attempt = self.desk().attempt.take();
        match attempt {
            Some(attempt) => coordinator::lead(attempt, observe),
            None => self.wait(),
        }
    }

    /// How the attempt ended that the deputy leads.
    fn wait(&self) -> (Finished, Option<RepairPass>) {
        let mut desk = self.desk();
        loop {
            if let Some(ended) = desk.ended.take() {
                return ended;
            }
            // What broke it off goes on here.
            assert!(!desk.is_over, "the deputy panicked");
            desk = self.bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What the deputy's thread does, until [`Self::dismissed_at_last`].
    pub fn stand_in(&self, observe: Observer<'_>) {
        let _gone = self.dismissed_at_last();
        while let Some(attempt) = self.overdue() {
            let ended = coordinator::lead(attempt, observe);
            self.desk().ended = Some(ended);
            self.bell.notify_all();
        }
    }

    /// The next attempt that nobody has led for too long; `None` when no more will come.
    fn overdue(&self) -> Option<Attempt> {
        let mut desk = self.desk();
        while !desk.is_over {
            let led_by_nobody = desk.attempt.as_ref().map(|one| one.started.elapsed());
            match led_by_nobody {
                Some(time) if time >= PATIENCE => return desk.attempt.take(),
                Some(time) => {
                    let waited = self.bell.wait_timeout(desk, PATIENCE - time);
                    desk = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    desk.sleeps = true;
                    desk = self.bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
                    desk.sleeps = false;
                }
            }
        }
        None
    }

    /// The deputy is needed no longer, once what this returns is dropped, be it by a panic.
    pub fn dismissed_at_last(&self) -> impl Drop {
        Dismissal(self)
    }

    fn desk(&self) -> MutexGuard<'_, StandbyState> {
        // Whole at every moment.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Dismissal<'a>(&'a StandbyCoordinator);

impl Drop for Dismissal<'_> {
    fn drop(&mut self) {
        self.0.desk().is_over = true;
        self.0.bell.notify_all();
    }
}
