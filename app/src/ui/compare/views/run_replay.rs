//! The replay of one run: its map and its plots, at the time of a playhead.

use std::path::PathBuf;
use std::time::SystemTime;

use eframe::egui::{Label, Ui, vec2};

use crate::lab::{Experiment, Run};
use crate::ui::format;
use crate::ui::replay::{Moment, Replay, bar};
use crate::ui::widgets::arrivals::arrivals;
use crate::ui::widgets::controls;
use crate::ui::widgets::rate_chart::rate_chart;
use crate::ui::widgets::segment_map::segment_map;
use crate::ui::widgets::time_lines::time_lines;
use lanes_engine::{DownloadId, DownloadSnapshot};

/// Width of the button that opens the replay.
pub(super) const BUTTON: f32 = 128.0;

/// A plot of the replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Plot {
    #[default]
    TimeLines,
    Rate,
    Packets,
}

impl Plot {
    const ALL: [(Self, &str); 3] = [
        (Self::TimeLines, "Time lines"),
        (Self::Rate, "Stacked rate"),
        (Self::Packets, "Packets"),
    ];
}

/// Key of a run: the start of its experiment, the index of the experiment, and the position of the run.
type RunKey = (u64, usize, u32);

/// The replay of the selected run.
#[derive(Default)]
pub(in crate::ui::compare) struct RunReplay {
    /// It is shown instead of the plot of the run.
    pub is_open: bool,
    plot: Plot,
    replay: Replay<RunKey>,
    /// The run as a download, or why it cannot be replayed.
    decoded: Option<(RunKey, Result<Box<DownloadSnapshot>, String>)>,
}

impl RunReplay {
    /// Draws the button that opens and closes the replay of a run that has one.
    pub(super) fn button_ui(&mut self, ui: &mut Ui, run: &Run) {
        if run.recording.is_none() {
            self.is_open = false;
        } else if controls::toggle(ui, self.is_open, "Replay this run", BUTTON).clicked() {
            self.is_open = !self.is_open;
        }
    }

    /// Draws the replay in the available width and this height.
    pub(super) fn ui(&mut self, ui: &mut Ui, shown: (usize, &Experiment), run: &Run, height: f32) {
        let (index, experiment) = shown;
        let key = (experiment.made_secs, index, run.place);
        if self.decoded.as_ref().is_none_or(|(of, _)| *of != key) {
            self.decoded = Some((key, decode(experiment, run)));
        }
        let download = match &self.decoded {
            Some((_, Ok(download))) => download,
            Some((_, Err(words))) => {
                ui.label(controls::small(ui, words.as_str()));
                return;
            }
            None => return,
        };
        let playhead = self.replay.of(key);
        let room = vec2(ui.available_width(), height);
        ui.allocate_ui(room, |ui| {
            ui.set_min_size(room);
            ui.spacing_mut().item_spacing.y = 6.0;
            let replayed = playhead.at().map(|at| download.at(at));
            let moment = Moment {
                now: replayed.as_ref().unwrap_or(download),
                whole: &download.timeline,
            };
            segment_map(ui, moment.now);
            bar::ui(ui, playhead, moment.whole);
            ui.horizontal(|ui| {
                let plots = Plot::ALL.map(|(plot, name)| (plot, name.to_owned(), name.to_owned()));
                controls::chips(ui, &mut self.plot, plots);
                ui.add(Label::new(summary(moment.now)).truncate());
            });
            let pressed = match self.plot {
                Plot::TimeLines => time_lines(ui, moment),
                Plot::Rate => rate_chart(ui, moment, true),
                Plot::Packets => arrivals(ui, moment),
            };
            if let Some(at) = pressed {
                playhead.seek(at, moment.whole.until);
            }
        });
    }
}

/// Returns the run as a download that has finished.
fn decode(experiment: &Experiment, run: &Run) -> Result<Box<DownloadSnapshot>, String> {
    let recording = match run.replay() {
        Some(Ok(recording)) => recording,
        Some(Err(error)) => {
            return Err(format!("The recording of this run cannot be read: {error}"));
        }
        None => return Err("This run has no recording".to_owned()),
    };
    let request = experiment.plan.request(run.value, PathBuf::new());
    // The id only tells the scroll areas of the widgets apart.
    let id = DownloadId(u64::MAX - u64::from(run.place));
    let mut download = DownloadSnapshot::requested(id, &request, SystemTime::UNIX_EPOCH);
    recording.finish(&mut download);
    Ok(Box::new(download))
}

/// Describes the state at the time of the playhead.
fn summary(now: &DownloadSnapshot) -> String {
    let done = format::size(now.done);
    let all = now
        .len
        .map_or_else(|| format::NONE.to_owned(), format::size);
    let rate = match now.rate {
        rate if rate >= 1.0 => format!(" · {}", format::rate(rate)),
        _ => String::new(),
    };
    format!("{} · {done} of {all}{rate}", format::time(now.elapsed))
}
