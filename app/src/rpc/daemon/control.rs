//! Pauses, resumes, removes and reorders downloads.

use super::{Daemon, State};
use crate::rpc::backend::PauseKind;
use crate::rpc::gid::Gid;
use crate::rpc::job::Phase;
use crate::rpc::notify::Event;
use crate::rpc::queue::Anchor;
use crate::rpc::rpc_error::RpcError;

impl Daemon {
    /// Pauses a download that runs or waits, or lets a paused one wait again. Returns its id.
    ///
    /// # Errors
    /// There is no such download, or it is not in a fitting state.
    pub(super) fn set_pause(&self, gid: &str, kind: PauseKind) -> Result<Gid, RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        if !self.set_paused(&mut state, gid, kind) {
            let change = match kind {
                PauseKind::Pause => "paused",
                PauseKind::Unpause => "unpaused",
            };
            return Err(RpcError::CannotNow(gid, change));
        }
        self.schedule(&mut state);
        Ok(gid)
    }

    /// Pauses or resumes all downloads that have not ended.
    pub(super) fn set_all_paused(&self, kind: PauseKind) {
        let mut state = self.current();
        // Those that run come first, so that no other takes their place in between.
        let all = [&state.queue.active[..], &state.queue.waiting].concat();
        for gid in all {
            self.set_paused(&mut state, gid, kind);
        }
        self.schedule(&mut state);
    }

    fn set_paused(&self, state: &mut State, gid: Gid, kind: PauseKind) -> bool {
        let Some(job) = state.queue.job_mut(gid) else {
            return false;
        };
        match (kind, &job.phase) {
            (PauseKind::Pause, Phase::Queued) => {
                job.phase = Phase::Paused;
                self.stop_attempt(job);
                state.queue.set_waiting(gid);
                self.notifier.publish(Event::Pause, gid);
            }
            (PauseKind::Unpause, Phase::Paused) => job.phase = Phase::Queued,
            _ => return false,
        }
        state.save(gid);
        true
    }

    /// Ends a download that has not ended; its part file is kept, so that adding it again resumes it. Returns its
    /// id.
    ///
    /// # Errors
    /// There is no such download, or it has ended.
    pub(super) fn end(&self, gid: &str) -> Result<Gid, RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        let job = state.queue.job_mut(gid).filter(|job| job.is_unfinished());
        let job = job.ok_or(RpcError::NotActive(gid))?;
        job.phase = Phase::Removed;
        self.stop_attempt(job);
        state.queue.set_stopped(gid);
        self.notifier.publish(Event::Stop, gid);
        state.save(gid);
        state.forget_oldest();
        self.schedule(&mut state);
        Ok(gid)
    }

    /// Forgets a download that has ended. Its files stay.
    ///
    /// # Errors
    /// There is no such download, or it has not ended.
    pub(super) fn forget_result(&self, gid: &str) -> Result<(), RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        let has_ended = state.queue.job(gid).is_some_and(|job| !job.is_unfinished());
        if !has_ended {
            return Err(RpcError::NoResult(gid));
        }
        state.queue.forget(gid);
        state.save(gid);
        Ok(())
    }

    /// Forgets all downloads that have ended. Their files stay.
    pub(super) fn forget_results(&self) {
        let mut state = self.current();
        let all: Vec<Gid> = state.queue.stopped.iter().copied().collect();
        for gid in all {
            state.queue.forget(gid);
            state.save(gid);
        }
    }

    /// Moves a download among those that wait. Returns its new position.
    ///
    /// # Errors
    /// There is no such download, or it does not wait.
    pub(super) fn move_to(
        &self,
        gid: &str,
        offset: i64,
        anchor: Anchor,
    ) -> Result<usize, RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        let position = state.queue.reposition(gid, offset, anchor);
        let position = position.ok_or(RpcError::NotWaiting(gid))?;
        state.save_order();
        self.schedule(&mut state);
        Ok(position)
    }

    /// Flushes the state to the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn save_queue(&self) -> Result<(), RpcError> {
        let mut state = self.current();
        let State {
            queue,
            file,
            global,
            ..
        } = &mut *state;
        Ok(file.compact(queue.all(), global)?)
    }
}
