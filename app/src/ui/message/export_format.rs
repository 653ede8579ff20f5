//! The file formats of an exported experiment.

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
}

impl ExportFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Svg, Self::Png];

    /// Returns the label of the button.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Svg => "SVG",
            Self::Png => "PNG",
        }
    }

    /// Returns the tooltip.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Csv => "One row per run",
            Self::Json => "Complete data; can be re-imported",
            Self::Svg => {
                "The plot as a vector drawing; box plots and lanes are exported as completion times"
            }
            Self::Png => {
                "The plot as a bitmap; box plots and lanes are exported as completion times"
            }
        }
    }

    /// Returns the file name.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "lanes-compare.csv",
            Self::Json => "lanes-compare.json",
            Self::Svg => "lanes-compare.svg",
            Self::Png => "lanes-compare.png",
        }
    }
}
