//! The file formats of an exported experiment.

use crate::lab::report::metric::Metric;

/// A file format for exporting experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportFormat {
    /// One row per run.
    Csv,
    /// The complete data.
    Json,
    /// The plot as a vector drawing.
    Svg,
    /// The plot as a bitmap.
    Png,
    /// The finding and its plot as a picture to share.
    Card,
}

impl ExportFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 5] = [Self::Csv, Self::Json, Self::Svg, Self::Png, Self::Card];

    /// Returns the label of the button.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Svg => "SVG",
            Self::Png => "PNG",
            Self::Card => "Card",
        }
    }

    /// Returns the tooltip.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Csv => "One row per run",
            Self::Json => "Complete data; can be re-imported",
            Self::Svg => "The plot as a vector drawing",
            Self::Png => "The plot as a bitmap",
            Self::Card => "The finding and its plot as a picture to share",
        }
    }

    /// Returns whether the format is a picture of the plot.
    pub(crate) fn is_picture(self) -> bool {
        matches!(self, Self::Svg | Self::Png | Self::Card)
    }

    /// Returns the file name; that of a picture says which metric it shows.
    pub(crate) fn file_name(self, metric: Option<Metric>) -> String {
        if self == Self::Card {
            return "lanes-result-card.png".to_owned();
        }
        let ending = self.name().to_lowercase();
        match metric.filter(|_| self.is_picture()) {
            Some(metric) => {
                let metric = metric.label().replace(' ', "-");
                format!("lanes-compare-{metric}.{ending}")
            }
            None => format!("lanes-compare.{ending}"),
        }
    }
}
