//! How a command is getting on: a bar where somebody looks at a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lanes_shared::size;

use super::terminal::{printable, say};
use crate::engine::{DownloadSnapshot, DownloadState};
use crate::lab::report::format;

/// A bar on the standard error, if that is a terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    /// A bar on a terminal and lines elsewhere; with `quiet` nothing at all.
    pub(super) fn new(quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            // A template that cannot be read leaves the plain bar.
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

    /// Shows that `done` of `total` is done, and some words, which are made up only where somebody looks.
    pub(super) fn show(&self, done: u64, total: u64, words: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_length(total.max(1));
            bar.set_position(done);
            bar.set_message(printable(&words()).into_owned());
        }
    }

    /// Says a line where there is no bar to say it.
    pub(super) fn line(&self, words: impl FnOnce() -> String) {
        if self.lines {
            say(&words());
        }
    }

    /// Says something that nobody should miss, above the bar where there is one.
    pub(super) fn note(&self, words: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(words)),
            None => say(words),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How a download is getting on, for the end of a bar.
pub(super) fn in_words(now: &DownloadSnapshot) -> String {
    let done = size::si(now.done);
    let (alive, asked) = (now.alive(), now.asked);
    let Some(len) = now.len else {
        return format!("connecting to the server, {alive}/{asked} connections");
    };
    let len = size::si(len);
    if now.state == DownloadState::Checking {
        return format!("{done} of {len}, checking");
    }
    let left = now.left.map_or_else(String::new, |left| {
        format!(", {} left", format::estimate(left.as_secs_f64()))
    });
    let rate = format::rate(now.rate);
    format!("{done} of {len}, {rate}{left}, {alive}/{asked} connections")
}
