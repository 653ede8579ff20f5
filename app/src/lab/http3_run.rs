//! Carries out the runs over HTTP/3, one connection each.

use std::fs::File;
use std::io::BufWriter;
use std::time::Duration;

use super::plan::experiment_plan::Plan;
use super::plan::http_runs::Http3Choice;
use super::run::runner::{CompletedRun, RunTask};
use lanes_engine::{
    CancelToken, FetchError, Http3Outcome, Http3Service, HttpUrl, Outcome, Source, fetch_http3,
    http3_offer, speaks_http3,
};

/// Buffer in front of the file, in bytes: QUIC delivers one packet at a time.
const WRITE_BUF: usize = 256 << 10;

/// The facts about its server that the runs of one experiment share.
#[derive(Debug, Clone, Default)]
pub(super) struct Http3Server {
    /// The place where it speaks HTTP/3; `None` for that of the link.
    service: Option<Http3Service>,
    /// Length of the file over TCP, in bytes.
    len: Option<u64>,
}

impl Http3Server {
    /// Records the length of the file that a run over TCP has received.
    pub fn note_len(&mut self, len: u64) {
        self.len = Some(len);
    }

    /// Carries out a run; in round 0 only finds out whether the server speaks HTTP/3.
    ///
    /// # Errors
    /// [`FetchError::Failed`] with the reason, [`FetchError::Stopped`] after a cancellation.
    pub fn run(
        &mut self,
        plan: &Plan,
        task: RunTask,
        stop: &CancelToken,
    ) -> Result<CompletedRun, FetchError> {
        let Source::Http(url) = &plan.source else {
            return Err(FetchError::Failed(
                "only HTTP servers speak HTTP/3".to_owned(),
            ));
        };
        if task.round == 0 {
            self.find(plan, url, stop)?;
            return Ok(completed(0, Duration::ZERO));
        }
        let Http3Outcome { bytes, elapsed, .. } = self.fetch(plan, url, stop)?;
        match self.len {
            Some(len) if len != bytes => Err(FetchError::Failed(format!(
                "the file has {bytes} bytes over HTTP/3, and {len} over TCP"
            ))),
            _ => Ok(completed(bytes, elapsed)),
        }
    }

    fn find(&mut self, plan: &Plan, url: &HttpUrl, stop: &CancelToken) -> Result<(), FetchError> {
        let options = &plan.http.options();
        self.service = http3_offer(url, options, stop)?;
        if self.service.is_none() && plan.http.http3 == Http3Choice::Offered {
            return Err(FetchError::Failed(
                "the server does not offer it (no h3 in its Alt-Svc)".to_owned(),
            ));
        }
        speaks_http3(url, self.service.as_ref(), options, stop)
    }

    /// Fetches the file into a folder that is deleted afterwards, as the runs over TCP do.
    fn fetch(
        &self,
        plan: &Plan,
        url: &HttpUrl,
        stop: &CancelToken,
    ) -> Result<Http3Outcome, FetchError> {
        let failed = |error| FetchError::Failed(format!("cannot create a temporary file: {error}"));
        let folder = tempfile::Builder::new().prefix("lanes-run-").tempdir();
        let folder = folder.map_err(failed)?;
        let file = File::create(folder.path().join("file")).map_err(failed)?;
        let mut sink = BufWriter::with_capacity(WRITE_BUF, file);
        let service = self.service.as_ref();
        fetch_http3(url, service, &plan.http.options(), stop, &mut sink)
    }
}

fn completed(bytes: u64, elapsed: Duration) -> CompletedRun {
    CompletedRun {
        outcome: Outcome {
            path: std::path::PathBuf::new(),
            bytes,
            elapsed,
            connections: 1,
            resumed_bytes: 0,
            retries: 0,
            digest: None,
            checked: Vec::new(),
            beside: None,
            link_report: None,
            notices: Vec::new(),
        },
        trace: None,
        recording: None,
    }
}
