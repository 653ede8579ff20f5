//! Watches the ways of an attempt: measures them, and closes the connections of those that are lost.

use std::time::{Duration, Instant};

use crate::model::outcome::FetchError;
use crate::model::way::WayError;
use crate::protocol::net::way_binding;
use crate::scheduling::way_set::{self, WayChange};
use crate::transfer::shared::Transfer;

/// Interval at which the system is asked for its interfaces.
const INTERVAL: Duration = Duration::from_millis(250);

/// The watch over the ways of one attempt.
#[derive(Default)]
pub(super) struct WayWatch {
    asked: Option<Instant>,
}

impl WayWatch {
    /// Looks at all ways. Returns notices for the user.
    pub fn tick(&mut self, transfer: &Transfer) -> Vec<String> {
        let names = transfer.ways.names();
        if names.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        let mut changes = Vec::new();
        if self
            .asked
            .is_none_or(|asked| now.duration_since(asked) >= INTERVAL)
        {
            self.asked = Some(now);
            let statuses = way_binding::check(names).into_iter().enumerate();
            changes
                .extend(statuses.filter_map(|(way, status)| transfer.ways.set_status(way, status)));
        }
        changes.extend(transfer.ways.measure(now, transfer.counters.connections()));
        let notice = |change: WayChange| match change {
            WayChange::Lost(way, error) => {
                transfer.cancel.close_group(way_set::group(way));
                lost_text(&error, transfer.ways.has_choice())
            }
            WayChange::Back(way, lost) => {
                format!(
                    "Interface {} is back after {:.1} s",
                    names[way],
                    lost.as_secs_f64()
                )
            }
        };
        changes.into_iter().map(notice).collect()
    }
}

/// Checks the ways before the first connection; those that cannot be used are notices.
///
/// # Errors
/// The reason, if none can be used.
pub(super) fn check(transfer: &Transfer) -> Result<(), FetchError> {
    let names = transfer.ways.names();
    let statuses = way_binding::check(names).into_iter().enumerate();
    let lost = statuses.filter_map(|(way, status)| transfer.ways.set_status(way, status));
    let errors: Vec<WayError> = lost
        .filter_map(|change| match change {
            WayChange::Lost(_, error) => Some(error),
            WayChange::Back(..) => None,
        })
        .collect();
    match errors.first() {
        Some(first) if errors.len() == names.len() => Err(FetchError::failed(first)),
        _ => {
            for error in errors {
                transfer.events.notice(error.to_string());
            }
            Ok(())
        }
    }
}

fn lost_text(error: &WayError, has_others: bool) -> String {
    match has_others {
        true => format!("{error}; its connections go on over the other interfaces"),
        false => error.to_string(),
    }
}
