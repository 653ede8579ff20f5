//! Reads and changes options and links.

use serde_json::Value;

use super::{Daemon, State};
use crate::rpc::backend::UriChange;
use crate::rpc::download_spec;
use crate::rpc::gid::Gid;
use crate::rpc::job::Job;
use crate::rpc::options::{OptionError, Options};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::target;

impl Daemon {
    /// Returns the options of a download, with those of the daemon and the defaults.
    ///
    /// # Errors
    /// There is no such download.
    pub(super) fn options_of(&self, gid: &str) -> Result<Value, RpcError> {
        let state = self.current();
        let gid = state.queue.find(gid)?;
        Ok(state.effective(gid).over(&state.defaults).to_json())
    }

    /// Changes the options of a download that has not ended. One that runs starts again with them, and resumes.
    ///
    /// # Errors
    /// There is no such download, it has ended, or a value is invalid.
    pub(super) fn set_options(&self, gid: &str, mut changes: Options) -> Result<(), RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        let job = state.queue.job(gid).filter(|job| job.is_unfinished());
        let job = job.ok_or(RpcError::CannotChange(gid))?;
        for fixed in ["gid", "pause"] {
            changes.remove(fixed);
        }
        let options = changes.over(&job.options);
        if options == job.options {
            return Ok(());
        }
        let uris = job.uris.clone();
        self.replace(&mut state, gid, uris, options)
    }

    /// Removes and adds links of a download that has not ended. Returns the numbers of removed and added ones.
    ///
    /// # Errors
    /// There is no such download, it has ended, no link is left, or a link is invalid.
    pub(super) fn set_uris(
        &self,
        gid: &str,
        change: UriChange,
    ) -> Result<(usize, usize), RpcError> {
        let mut state = self.current();
        let gid = state.queue.find(gid)?;
        let job = state.queue.job(gid).filter(|job| job.is_unfinished());
        let job = job.ok_or(RpcError::CannotChangeUris(gid))?;
        let mut uris = job.uris.clone();
        let counts = change.apply(&mut uris);
        let options = job.options.clone();
        self.replace(&mut state, gid, uris, options)?;
        Ok(counts)
    }

    fn replace(
        &self,
        state: &mut State,
        gid: Gid,
        uris: Vec<String>,
        options: Options,
    ) -> Result<(), RpcError> {
        let spec = download_spec::build(&uris, &options.over(&state.global), &self.root)?;
        let replaced = state.queue.job(gid).map_or(0, Job::request_len);
        state.check_requests(replaced, &uris, &options)?;
        state.queue.set_request(gid, uris, options);
        let Some(job) = state.queue.job_mut(gid) else {
            return Ok(());
        };
        let (folder, expected_path) = target::of(&spec);
        if expected_path != job.expected_path {
            job.progress.path = None;
        }
        (job.folder, job.expected_path) = (folder, expected_path);
        let was_active = job.is_active();
        self.stop_attempt(job);
        if was_active {
            state.queue.set_waiting(gid);
        }
        state.save(gid);
        Ok(())
    }

    /// Returns the options of the daemon.
    pub(super) fn options_of_all(&self) -> Value {
        let state = self.current();
        state.global.over(&state.defaults).to_json()
    }

    /// Changes the options of the daemon, for its limits at once and for downloads that start from now on.
    ///
    /// # Errors
    /// A value is invalid; then nothing is changed.
    pub(super) fn set_global_options(&self, changes: &Options) -> Result<(), RpcError> {
        let mut state = self.current();
        let global = changes.over(&state.global);
        self.root.folder(global.get("dir"))?;
        check(&global)?;
        state.file.save_global(&global)?;
        state.global = global;
        self.apply_limits(&state);
        self.schedule(&mut state);
        Ok(())
    }
}

/// Checks the values of options of the daemon.
fn check(global: &Options) -> Result<(), OptionError> {
    global.number("max-concurrent-downloads", (1, super::MAX_RUNNING))?;
    global.number("max-download-result", (0, 1000))?;
    for name in ["max-connection-per-server", "split"] {
        global.number(name, (1, u64::MAX))?;
    }
    for name in ["max-overall-download-limit", "max-download-limit"] {
        global.rate(name)?;
    }
    Ok(())
}
