//! A horizontal bar chart of Unicode blocks for the terminal.

/// Largest width of the chart in characters.
const MAX_WIDTH: usize = 80;
/// Blocks of one to seven eighths of a character.
const EIGHTHS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// One bar.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    /// Label to the left of the bar.
    pub(super) label: String,
    /// Length of the bar, at least 0.
    pub(super) value: f64,
    /// Text to the right of the bar.
    pub(super) text: String,
}

/// Returns the chart, one bar per line from zero, without a final line feed.
pub(super) fn bars(bars: &[Bar]) -> String {
    let widest = |text: fn(&Bar) -> &str| {
        let widths = bars.iter().map(|bar| text(bar).chars().count());
        widths.max().unwrap_or(0)
    };
    let (label, text) = (widest(|bar| &bar.label), widest(|bar| &bar.text));
    let width = MAX_WIDTH.saturating_sub(label + text + " │ ".chars().count());
    let longest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let line = |bar: &Bar| {
        let share = if longest > 0.0 {
            bar.value / longest
        } else {
            0.0
        };
        let (name, figure) = (&bar.label, &bar.text);
        format!("{name:>label$} │{} {figure}", blocks(share, width))
    };
    bars.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns a bar over a fraction `share` (0 to 1) of `width` characters.
fn blocks(share: f64, width: usize) -> String {
    let eighths = (share * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if let Some(rest) = (eighths % 8).checked_sub(1) {
        bar.push_str(EIGHTHS[rest]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: f64) -> Bar {
        let (label, text) = (label.to_owned(), format!("{value} s"));
        Bar { label, value, text }
    }

    #[test]
    fn the_longest_bar_fills_the_line_and_the_others_are_proportional() {
        let chart = bars(&[bar("1", 8.0), bar("50", 2.0), bar("64", 0.0)]);
        let lines: Vec<&str> = chart.lines().collect();
        let length = |line: &str| line.chars().filter(|c| "█▏▎▍▌▋▊▉".contains(*c)).count();
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(
            widest.is_some_and(|w| (70..=MAX_WIDTH).contains(&w)),
            "{chart}"
        );
        assert_eq!(length(lines[1]), length(lines[0]).div_ceil(4), "{chart}");
        assert_eq!(lines[2], "64 │ 0 s");
    }

    #[test]
    fn fractions_of_a_character_are_drawn_in_eighths() {
        assert_eq!(blocks(1.0, 3), "███");
        assert_eq!(blocks(0.5, 3), "█▌");
        assert_eq!(blocks(1.0 / 24.0, 3), "▏");
        assert_eq!(blocks(0.0, 3), "");
    }
}
