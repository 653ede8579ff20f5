//! The heading of a plot: its title and its legend.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{HTTP3, Plot, RUNS};
use crate::lab::export::canvas::{Area, Drawn, SIZE};
use crate::lab::report::http3::HTTP3_NAME;

/// The mark of a legend entry.
enum Mark {
    Run,
    Median(usize),
    Predicted,
    Limit,
    Http3,
}

impl Plot<'_> {
    /// Draws the title and the legend above the plot, where they cannot hide a run.
    pub(super) fn draw_heading<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        let parameter = self
            .experiments
            .first()
            .map_or("", |one| one.plan.sweep.label());
        let subject = match &self.caption.title[..] {
            "" => self.file(),
            title => title.to_owned(),
        };
        let title = format!("{subject}: {} by {parameter}", self.metric.label());
        // A long title gets smaller instead of being cut.
        let size = (22 * 76 / title.chars().count().max(76) as u32).max(12);
        let (middle, line) = (self.px(SIZE.0 / 2) as i32, self.px(56) as i32);
        let centred = Pos::new(HPos::Center, VPos::Center);
        let title_style = ("sans-serif", self.px(size))
            .into_text_style(root)
            .pos(centred);
        root.draw_text(&title, &title_style, (middle, self.px(28) as i32))?;
        let beside = Pos::new(HPos::Left, VPos::Center);
        let style = ("sans-serif", self.px(15))
            .into_text_style(root)
            .pos(beside);
        let entries = self.legend();
        // As wide as its letters on the whole are.
        let width = |text: &str| (34 + 8 * text.chars().count() as i32) * self.scale as i32;
        let mut at = middle - entries.iter().map(|(_, text)| width(text)).sum::<i32>() / 2;
        for (mark, text) in &entries {
            let spot = at + self.px(10) as i32;
            match mark {
                Mark::Run => root.draw(&(EmptyElement::at((spot, line)) + self.run_mark(0)))?,
                Mark::Median(index) => {
                    root.draw(&(EmptyElement::at((spot, line)) + self.median_mark(*index)))?;
                }
                Mark::Limit => {
                    let ends = [(at, line), (spot + self.px(10) as i32, line)];
                    root.draw(&PathElement::new(ends, RUNS.stroke_width(self.px(1))))?;
                }
                Mark::Http3 => {
                    let ends = [(at, line), (spot + self.px(10) as i32, line)];
                    root.draw(&PathElement::new(ends, HTTP3.stroke_width(self.px(2))))?;
                }
                Mark::Predicted => {
                    for dash in [-8, 2] {
                        let from = spot + dash * self.scale as i32;
                        let ends = [(from, line), (from + self.px(6) as i32, line)];
                        let colour = self.prediction_colour(0).stroke_width(self.px(2));
                        root.draw(&PathElement::new(ends, colour))?;
                    }
                }
            }
            root.draw_text(text, &style, (at + self.px(24) as i32, line))?;
            at += width(text);
        }
        Ok(())
    }

    /// Returns the entries of the legend.
    fn legend(&self) -> Vec<(Mark, String)> {
        let mut entries = vec![(Mark::Run, "single run".to_owned())];
        if let [_] = self.experiments[..] {
            entries.push((Mark::Median(0), "median".to_owned()));
        } else {
            let series = self.names.iter().enumerate();
            entries.extend(series.map(|(index, name)| (Mark::Median(index), name.clone())));
        }
        if self.has_predictions() {
            entries.push((Mark::Predicted, "predicted".to_owned()));
        }
        if self.experiments.iter().any(|one| self.http3(one).is_some()) {
            entries.push((Mark::Http3, HTTP3_NAME.to_owned()));
        }
        if self.shared_limit().is_some() {
            entries.push((Mark::Limit, "limit of the link".to_owned()));
        }
        entries
    }
}
