//! A connection's turn: it waits until it may be made.

use std::time::Duration;

use crate::model::connection_state::ConnectionState;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::transfer::shared::{Event, Transfer};

/// How long the bell is waited for before looking again.
const LOOK: Duration = Duration::from_millis(50);

/// The server for connection `index`, and its place there; waits for one as long as the connection is
/// needed. `None` when it no longer is.
pub(crate) fn wait(transfer: &Transfer, index: usize) -> Option<(&Mirror, HostPermit)> {
    let mut wish = None;
    let mut said = None;
    loop {
        let is_other = transfer.single().is_some_and(|only| only != index);
        if transfer.stop.is_stopped() || is_other || !transfer.is_needed(index) {
            return None;
        }
        if let Some(turn) = transfer.sites.choose(&mut wish) {
            return Some(turn);
        }
        transfer.meters[index].set_state(ConnectionState::Queued);
        let why = wish
            .as_ref()
            .and_then(|wish| transfer.sites.why_it_waits(wish));
        if let Some(words) = why.filter(|words| said.as_ref() != Some(words)) {
            transfer.send(Event::Notice(words.clone()));
            said = Some(words);
        }
        transfer.wait_for_turn(LOOK);
    }
}
