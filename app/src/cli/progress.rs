//! Progress output: a bar on a terminal, plain lines otherwise.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lanes_shared::size;

use super::terminal::{print_error, printable};
use crate::lab::report::format;
use lanes_engine::{DownloadSnapshot, DownloadState};

/// Progress output on the standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    /// Creates a bar if the standard error is a terminal, else plain lines; nothing if `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            // If the template were invalid, the default style would remain.
            if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
            }
            bar
        });
        Self {
            bar,
            lines: !terminal && !quiet,
        }
    }

    /// Updates the bar with `done` of `total` and a message, which is only computed for a bar.
    pub(super) fn show(&self, done: u64, total: u64, message: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_length(total.max(1));
            bar.set_position(done);
            bar.set_message(printable(&message()).into_owned());
        }
    }

    /// Prints a line if there is no bar.
    pub(super) fn line(&self, line: impl FnOnce() -> String) {
        if self.lines {
            print_error(&line());
        }
    }

    /// Prints a message, above the bar if there is one.
    pub(super) fn note(&self, message: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print_error(message)),
            None => print_error(message),
        }
    }

    /// Removes the bar.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Returns the message of the bar for a download.
pub(super) fn message(now: &DownloadSnapshot) -> String {
    if let Some(outage) = &now.outage {
        return format!("{outage}: {}", outage.reason);
    }
    let done = size::si(now.done);
    let (alive, asked) = (now.open_connections(), now.target_connections);
    let Some(len) = now.len else {
        return format!("connecting to the server, {alive}/{asked} connections");
    };
    let len = size::si(len);
    if now.state == DownloadState::Verifying {
        return format!("{done} of {len}, verifying");
    }
    let left = now.time_left.map_or_else(String::new, |left| {
        format!(", {} left", format::estimate(left.as_secs_f64()))
    });
    let rate = format::rate(now.rate);
    format!("{done} of {len}, {rate}{left}, {alive}/{asked} connections")
}
