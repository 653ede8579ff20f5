//! Scales of the axes of a plot, and the figures that are drawn as bars.

use crate::lab::plan::sweep::Sweep;

/// The scale of the horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Evenly spaced, regardless of the distance between the values: on a linear scale up to 50,
    /// the values 1 and 5 would nearly coincide.
    #[default]
    Even,
    /// Logarithmic.
    Logarithmic,
    /// Linear.
    Linear,
}

impl Scale {
    /// All scales.
    pub const ALL: [Self; 3] = [Self::Even, Self::Logarithmic, Self::Linear];

    /// Returns the name in a list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Even => "Even",
            Self::Logarithmic => "Log",
            Self::Linear => "Linear",
        }
    }
}

/// The scale of the vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerticalScale {
    /// Linear from zero, so that heights are proportional to figures.
    #[default]
    Linear,
    /// Logarithmic, so that equal ratios have equal heights.
    Logarithmic,
}

impl VerticalScale {
    /// Returns the height of a figure. That of a figure that is not positive is not finite on a logarithmic
    /// scale.
    pub fn height(self, figure: f64) -> f64 {
        match self {
            Self::Linear => figure,
            Self::Logarithmic => figure.log10(),
        }
    }

    /// Returns the figure at a height.
    pub fn figure(self, height: f64) -> f64 {
        match self {
            Self::Linear => height,
            Self::Logarithmic => 10_f64.powf(height),
        }
    }

    /// Returns the range of heights for figures between `low` and `high`, with room around them.
    pub fn range(self, low: f64, high: f64) -> (f64, f64) {
        match self {
            Self::Linear => (0.0, if high > 0.0 { high * 1.1 } else { 1.0 }),
            Self::Logarithmic if low > 0.0 && high >= low && high.is_finite() => {
                let (low, high) = (low.log10(), high.log10());
                let room = ((high - low) * 0.08).max(0.1);
                (low - room, high + room)
            }
            Self::Logarithmic => (0.0, 1.0),
        }
    }
}

/// Returns the figures 1, 2 and 5 times a power of ten between two heights of a logarithmic scale, or only the
/// powers of ten if these are many.
pub fn logarithmic_marks(low: f64, high: f64) -> Vec<f64> {
    let factors: &[f64] = if high - low > 3.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let decades = (low.floor() as i32)..=(high.ceil() as i32);
    let all = decades.flat_map(|decade| factors.iter().map(move |one| one * 10_f64.powi(decade)));
    all.filter(|figure| (low..=high).contains(&figure.log10()))
        .collect()
}

/// Returns whether the values of a sweep are drawn as categories, with a bar each. A bar has no meaning on a
/// logarithmic scale, which has no zero. Connections form a course, and are never categories.
pub fn has_bars(sweep: &Sweep, scale: Scale, vertical: VerticalScale) -> bool {
    let is_category = match sweep {
        Sweep::Connections(_) => false,
        Sweep::PacketLen(_) | Sweep::FileSize(_) => scale == Scale::Even,
        Sweep::Link(_) => true,
    };
    is_category && vertical == VerticalScale::Linear
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_and_figures_belong_together() {
        for scale in [VerticalScale::Linear, VerticalScale::Logarithmic] {
            for figure in [0.003, 1.0, 42.0, 6e7] {
                let back = scale.figure(scale.height(figure));
                assert!((back / figure - 1.0).abs() < 1e-9, "{scale:?} {figure}");
            }
            for (low, high) in [(0.0, 0.0), (1.0, 1.0), (0.5, 90.0), (0.0, f64::INFINITY)] {
                let (from, to) = scale.range(low, high);
                assert!(from < to && from.is_finite(), "{scale:?} {low} {high}");
            }
        }
    }

    #[test]
    fn logarithmic_marks_are_round_figures() {
        assert_eq!(logarithmic_marks(-0.1, 1.1), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(
            logarithmic_marks(0.0, 4.0),
            [1.0, 10.0, 100.0, 1000.0, 10_000.0]
        );
    }

    #[test]
    fn categories_are_bars_where_there_is_a_zero() {
        let packets = Sweep::PacketLen(vec![128, 65_536]);
        let bars = |scale, vertical| has_bars(&packets, scale, vertical);
        assert!(bars(Scale::Even, VerticalScale::Linear));
        assert!(!bars(Scale::Linear, VerticalScale::Linear));
        assert!(!bars(Scale::Even, VerticalScale::Logarithmic));
        let connections = Sweep::Connections(vec![1, 8]);
        assert!(!has_bars(&connections, Scale::Even, VerticalScale::Linear));
    }
}
