//! Text tables for the terminal.

/// Alignment of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Left, for text.
    Left,
    /// Right, for numbers.
    Right,
}

/// Returns a table with headings: two spaces between columns, no trailing spaces, no final line feed.
pub(super) fn table<const N: usize>(columns: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let headings = columns.map(|(heading, _)| heading.to_owned());
    let all = || std::iter::once(&headings).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |row: &[String; N]| row[column].chars().count();
        all().map(width).max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row
            .iter()
            .zip(columns)
            .zip(widths)
            .map(|((cell, (_, align)), width)| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["Zürich.jpg".to_owned(), "5 MB".to_owned()],
            ["a".to_owned(), "123 kB".to_owned()],
        ];
        let columns = [("name", Align::Left), ("size", Align::Right)];
        assert_eq!(
            table(columns, &rows),
            "name          size\nZürich.jpg    5 MB\na           123 kB"
        );
    }
}
