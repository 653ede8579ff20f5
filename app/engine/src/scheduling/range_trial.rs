//! Evidence of whether a server serves ranges, where its first response leaves that open.
//!
//! Some servers answer a request for the whole range (`bytes=0-`) with 200, and smaller ranges with 206.
//! So if the 200 announces ranges, one other connection requests a part; the others wait for the result.

use std::sync::{Mutex, MutexGuard};

use crate::sync;

/// Evidence about one server, shared by the connections to it.
#[derive(Debug, Default)]
pub(crate) struct RangeTrial {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// True once a part was served that did not show the length of the file.
    has_part: bool,
    /// True once a part behind the first byte was served.
    has_inner_part: bool,
    /// True once the whole file was requested in place of a refused range.
    has_tried_whole: bool,
    /// True if the latest response with the whole file ended before a missing byte.
    was_whole_useless: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Ranges are requested without a trial.
    #[default]
    None,
    /// A 200 announced ranges; this connection receives it.
    Announced(usize),
    /// The second connection requests a part, while the first receives the 200.
    Running(usize, usize),
}

/// Result of [`RangeTrial::enter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The connection may request ranges.
    Free,
    /// The connection runs the trial with its next range.
    Trial,
    /// Another connection runs it.
    Wait,
}

impl RangeTrial {
    /// Records that connection `receiver` receives a 200 that announces ranges.
    pub fn announce(&self, receiver: usize) {
        self.state().phase = Phase::Announced(receiver);
    }

    /// Returns whether connection `index` may request a range.
    pub fn enter(&self, index: usize) -> Entry {
        let mut state = self.state();
        match state.phase {
            Phase::None => Entry::Free,
            Phase::Announced(receiver) if receiver == index => {
                // The 200 has ended, so the connection can find out by itself.
                state.phase = Phase::None;
                Entry::Free
            }
            Phase::Announced(receiver) => {
                state.phase = Phase::Running(receiver, index);
                Entry::Trial
            }
            Phase::Running(_, runner) if runner == index => Entry::Trial,
            Phase::Running(..) => Entry::Wait,
        }
    }

    /// Ends the trial of connection `index`: ranges are served, or everything is open again. Returns
    /// whether there was a trial.
    pub fn succeed(&self, index: usize) -> bool {
        self.end(index, |_| Phase::None).is_some()
    }

    /// Ends the trial of connection `index`, whose range was refused. Returns the connection that receives
    /// the whole file, or `None` if there was no trial.
    pub fn fail(&self, index: usize) -> Option<usize> {
        self.end(index, |_| Phase::None)
    }

    /// Leaves the trial to another connection, because connection `index` has ended.
    pub fn abandon(&self, index: usize) {
        let _ = self.end(index, Phase::Announced);
    }

    fn end(&self, index: usize, next: impl FnOnce(usize) -> Phase) -> Option<usize> {
        let mut state = self.state();
        match state.phase {
            Phase::Running(receiver, runner) if runner == index => {
                state.phase = next(receiver);
                Some(receiver)
            }
            _ => None,
        }
    }

    /// Records that a part was served that did not show the length of the file.
    pub fn record_part(&self) {
        self.state().has_part = true;
    }

    /// Returns whether a part was served that did not show the length of the file.
    pub fn has_part(&self) -> bool {
        self.state().has_part
    }

    /// Records that a part behind the first byte was served: a refusal is no refusal of ranges.
    pub fn record_inner_part(&self) {
        self.state().has_inner_part = true;
    }

    /// Returns whether a part behind the first byte was served.
    pub fn has_inner_part(&self) -> bool {
        self.state().has_inner_part
    }

    /// Returns whether the whole file may be requested in place of a refused range: once.
    pub fn try_whole(&self) -> bool {
        !std::mem::replace(&mut self.state().has_tried_whole, true)
    }

    /// Records whether a response with the whole file brought any missing byte.
    pub fn record_whole(&self, is_useful: bool) {
        self.state().was_whole_useless = !is_useful;
    }

    /// Returns whether a part is worth a try before the whole file: the latest response with the whole file
    /// ended before a missing byte, and parts were served before it.
    pub fn prefers_part(&self) -> bool {
        let state = self.state();
        state.was_whole_useless && state.has_inner_part
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connection_tries_a_range_while_the_others_wait() {
        let trial = RangeTrial::default();
        assert_eq!(trial.enter(1), Entry::Free);
        trial.announce(0);
        assert_eq!(
            (trial.enter(1), trial.enter(2)),
            (Entry::Trial, Entry::Wait)
        );
        trial.abandon(2);
        assert_eq!(
            (trial.enter(1), trial.enter(2)),
            (Entry::Trial, Entry::Wait)
        );
        trial.abandon(1);
        assert_eq!(
            (trial.enter(2), trial.enter(1)),
            (Entry::Trial, Entry::Wait)
        );
        assert!(!trial.succeed(1) && trial.succeed(2));
        assert_eq!((trial.enter(1), trial.enter(2)), (Entry::Free, Entry::Free));
    }

    #[test]
    fn a_refused_trial_names_the_connection_that_receives_the_file() {
        let trial = RangeTrial::default();
        assert_eq!(trial.fail(1), None);
        trial.announce(3);
        assert_eq!(trial.enter(1), Entry::Trial);
        assert_eq!(trial.fail(1), Some(3));
        trial.announce(3);
        assert_eq!(trial.enter(3), Entry::Free, "its own response has ended");
        assert!(trial.try_whole() && !trial.try_whole());
    }

    #[test]
    fn a_whole_file_that_ends_too_early_makes_parts_worth_a_try() {
        let support = RangeTrial::default();
        support.record_whole(false);
        assert!(!support.prefers_part(), "no part was ever served");
        support.record_inner_part();
        assert!(support.prefers_part() && support.has_inner_part());
        support.record_whole(true);
        assert!(!support.prefers_part());
    }
}
