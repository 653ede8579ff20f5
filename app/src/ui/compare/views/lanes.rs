//! The connections of one run over time, one row each.
//!
//! A thin line marks connecting and waiting; then the height of the row shows the rate. A cross
//! marks a lost connection that reconnects.

use eframe::egui::{ComboBox, Role, Ui, Vec2, WidgetInfo, vec2};
use egui_plot::{
    FilledArea, HoverPosition, Line, LineStyle, MarkerShape, PlotPoint, PlotPoints, PlotUi, Points,
};

use super::super::legend::{self, Entry, Mark};
use super::{PlotSettings, focus_ui, is_traced, run_replay, typical_run};
use crate::lab::report::{format as lab_format, label};
use crate::lab::run::trace::{Activity, ConnectionTrace};
use crate::lab::{Experiment, Run, Trace};
use crate::ui::compare::series::Series;
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::chart::{AxisTicks, Chart};
use crate::ui::widgets::controls;
use crate::ui::widgets::ticks::{Tick, Unit};

/// Share of the row that the fastest connection fills.
const FULL: f64 = 0.84;

/// Draws the rows of a run and the list of runs.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    let before = ui.cursor().top();
    let chosen = ui.horizontal(|ui| {
        focus_ui(ui, choice, shown);
        let experiment = shown.get(choice.focus)?.experiment;
        let (run, trace) = run_ui(ui, choice, experiment)?;
        choice.replay.button_ui(ui, run);
        Some((experiment, run, trace))
    });
    let Some((experiment, run, trace)) = chosen.inner else {
        let words = "Available after the first run";
        ui.label(controls::small(ui, words));
        return;
    };
    if choice.replay.is_open {
        let height = size.y - (ui.cursor().top() - before);
        let shown = (choice.focus, experiment);
        choice.replay.ui(ui, shown, run, height);
        return;
    }
    let palette = Palette::of(ui);
    let entries = [
        Entry::new(Mark::ConnectionsLimit, "connecting or waiting"),
        Entry::new(Mark::Area(palette.lane(1)), "receiving (height: rate)"),
    ];
    legend::ui(ui, "Connections over time", &entries, &mut choice.hidden);
    let height = size.y - (ui.cursor().top() - before);
    let count = trace.connections.len();
    let chart = Chart {
        id: "lanes",
        size: vec2(size.x, height),
        x: 0.0..=(run.seconds * 1.02).max(1e-3),
        // The first connection is at the top.
        y: -(count as f64)..=0.1,
        x_ticks: AxisTicks::Numeric(Unit::Seconds),
        y_ticks: AxisTicks::Fixed(&rows(count)),
        label: "time since the start",
        spoken: spoken(run, trace),
    };
    let PlotSettings { zoom, hidden, .. } = choice;
    chart.show(
        ui,
        zoom,
        |at| read(at, trace),
        |plot| {
            let fastest = fastest(trace);
            for (index, one) in trace.connections.iter().enumerate() {
                if !hidden.contains("connecting or waiting") {
                    paint_waiting(plot, index, one, trace, palette);
                }
                if !hidden.contains("receiving (height: rate)") {
                    paint_receiving(plot, index, one, trace, fastest, palette);
                }
            }
        },
    );
}

/// Draws the list of runs; returns the selected one with its trace.
fn run_ui<'a>(
    ui: &mut Ui,
    choice: &mut PlotSettings,
    experiment: &'a Experiment,
) -> Option<(&'a Run, &'a Trace)> {
    let runs = || experiment.runs.iter().filter(|run| is_traced(run));
    let chosen = choice
        .run
        .and_then(|place| runs().find(|run| run.place == place));
    let best = || {
        experiment
            .best()
            .and_then(|best| typical_run(experiment, best.value))
    };
    let run = chosen.or_else(best).or_else(|| runs().next_back())?;
    let named = |run: &Run| {
        let value = label::with_unit(&experiment.plan.sweep, run.value);
        format!(
            "{value}, round {}: {}",
            run.round,
            lab_format::time(run.seconds)
        )
    };
    // The button of the replay stands beside it.
    let room = ui.available_width() - run_replay::BUTTON - 16.0;
    let list = ComboBox::from_id_salt("run")
        .width(room.clamp(120.0, 280.0))
        .truncate()
        .selected_text(named(run))
        .show_ui(ui, |ui| {
            for value in experiment.plan.sweep.values() {
                for other in runs().filter(|other| other.value == value) {
                    let is_chosen = other.place == run.place;
                    if ui.selectable_label(is_chosen, named(other)).clicked() {
                        choice.run = Some(other.place);
                        choice.zoom.reset();
                    }
                }
            }
        });
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Selected run");
        info.current_text_value = Some(named(run));
        info
    });
    Some((run, run.trace.as_deref()?))
}

/// Returns the labels of the rows, fewer if there are many rows.
fn rows(count: usize) -> Vec<Tick> {
    let step = match count {
        0..=16 => 1,
        17..=32 => 2,
        _ => 5,
    };
    let numbers = (1..=count).filter(|number| step == 1 || *number == 1 || number % step == 0);
    numbers
        .map(|number| (0.5 - number as f64, number.to_string()))
        .collect()
}

/// Returns the highest rate of any connection, in bytes per second.
fn fastest(trace: &Trace) -> f64 {
    let rates = trace
        .connections
        .iter()
        .flat_map(|one| trace.rates(&one.bytes));
    rates.map(|(.., rate)| rate).fold(1.0, f64::max)
}

fn paint_waiting(
    plot: &mut PlotUi<'_>,
    index: usize,
    one: &ConnectionTrace,
    trace: &Trace,
    palette: &Palette,
) {
    let row = -(index as f64) - 1.0 + 0.06;
    let end = trace.seconds().last().unwrap_or(0.0);
    let first_byte = one
        .first_byte_micros
        .map_or(end, |micros| micros as f64 / 1e6);
    let line = |from, to, colour, style| {
        let points = PlotPoints::from(vec![[from, row], [to, row]]);
        let line = Line::new("", points).color(colour).width(1.5).style(style);
        line.allow_hover(false)
    };
    plot.line(line(
        0.0,
        first_byte,
        palette.weak,
        LineStyle::Dotted { spacing: 4.0 },
    ));
    let lost: Vec<[f64; 2]> = trace
        .seconds()
        .zip(one.doing())
        .filter(|(_, doing)| *doing == Activity::Retrying)
        .map(|(secs, _)| [secs, row + 0.3])
        .collect();
    let lost = Points::new("", PlotPoints::from(lost)).shape(MarkerShape::Cross);
    plot.points(lost.radius(4.0).color(palette.bad).allow_hover(false));
}

fn paint_receiving(
    plot: &mut PlotUi<'_>,
    index: usize,
    one: &ConnectionTrace,
    trace: &Trace,
    fastest: f64,
    palette: &Palette,
) {
    let row = -(index as f64) - 1.0 + 0.06;
    let (mut at, mut high) = (Vec::new(), Vec::new());
    for (from, to, rate) in pieces(one, trace) {
        at.extend([from, to]);
        high.extend([row + rate / fastest * FULL; 2]);
    }
    let low = vec![row; at.len()];
    if !at.is_empty() {
        let colour = palette.lane(index as u16 + 1);
        plot.add(
            FilledArea::new("", &at, &low, &high)
                .fill_color(colour)
                .allow_hover(false),
        );
    }
}

/// Returns start, end and rate of each interval from the first byte on. Bytes before the first
/// sample arrived after the first byte.
fn pieces(one: &ConnectionTrace, trace: &Trace) -> Vec<(f64, f64, f64)> {
    let Some(first) = one.first_byte_micros.map(|micros| micros as f64 / 1e6) else {
        return Vec::new();
    };
    let before = trace.seconds().zip(&one.bytes).next();
    let before = before.map(|(secs, bytes)| {
        let rate = *bytes as f64 / (secs - first).max(1e-3);
        (first.min(secs), secs, rate)
    });
    let all = before.into_iter().chain(trace.rates(&one.bytes));
    let pieces = all.filter(|(_, to, _)| *to > first);
    pieces
        .map(|(from, to, rate)| (from.max(first), to, rate))
        .collect()
}

/// Returns the tooltip at a position.
fn read(at: &HoverPosition<'_>, trace: &Trace) -> Option<String> {
    let PlotPoint { x, y } = match at {
        HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position } => {
            *position
        }
    };
    if x < 0.0 || y > 0.0 {
        return None;
    }
    let index = (-y).floor() as usize;
    let one = trace.connections.get(index)?;
    let moment = trace.seconds().position(|secs| secs >= x)?;
    let doing = match one.doing().nth(moment)? {
        Activity::NotStarted => "not started",
        Activity::Connecting => "connecting",
        Activity::Waiting => "waiting",
        Activity::Receiving => "receiving",
        Activity::Retrying => "lost, reconnecting",
        Activity::Done => "done",
    };
    let rate = pieces(one, trace)
        .into_iter()
        .find(|(from, to, _)| (*from..=*to).contains(&x));
    let rate = rate.map_or_else(String::new, |(.., rate)| {
        format!(", {}", format::rate(rate))
    });
    let bytes = format::size(*one.bytes.get(moment)?);
    let steals = match one.steals {
        0 => String::new(),
        steals => format!("\nsteals: {steals}"),
    };
    let number = index + 1;
    let time = lab_format::time(x);
    Some(format!(
        "connection {number} after {time}\n{doing}{rate}\n{bytes} so far{steals}"
    ))
}

/// Describes the plot for screen readers.
fn spoken(run: &Run, trace: &Trace) -> String {
    let retries: u32 = trace.connections.iter().map(|one| one.retries).sum();
    format!(
        "Time lines of {} connections over {}, {retries} reconnects",
        trace.connections.len(),
        lab_format::time(run.seconds)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        Trace {
            micros: vec![50_000, 100_000, 150_000],
            done: vec![1000, 6000, 6000],
            connections: vec![
                ConnectionTrace {
                    first_byte_micros: Some(30_000),
                    bytes: vec![1000, 6000, 6000],
                    doing: "rrd".to_owned(),
                    ..ConnectionTrace::default()
                },
                ConnectionTrace {
                    bytes: vec![0, 0, 0],
                    doing: "cww".to_owned(),
                    ..ConnectionTrace::default()
                },
            ],
        }
    }

    #[test]
    fn a_row_starts_at_its_first_byte() {
        let trace = trace();
        let pieces = pieces(&trace.connections[0], &trace);
        assert_eq!(pieces.len(), 3);
        assert!((pieces[0].0 - 0.03).abs() < 1e-9);
        assert!((pieces[0].2 - 50_000.0).abs() < 1e-3 && (pieces[1].2 - 100_000.0).abs() < 1e-3);
        assert!(super::pieces(&trace.connections[1], &trace).is_empty());
    }

    #[test]
    fn the_tooltip_describes_the_connection() {
        let trace = trace();
        let at = |x, y| HoverPosition::Elsewhere {
            position: PlotPoint { x, y },
        };
        let words = read(&at(0.08, -0.5), &trace).unwrap();
        assert!(words.contains("connection 1 after 80.0 ms"), "{words}");
        assert!(words.contains("receiving, 100 kB/s"), "{words}");
        let words = read(&at(0.08, -1.5), &trace).unwrap();
        assert!(
            words.contains("connection 2") && words.contains("waiting"),
            "{words}"
        );
        assert_eq!(read(&at(0.08, -2.5), &trace), None);
        assert_eq!(read(&at(0.08, 0.05), &trace), None);
    }

    #[test]
    fn many_rows_have_fewer_labels() {
        assert_eq!(rows(10).len(), 10);
        assert_eq!(rows(50).len(), 11);
        assert_eq!(rows(2)[0], (-0.5, "1".to_owned()));
    }
}
