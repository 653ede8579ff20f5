//! Exports what is shown as files.

use std::sync::Arc;

use super::State;
use super::series::{Series, all_series};
use super::views::View;
use crate::lab::Experiment;
use crate::lab::analysis::cross_experiment;
use crate::lab::export::{
    Caption, CardText, ExperimentGroup, ExportError, PacketPlot as PacketExport,
    packet_curves_to_csv, packet_curves_to_png, packet_curves_to_svg, to_card, to_csv, to_json,
    to_png, to_svg,
};
use crate::lab::report::conclusion::conclusion;
use crate::lab::report::label;
use crate::lab::report::metric::Metric;
use crate::lab::report::title::title;
use crate::lab::report::warnings::warnings;
use crate::ui::format;
use crate::ui::message::ExportFormat;

/// The experiments and the plot as they are shown, for an export.
pub(crate) struct Export {
    /// The current experiments in the form in which they are saved.
    kept: ExperimentGroup,
    /// The shown experiments, with overlays.
    shown: Vec<Arc<Experiment>>,
    /// Metric of the plot; `None` for a view that cannot be exported as a picture.
    metric: Option<Metric>,
    caption: Caption,
    card: CardText,
    /// The plot of a simulated run, if that is shown.
    packets: Option<PacketExport>,
}

impl Export {
    /// Takes what the screen shows.
    pub(crate) fn of(state: &State) -> Self {
        let shown = all_series(&state.workspace);
        Self {
            kept: state.saved_experiments(),
            metric: match state.choice.view {
                View::Curves(metric) => Some(metric),
                View::Boxes | View::OverTime | View::Lanes | View::Packets => None,
            },
            packets: (state.choice.view == View::Packets)
                .then(|| state.choice.packets.export())
                .flatten(),
            caption: Caption {
                title: title_with_date(&shown),
                names: shown.iter().map(|one| one.name.clone()).collect(),
                finding: finding(&shown),
                scale: Some(state.choice.scale),
                vertical: state.choice.vertical,
            },
            card: card(&shown),
            shown: shown
                .iter()
                .map(|one| Arc::new(one.experiment.clone()))
                .collect(),
        }
    }

    /// Converts the experiments into these formats; returns file names and contents. Slow: runs as a
    /// background job.
    ///
    /// # Errors
    /// Returns a message for the user if a format fails.
    pub(crate) fn files(&self, formats: &[ExportFormat]) -> Result<Vec<(String, Vec<u8>)>, String> {
        formats
            .iter()
            .filter_map(|format| self.file(*format).transpose())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("Cannot export: {error}"))
    }

    /// Returns a file; `None` for a picture of a view that has none.
    fn file(&self, format: ExportFormat) -> Result<Option<(String, Vec<u8>)>, ExportError> {
        if let Some(packets) = &self.packets {
            let bytes = match format {
                ExportFormat::Csv => packet_curves_to_csv(&packets.curves).into_bytes(),
                ExportFormat::Svg => packet_curves_to_svg(packets)?.into_bytes(),
                ExportFormat::Png => packet_curves_to_png(packets)?,
                ExportFormat::Json | ExportFormat::Card => return Ok(None),
            };
            let name = packets.view.name().to_lowercase().replace(' ', "-");
            let ending = format.name().to_lowercase();
            return Ok(Some((format!("lanes-packets-{name}.{ending}"), bytes)));
        }
        let (all, caption) = (&self.shown, &self.caption);
        let bytes = match (format, self.metric) {
            (ExportFormat::Csv, _) => to_csv(all).into_bytes(),
            (ExportFormat::Json, _) => to_json(&self.kept)?.into_bytes(),
            (ExportFormat::Svg, Some(metric)) => to_svg(all, metric, caption)?.into_bytes(),
            (ExportFormat::Png, Some(metric)) => to_png(all, metric, caption)?,
            (ExportFormat::Card, Some(metric)) => to_card(all, metric, caption, &self.card)?,
            (ExportFormat::Svg | ExportFormat::Png | ExportFormat::Card, None) => return Ok(None),
        };
        Ok(Some((format.file_name(self.metric), bytes)))
    }
}

/// Returns the texts of the result card. The claim is the headline of a single experiment.
fn card(shown: &[Series<'_>]) -> CardText {
    // The plot has the title, with file, link, mode and date.
    let mut facts = Vec::new();
    let mut machines: Vec<String> = shown
        .iter()
        .map(|one| one.experiment.machine.to_string())
        .filter(|machine| !machine.is_empty())
        .collect();
    machines.dedup();
    let made_with = format!("Measured with Lanes {}", env!("CARGO_PKG_VERSION"));
    facts.push(match machines.is_empty() {
        true => made_with,
        false => format!("{made_with} on {}", machines.join(" and ")),
    });
    // A claim is as good as its runs.
    facts.extend(shown.iter().flat_map(|one| warnings(one.experiment)));
    let claim = match shown {
        [one] => one.experiment.headline(),
        several => {
            let experiments: Vec<&Experiment> = several.iter().map(|one| one.experiment).collect();
            let best = cross_experiment::best(&experiments);
            best.map_or_else(String::new, |best| {
                let value = label::with_unit(best.sweep, best.summary.value);
                let name = &several[best.index].name;
                format!("{name} with {value} is fastest of {}", several.len())
            })
        }
    };
    CardText { claim, facts }
}

/// Returns the title of the shown experiments, with the date of a single one.
pub(super) fn title_with_date(shown: &[Series<'_>]) -> String {
    let experiments: Vec<&Experiment> = shown.iter().map(|one| one.experiment).collect();
    let words = title(&experiments);
    match shown {
        [one] if one.experiment.made_secs > 0 => {
            format!("{words} · {}", format::minute(one.experiment.made_secs))
        }
        _ => words,
    }
}

/// Returns the conclusions of the shown experiments.
fn finding(shown: &[Series<'_>]) -> String {
    let one = |one: &Series<'_>| match &one.name[..] {
        "" => conclusion(one.experiment),
        name => format!("{name}: {}", one.experiment.verdict()),
    };
    shown.iter().map(one).collect::<Vec<_>>().join(" ")
}
