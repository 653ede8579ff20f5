//! Entries of flows in the packet log, if there is one.

use super::flow::{Flow, Shared};
use super::packet_log::{Fate, SenderState};

impl Shared {
    /// Sets the fate of a transmission of the flow that is being processed.
    #[cold]
    pub(super) fn log_fate(&mut self, serial: u64, fate: Fate) {
        if let Some(log) = &mut self.log {
            log.set_fate(self.sender, serial, fate);
        }
    }
}

impl Flow {
    /// Logs the state after an acknowledgement, if there is a log.
    pub(super) fn log_sender(&mut self, shared: &mut Shared) {
        if let Some(log) = &mut shared.log {
            let state = SenderState {
                cwnd: self.window.cwnd(),
                ssthresh: self.window.ssthresh(),
                in_flight: self.scoreboard.in_flight(),
                bbr: self.window.bbr().map(|bbr| bbr.state()),
            };
            log.on_ack_processed(shared.sender, state);
        }
    }
}
