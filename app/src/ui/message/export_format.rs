//! The file formats of an exported experiment.

/// How an experiment is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportFormat {
    /// A table of all runs.
    Csv,
    /// Everything, for programs.
    Json,
    /// The plot, as a drawing.
    Svg,
    /// The plot, as a picture.
    Png,
}

impl ExportFormat {
    /// All formats.
    pub(crate) const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Svg, Self::Png];

    /// Its name on a button.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Svg => "SVG",
            Self::Png => "PNG",
        }
    }

    /// What is in it.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Csv => "Every run as a line of a table",
            Self::Json => "All there is, to be read again by Lanes and by programs",
            Self::Svg => "The plot as a drawing; box plots and time lines as completion times",
            Self::Png => "The plot as a picture; box plots and time lines as completion times",
        }
    }

    /// The name of its file.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "lanes-compare.csv",
            Self::Json => "lanes-compare.json",
            Self::Svg => "lanes-compare.svg",
            Self::Png => "lanes-compare.png",
        }
    }
}
