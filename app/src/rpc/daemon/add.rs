//! Adds downloads to the queue.

use std::path::PathBuf;

use lanes_engine::metalink::{self, MetalinkError};
use lanes_engine::{Destination, DownloadSpec, safe_name};

use super::{Daemon, State};
use crate::rpc::download_spec;
use crate::rpc::gid::Gid;
use crate::rpc::job::{Job, Phase, Progress, request_len};
use crate::rpc::options::{OptionError, Options};
use crate::rpc::queue::{MAX_REQUESTS, MAX_UNFINISHED};
use crate::rpc::rpc_error::RpcError;

/// Longest link, in bytes.
const MAX_LINK: usize = 64 << 10;

impl Daemon {
    /// Adds one download from links to the same file.
    ///
    /// # Errors
    /// A link or an option cannot be used, the queue is full, or it cannot be saved.
    pub(crate) fn add(
        &self,
        uris: Vec<String>,
        options: Options,
        position: Option<usize>,
    ) -> Result<Gid, RpcError> {
        let mut state = self.current();
        let gid = self.insert(&mut state, uris, options, position)?;
        if state
            .queue
            .job(gid)
            .is_some_and(|job| job.phase == Phase::Queued)
        {
            self.schedule(&mut state);
        }
        Ok(gid)
    }

    /// Adds the files of a Metalink. Its links are untrusted: credentials and header fields of the options are
    /// not sent to them.
    ///
    /// # Errors
    /// As for [`Self::add`]; the data is no Metalink.
    pub(crate) fn add_metalink(
        &self,
        data: Vec<u8>,
        mut options: Options,
        position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError> {
        let text = String::from_utf8(data).map_err(|_| MetalinkError::NotUtf8)?;
        let files = metalink::parse(text.strip_prefix('\u{feff}').unwrap_or(&text))?;
        for name in [
            "header",
            "referer",
            "http-user",
            "http-passwd",
            "gid",
            "out",
            "checksum",
        ] {
            options.remove(name);
        }
        let mut state = self.current();
        state.check_room(files.len())?;
        let mut gids = Vec::new();
        for (index, file) in files.into_iter().enumerate() {
            let uris: Vec<String> = file
                .sources
                .iter()
                .map(lanes_engine::Source::full_link)
                .collect();
            if uris.is_empty() {
                continue;
            }
            let mut options = options.clone();
            options.set("out", file.name);
            if let Some(checksum) = &file.checksum {
                options.set("checksum", checksum.to_string().replacen(':', "=", 1));
            }
            let position = position.map(|position| position + index);
            gids.push(self.insert(&mut state, uris, options, position)?);
        }
        if gids.is_empty() {
            return Err(RpcError::NoUri);
        }
        self.schedule(&mut state);
        Ok(gids)
    }

    fn insert(
        &self,
        state: &mut State,
        uris: Vec<String>,
        mut options: Options,
        position: Option<usize>,
    ) -> Result<Gid, RpcError> {
        state.check_room(1)?;
        state.check_requests(0, &uris, &options)?;
        let gid = state.new_gid(&mut options)?;
        let phase = match options.is_true("pause") {
            true => Phase::Paused,
            false => Phase::Queued,
        };
        options.remove("pause");
        let spec = download_spec::build(&uris, &options.over(&state.global), &self.root)?;
        let (folder, expected_path) = target(&spec);
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

/// Returns the folder and the expected path of a download.
pub(super) fn target(spec: &DownloadSpec) -> (String, PathBuf) {
    let path = match &spec.destination {
        Destination::Folder(folder) => folder.join(safe_name(&spec.file_name())),
        Destination::File(path) => path.clone(),
        Destination::Desktop | Destination::Stdout => PathBuf::new(),
    };
    let folder = match &spec.destination {
        Destination::Folder(folder) => folder.clone(),
        _ => path.parent().unwrap_or(&path).to_owned(),
    };
    (folder.display().to_string(), path)
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
        if uris.iter().any(|uri| uri.len() > MAX_LINK) {
            return Err(RpcError::LinkTooLong(MAX_LINK));
        }
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
