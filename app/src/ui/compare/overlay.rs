//! What the model of the link says, drawn under what was measured: the foreseen times, the limits in
//! closed form, and the knee where one limit gives way to the other.

use eframe::egui::Align2;
use eframe::egui::RichText;
use egui_plot::{FilledArea, Line, LineStyle, PlotPoint, PlotPoints, PlotUi, Text, VLine};
use lanes_shared::link::{Link, regime};

use super::legend::Mark;
use crate::lab::{Experiment, Variable};
use crate::ui::tokens::Palette;

/// What is drawn. Positions are 0, 1, 2 … in the order of the values.
#[derive(Default)]
pub(super) struct Overlay {
    /// Median of the foreseen times.
    predicted: Vec<[f64; 2]>,
    /// One foreseen time of ten is below this.
    low: Vec<f64>,
    /// One foreseen time of ten is above this.
    high: Vec<f64>,
    /// Size ÷ rate: no number of connections is faster.
    link_line: Vec<[f64; 2]>,
    /// Size ÷ (N · what one connection brings): as if there were no other limit.
    connections_line: Vec<[f64; 2]>,
    /// Where the link begins to be full: the position and the number of connections.
    knee: Option<(f64, usize)>,
}

impl Overlay {
    /// What the model says of an experiment, as far as it is known.
    pub(super) fn new(experiment: &Experiment) -> Self {
        let values = experiment.plan.variable.values();
        let mut overlay = Self::default();
        for one in &experiment.predictions {
            if let Some(at) = values.iter().position(|value| *value == one.value) {
                overlay.predicted.push([at as f64, one.median_secs]);
                overlay.low.push(one.low_secs);
                overlay.high.push(one.high_secs);
            }
        }
        if let Some(link) = experiment.plan.link() {
            overlay.add_limits(experiment, &link, &values);
        }
        overlay
    }

    fn add_limits(&mut self, experiment: &Experiment, link: &Link, values: &[u64]) {
        let fixed = usize::from(experiment.plan.connections);
        match (&experiment.plan.variable, experiment.len) {
            (Variable::Connections(_), Some(len)) => {
                self.link_line = link_line(link, values.iter().map(|_| len));
                self.connections_line = connections_line(link, len, values);
                self.knee = regime::knee(link)
                    .and_then(|knee| Some((position(values, knee as u64)?, knee)))
                    // At the first value the link is full from the start: nothing bends there.
                    .filter(|(at, _)| *at > 0.0);
            }
            (Variable::FileSize(_), _) => {
                self.link_line = link_line(link, values.iter().copied());
                let time = |(at, len): (usize, &u64)| {
                    let secs = regime::connections_line_secs(link, *len, fixed)?;
                    Some([at as f64, secs])
                };
                self.connections_line = values.iter().enumerate().filter_map(time).collect();
            }
            _ => {}
        }
        // Far below the link's own limit, that of the connections is none.
        let first = |line: &[[f64; 2]]| line.first().map(|point| point[1]);
        if let (Some(link), Some(connections)) =
            (first(&self.link_line), first(&self.connections_line))
            && connections < link
        {
            self.connections_line.clear();
        }
    }

    /// The highest of the foreseen times.
    pub(super) fn top(&self) -> f64 {
        self.high.iter().copied().fold(0.0, f64::max)
    }

    /// The foreseen medians.
    pub(super) fn predicted(&self) -> &[[f64; 2]] {
        &self.predicted
    }

    /// What the legend names: only what is drawn.
    pub(super) fn legend(&self) -> Vec<(Mark, &'static str)> {
        [
            (!self.predicted.is_empty(), Mark::Predicted, "predicted"),
            (
                !self.link_line.is_empty(),
                Mark::LinkLimit,
                "limit of the link",
            ),
            (
                !self.connections_line.is_empty(),
                Mark::ConnectionsLimit,
                "N × one connection",
            ),
            (self.knee.is_some(), Mark::Knee, "knee"),
        ]
        .into_iter()
        .filter_map(|(is_drawn, mark, words)| is_drawn.then_some((mark, words)))
        .collect()
    }

    /// Draws it. `top` is the upper end of the axis of times.
    pub(super) fn paint(&self, plot: &mut PlotUi<'_>, palette: &Palette, top: f64) {
        if self.predicted.len() > 1 {
            let places: Vec<f64> = self.predicted.iter().map(|point| point[0]).collect();
            let band = FilledArea::new("", &places, &self.low, &self.high)
                .fill_color(palette.foreseen.gamma_multiply(0.16));
            plot.add(band.allow_hover(false));
        }
        let limit = |points: &Vec<[f64; 2]>, mark: Mark| {
            Line::new("", PlotPoints::from(points.clone()))
                .color(palette.weak)
                .width(1.5)
                .style(mark.style())
                .allow_hover(false)
        };
        plot.line(limit(&self.link_line, Mark::LinkLimit));
        plot.line(limit(&self.connections_line, Mark::ConnectionsLimit));
        if let Some((at, connections)) = self.knee {
            let line = VLine::new("", at)
                .color(palette.warn)
                .width(1.5)
                .style(Mark::Knee.style());
            plot.vline(line.allow_hover(false));
            let words = RichText::new(format!(" knee: {connections}")).small();
            let text = Text::new("", PlotPoint::new(at, top), words)
                .color(palette.warn)
                .anchor(Align2::LEFT_TOP);
            plot.text(text.allow_hover(false));
        }
        // So wide that it is still seen where what was measured lies on it.
        let predicted = Line::new("predicted", PlotPoints::from(self.predicted.clone()))
            .color(palette.foreseen.gamma_multiply(0.6))
            .width(Mark::PREDICTED_WIDTH)
            .style(Mark::Predicted.style());
        plot.line(predicted);
    }
}

impl Mark {
    /// Width of the line of what is foreseen.
    pub(super) const PREDICTED_WIDTH: f32 = 5.0;

    /// How a line of the model is broken. Nothing of it is ever drawn whole: that is for what was
    /// measured.
    pub(super) fn style(self) -> LineStyle {
        match self {
            Self::Run | Self::Median => LineStyle::Solid,
            Self::Predicted => LineStyle::Dashed { length: 10.0 },
            Self::LinkLimit => LineStyle::Dashed { length: 3.0 },
            Self::ConnectionsLimit => LineStyle::Dotted { spacing: 5.0 },
            Self::Knee => LineStyle::Dashed { length: 5.0 },
        }
    }
}

/// Size ÷ rate for each length.
fn link_line(link: &Link, lens: impl Iterator<Item = u64>) -> Vec<[f64; 2]> {
    lens.enumerate()
        .filter_map(|(at, len)| Some([at as f64, regime::link_line_secs(link, len)?]))
        .collect()
}

/// How many pieces the curve between two values is drawn in.
const PIECES: u32 = 12;

/// Size ÷ (N · r) from the first value to the last: between two of them it is a curve.
fn connections_line(link: &Link, len: u64, values: &[u64]) -> Vec<[f64; 2]> {
    let Some(of_one) = regime::connections_line_secs(link, len, 1) else {
        return Vec::new();
    };
    // A server takes only so many.
    let most = link.max_connections().map_or(f64::INFINITY, f64::from);
    let point = |place: f64, n: f64| [place, of_one / n.min(most)];
    let mut line: Vec<[f64; 2]> = Vec::new();
    for (at, pair) in values.windows(2).enumerate() {
        let (from, to) = (pair[0] as f64, pair[1] as f64);
        line.extend((0..PIECES).map(|piece| {
            let share = f64::from(piece) / f64::from(PIECES);
            point(at as f64 + share, from + share * (to - from))
        }));
    }
    let last = values.last().map(|last| (values.len() - 1, *last as f64));
    line.extend(last.map(|(at, last)| point(at as f64, last)));
    line
}

/// Where a number stands among values that stand evenly spaced: between its neighbours in
/// proportion. `None` outside of them, and where they do not rise.
fn position(values: &[u64], number: u64) -> Option<f64> {
    if let Some(at) = values.iter().position(|value| *value == number) {
        return Some(at as f64);
    }
    if !values.is_sorted() {
        return None;
    }
    let at = values
        .windows(2)
        .position(|pair| (pair[0]..pair[1]).contains(&number))?;
    let (low, high) = (values[at] as f64, values[at + 1] as f64);
    Some(at as f64 + (number as f64 - low) / (high - low))
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;
    use crate::engine::Mode;
    use crate::lab::{Plan, Predicted};

    fn experiment(link: &str, variable: Variable) -> Experiment {
        let plan = Plan {
            source: "lanes://server.example/Data.jpg".parse().unwrap(),
            mode: Mode::Parallel,
            variable,
            connections: 4,
            packet_len: 1024,
            link: named(link).ok(),
            rounds: 3,
            seed: 1,
        };
        let mut experiment = Experiment::new(plan);
        experiment.len = Some(1_000_000);
        experiment
    }

    fn counts() -> Variable {
        Variable::Connections(vec![1, 5, 10, 20, 50])
    }

    #[test]
    fn a_number_stands_between_its_neighbours() {
        let values = [1, 5, 10, 20, 50];
        assert_eq!(position(&values, 1), Some(0.0));
        assert_eq!(position(&values, 50), Some(4.0));
        assert_eq!(position(&values, 3), Some(0.5));
        assert_eq!(position(&values, 35), Some(3.5));
        assert_eq!((position(&values, 0), position(&values, 51)), (None, None));
        assert_eq!(position(&[50, 1], 20), None);
        assert_eq!(position(&[50, 1], 1), Some(1.0));
    }

    #[test]
    fn the_limits_cross_at_the_knee() {
        let overlay = Overlay::new(&experiment("throttled-mirror", counts()));
        let (at, knee) = overlay.knee.unwrap();
        assert_eq!(knee, 25);
        assert!((at - (3.0 + 5.0 / 30.0)).abs() < 1e-9);
        // 1 MB at 2 Mbit/s, and at 50 Mbit/s less the headers.
        assert!((overlay.connections_line[0][1] - 4.0).abs() < 1e-9);
        let full = 8.0 / 50.0 * 1500.0 / 1448.0;
        assert!(
            overlay
                .link_line
                .iter()
                .all(|point| (point[1] - full).abs() < 1e-9)
        );
        let beyond = |point: &&[f64; 2]| point[1] <= full;
        let crossing = overlay.connections_line.iter().find(beyond).unwrap()[0];
        assert!(
            (crossing - at).abs() < 1.0 / f64::from(PIECES),
            "{crossing}"
        );
        let ends = [0, overlay.connections_line.len() - 1];
        let [first, last] = ends.map(|at| overlay.connections_line[at]);
        assert!((first[1] / last[1] - 50.0).abs() < 1e-9 && last[0] == 4.0);
    }

    #[test]
    fn a_link_that_one_connection_fills_has_no_knee() {
        let overlay = Overlay::new(&experiment("clean-cable", counts()));
        assert_eq!(overlay.knee, None);
        assert!(overlay.connections_line.is_empty() && !overlay.link_line.is_empty());
        let names = |overlay: &Overlay| {
            let legend = overlay.legend().into_iter();
            legend.map(|(_, words)| words).collect::<Vec<_>>()
        };
        assert_eq!(names(&overlay), ["limit of the link"]);
        let open = Overlay::new(&experiment("open-loopback", counts()));
        assert!(names(&open).is_empty());
        let mut full = experiment("throttled-mirror", counts());
        full.predictions = vec![Predicted {
            value: 5,
            median_secs: 0.9,
            low_secs: 0.8,
            high_secs: 1.1,
            limit: String::new(),
        }];
        let full = Overlay::new(&full);
        assert_eq!(
            names(&full),
            [
                "predicted",
                "limit of the link",
                "N × one connection",
                "knee"
            ]
        );
        assert_eq!((full.predicted(), full.top()), (&[[1.0, 0.9]][..], 1.1));
    }

    #[test]
    fn each_file_has_its_own_limit_and_packets_have_none() {
        let files = Variable::FileSize(vec![1_000_000, 2_000_000]);
        let overlay = Overlay::new(&experiment("throttled-mirror", files));
        assert!((overlay.link_line[1][1] / overlay.link_line[0][1] - 2.0).abs() < 1e-9);
        // Four connections of 2 Mbit/s.
        assert!((overlay.connections_line[1][1] - 2.0).abs() < 1e-9);
        assert_eq!(overlay.knee, None);
        let packets = Variable::PacketLen(vec![128, 1024]);
        let overlay = Overlay::new(&experiment("throttled-mirror", packets));
        assert!(overlay.link_line.is_empty() && overlay.connections_line.is_empty());
    }
}
