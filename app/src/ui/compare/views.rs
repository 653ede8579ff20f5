//! What the plot shows: one tab each.

mod boxes;
mod curves;
mod lanes;
mod over_time;

use std::collections::BTreeSet;

use eframe::egui::{Align, Button, ComboBox, Layout, Response, Role, Ui, Vec2, WidgetInfo, vec2};

use super::axis::Scale;
use super::chart::{Zoom, ZoomRequest};
use super::series::Series;
use crate::lab::measure::Measure;
use crate::lab::{Experiment, ExperimentState, Run, Variable};
use crate::ui::tokens::{CONTROL, STEP};
use crate::ui::widgets::controls;

/// Below this width the tabs stand closer.
const NARROW: f32 = 800.0;

/// What the plot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// What the completion times are, as one of several measures.
    Curves(Measure),
    /// How the completion times spread.
    Boxes,
    /// How fast bytes came from the beginning to the end.
    OverTime,
    /// What each connection of one run did.
    Lanes,
}

impl View {
    /// All of them, in the order of the tabs.
    fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Boxes, Self::OverTime, Self::Lanes];
        Measure::ALL.into_iter().map(Self::Curves).chain(others)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Curves(Measure::Time) => "Time",
            Self::Curves(Measure::Throughput) => "Throughput",
            Self::Curves(Measure::SpeedUp) => "Speed-up",
            Self::Curves(Measure::Efficiency) => "Efficiency",
            Self::Boxes => "Box plots",
            Self::OverTime => "Over time",
            Self::Lanes => "Lanes",
        }
    }

    fn fits(self, variable: &Variable) -> bool {
        match self {
            Self::Curves(measure) => measure.fits(variable),
            _ => true,
        }
    }

    /// The measure that stands for it in an exported picture.
    pub(super) fn measure(self) -> Measure {
        match self {
            Self::Curves(measure) => measure,
            Self::Boxes | Self::OverTime | Self::Lanes => Measure::Time,
        }
    }

    /// Whether what is varied stands along the horizontal axis.
    fn has_scale(self) -> bool {
        matches!(self, Self::Curves(_) | Self::Boxes)
    }
}

/// What was chosen for the plot.
pub(super) struct PlotSettings {
    /// The tab.
    pub view: View,
    /// How the values stand.
    pub scale: Scale,
    /// Into what somebody has zoomed.
    pub zoom: Zoom,
    /// Which entries of the legend are switched off.
    pub hidden: BTreeSet<String>,
    /// Which of the experiments is looked at where only one can be.
    pub focus: usize,
    /// The place of the run that is looked at, of those of that experiment; the best one where none
    /// is chosen.
    pub run: Option<u32>,
}

impl PlotSettings {
    /// What a new experiment is shown as.
    pub(super) fn new() -> Self {
        Self {
            view: View::Curves(Measure::Time),
            scale: Scale::default(),
            zoom: Zoom::default(),
            hidden: BTreeSet::new(),
            focus: 0,
            run: None,
        }
    }

    /// Other experiments are shown: what was chosen in the old ones says nothing of these.
    pub(super) fn begin(&mut self) {
        self.zoom.reset();
        self.focus = 0;
        self.run = None;
    }
}

/// The tabs, and what can be chosen beside them.
pub(super) fn tabs_ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>]) {
    let Some(first) = shown.first() else {
        return;
    };
    let variable = &first.experiment.plan.variable;
    if !choice.view.fits(variable) {
        choice.view = View::Curves(Measure::Time);
    }
    ui.horizontal(|ui| {
        if ui.available_width() < NARROW {
            ui.spacing_mut().button_padding.x = STEP;
        }
        let tabs = View::all().filter(|view| view.fits(variable)).map(|view| {
            let name = format!("View {}", view.name().to_lowercase());
            (view, view.name().to_owned(), name)
        });
        if controls::chips(ui, &mut choice.view, tabs) {
            choice.zoom.reset();
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = STEP / 2.0;
            zoom_ui(ui, &mut choice.zoom);
            if choice.view.has_scale() && !matches!(variable, Variable::Link(_)) {
                scale_ui(ui, choice);
            }
        });
    });
}

fn zoom_ui(ui: &mut Ui, zoom: &mut Zoom) {
    let reset = little_button(ui, "1:1", "Reset the zoom", zoom.is_in());
    if reset.clicked() {
        zoom.reset();
    }
    for (words, name, request) in [
        ("+", "Zoom in", ZoomRequest::In),
        ("−", "Zoom out", ZoomRequest::Out),
    ] {
        let enabled = request == ZoomRequest::In || zoom.is_in();
        if little_button(ui, words, name, enabled).clicked() {
            zoom.request(request);
        }
    }
}

/// A small button: `words` is seen, `name` is heard.
fn little_button(ui: &mut Ui, words: &str, name: &str, enabled: bool) -> Response {
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            ui.spacing_mut().button_padding = vec2(4.0, 4.0);
            ui.add_sized(vec2(CONTROL, CONTROL), Button::new(words))
        })
        .inner;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    response.on_hover_text(name)
}

fn scale_ui(ui: &mut Ui, choice: &mut PlotSettings) {
    let before = choice.scale;
    let list = ComboBox::from_id_salt("scale")
        .width(72.0)
        .selected_text(choice.scale.name())
        .show_ui(ui, |ui| {
            for scale in Scale::ALL {
                ui.selectable_value(&mut choice.scale, scale, scale.name());
            }
        });
    let name = "Scale of the horizontal axis";
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(choice.scale.name().to_owned());
        info
    });
    list.response.on_hover_text(name);
    if choice.scale != before {
        choice.zoom.reset();
    }
}

/// The plot of the chosen view.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    choice.focus = choice.focus.min(shown.len().saturating_sub(1));
    match choice.view {
        View::Curves(measure) => curves::ui(ui, choice, shown, measure, size),
        View::Boxes => boxes::ui(ui, choice, shown, size),
        View::OverTime => over_time::ui(ui, choice, shown, size),
        View::Lanes => lanes::ui(ui, choice, shown, size),
    }
}

/// The list of the experiments that are shown, where there are several and one must be chosen.
fn focus_ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>]) {
    if shown.len() < 2 {
        return;
    }
    let before = choice.focus;
    let list = ComboBox::from_id_salt("focus")
        .width(160.0)
        .truncate()
        .selected_text(shown[choice.focus].name.as_str())
        .show_ui(ui, |ui| {
            for one in shown {
                ui.selectable_value(&mut choice.focus, one.place, one.name.as_str());
            }
        });
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Experiment that is looked at");
        info.current_text_value = Some(shown[choice.focus].name.clone());
        info
    });
    if choice.focus != before {
        choice.run = None;
        choice.zoom.reset();
    }
}

/// Of the runs of a value that kept a trace, the one whose time lies nearest to the median.
fn typical_run(experiment: &Experiment, value: u64) -> Option<&Run> {
    let summary = experiment.summaries.iter().find(|one| one.value == value)?;
    let runs = experiment
        .runs
        .iter()
        .filter(|run| run.value == value && is_traced(run));
    let distance = |run: &&Run| (run.seconds - summary.median_secs).abs();
    runs.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn is_traced(run: &Run) -> bool {
    run.is_good()
        && run
            .trace
            .as_ref()
            .is_some_and(|trace| trace.micros.len() > 1)
}

/// The value that is being run, if one is.
fn current(experiment: &Experiment) -> Option<u64> {
    match experiment.state {
        ExperimentState::Running(value) => value,
        _ => None,
    }
}
