//! The replay of a recorded download: a playhead, and the bar that moves it.
//!
//! All views of a download show the state at one time: now, or that of the playhead.

pub(crate) mod bar;
pub(crate) mod playhead;

use std::time::Duration;

use lanes_engine::{DownloadSnapshot, DownloadState, Timeline};
use playhead::Playhead;

/// The playhead of the shown recording. `K` tells recordings apart.
pub(crate) struct Replay<K> {
    shown: Option<K>,
    playhead: Playhead,
}

impl<K> Default for Replay<K> {
    fn default() -> Self {
        Self {
            shown: None,
            playhead: Playhead::default(),
        }
    }
}

impl<K: PartialEq> Replay<K> {
    /// Returns the playhead of a recording; it is at the end if another one was shown before.
    pub(crate) fn of(&mut self, recording: K) -> &mut Playhead {
        if self.shown.as_ref() != Some(&recording) {
            self.shown = Some(recording);
            self.playhead = Playhead::default();
        }
        &mut self.playhead
    }

    /// Forgets the playhead: what is shown runs now.
    pub(crate) fn stop(&mut self) {
        self.shown = None;
    }
}

/// The input of the views: the state at a time, and the whole recording.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The download at that time.
    pub now: &'a DownloadSnapshot,
    /// The timeline over which the axes reach.
    pub whole: &'a Timeline,
}

impl Moment<'_> {
    /// Returns the time of the playhead if it is before the end.
    pub(crate) fn playhead(&self) -> Option<Duration> {
        let at = self.now.timeline.until;
        (at < self.whole.until).then_some(at)
    }
}

/// Returns whether a download has a recording that can be replayed.
pub(crate) fn is_replayable(download: &DownloadSnapshot) -> bool {
    let is_over = !download.state.is_active() && download.state != DownloadState::Queued;
    is_over && !download.timeline.is_empty() && !download.timeline.until.is_zero()
}
