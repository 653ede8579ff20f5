//! Adds downloads to the queue.

use super::{Daemon, State};
use crate::rpc::backend::NewDownload;
use crate::rpc::download_spec;
use crate::rpc::gid::Gid;
use crate::rpc::job::{Job, Phase, Progress, request_len};
use crate::rpc::options::{OptionError, Options};
use crate::rpc::queue::{MAX_REQUESTS, MAX_UNFINISHED};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::target;

impl Daemon {
    /// Adds downloads. Returns their ids.
    ///
    /// # Errors
    /// A link or an option cannot be used, the queue is full, or it cannot be saved.
    pub(super) fn add_all(
        &self,
        downloads: Vec<NewDownload>,
        position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError> {
        let mut state = self.current();
        state.check_room(downloads.len())?;
        let mut gids = Vec::new();
        for (index, download) in downloads.into_iter().enumerate() {
            let position = position.map(|position| position + index);
            gids.push(self.insert(&mut state, download, position)?);
        }
        self.schedule(&mut state);
        Ok(gids)
    }

    fn insert(
        &self,
        state: &mut State,
        download: NewDownload,
        position: Option<usize>,
    ) -> Result<Gid, RpcError> {
        let NewDownload { uris, mut options } = download;
        state.check_room(1)?;
        state.check_requests(0, &uris, &options)?;
        let gid = state.new_gid(&mut options)?;
        let phase = match options.is_true("pause") {
            true => Phase::Paused,
            false => Phase::Queued,
        };
        options.remove("pause");
        let spec = download_spec::build(&uris, &options.over(&state.global), &self.root)?;
        let (folder, expected_path) = target::of(&spec);
        let job = Job {
            gid,
            uris,
            options,
            phase,
            progress: Progress::default(),
            folder,
            expected_path,
            attempt: None,
        };
        state.queue.insert(job, position);
        // A call that is answered survives a kill of the process.
        if let Err(error) = state.try_save(gid) {
            state.queue.set_stopped(gid);
            state.queue.forget(gid);
            return Err(error.into());
        }
        if position.is_some() {
            state.save_order();
        }
        Ok(gid)
    }
}

impl State {
    fn check_room(&self, count: usize) -> Result<(), RpcError> {
        match self.queue.unfinished() + count > MAX_UNFINISHED {
            true => Err(RpcError::QueueFull(MAX_UNFINISHED)),
            false => Ok(()),
        }
    }

    /// Checks that links and options fit besides those of all downloads, but for `replaced` bytes.
    pub(super) fn check_requests(
        &self,
        replaced: usize,
        uris: &[String],
        options: &Options,
    ) -> Result<(), RpcError> {
        let len = self.queue.requests_len() - replaced + request_len(uris, options);
        match len > MAX_REQUESTS {
            true => Err(RpcError::QueueTooLong(MAX_REQUESTS)),
            false => Ok(()),
        }
    }

    /// Takes the id out of the options, or makes one.
    fn new_gid(&self, options: &mut Options) -> Result<Gid, RpcError> {
        let Some(wanted) = options.get("gid").map(str::to_owned) else {
            options.remove("gid");
            return Ok(Gid::random());
        };
        options.remove("gid");
        let gid = Gid::parse(&wanted).ok_or(OptionError::Gid(wanted.clone()))?;
        match self.queue.job(gid) {
            Some(_) => Err(OptionError::GidTaken(wanted).into()),
            None => Ok(gid),
        }
    }
}
