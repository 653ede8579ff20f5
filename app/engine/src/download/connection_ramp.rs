//! When the further connections of a download are made.
//!
//! Over HTTP one connection asks first. Where the server is far the others are made meanwhile, so that
//! the answer finds them ready. Where it is near the answer comes at once, and often the file with it:
//! then to make the others would take longer than what they could bring.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::model::source_url::Source;
use crate::storage::download_file::OpenDownload;
use crate::transfer::shared::Transfer;

/// How soon a server that is near is reached.
const NEAR: Duration = Duration::from_millis(2);
/// How soon one that is near answers, with all that an encrypted connection needs before.
const PROMPT: Duration = Duration::from_millis(10);
/// What comes within this time is left to the connection that brings it.
const SOON: Duration = Duration::from_millis(20);
/// How long a rate is measured at least.
const MEASURED: Duration = Duration::from_micros(500);

/// Whether it is time for the further connections of one round.
#[derive(Default)]
pub(crate) struct ConnectionRamp {
    is_due: bool,
    /// When the answer was first seen, and how much of the file was there then.
    answered: Option<(Instant, u64)>,
}

impl ConnectionRamp {
    /// Whether the further connections are to be made by now. What was due stays so.
    pub fn is_due(&mut self, transfer: &Transfer) -> bool {
        self.is_due = self.is_due || self.looks_due(transfer);
        self.is_due
    }

    /// Why they are made only now, if the answer was there before.
    pub fn reason(&self) -> Option<&'static str> {
        let words = "What is left takes longer than it takes to make further connections";
        self.answered.map(|_| words)
    }

    /// The first connection has ended and left work.
    pub fn set_due(&mut self) {
        self.is_due = true;
    }

    fn looks_due(&mut self, transfer: &Transfer) -> bool {
        let request = &transfer.request;
        if request.every_connection || matches!(request.source, Source::Lanes { .. }) {
            return true;
        }
        let Some(active) = transfer.active() else {
            let patience = if transfer.sites.is_reached() {
                PROMPT
            } else {
                NEAR
            };
            return transfer.started.elapsed() >= patience;
        };
        active.resumed > 0 || self.comes_late(active)
    }

    /// Whether the rest takes longer than is worth waiting for, at the rate of what came so far.
    fn comes_late(&mut self, active: &OpenDownload) -> bool {
        let done = active.done.load(Ordering::Acquire);
        let (since, before) = *self.answered.get_or_insert_with(|| (Instant::now(), done));
        let took = since.elapsed();
        if took < MEASURED {
            return false;
        }
        let rate = (done - before) as f64 / took.as_secs_f64();
        (active.info.len - done) as f64 > rate * SOON.as_secs_f64()
    }
}
