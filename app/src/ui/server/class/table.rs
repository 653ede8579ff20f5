//! The table of a class: a row for each student, a column for each value.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use eframe::egui::{Align, Layout, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use lanes_server::CollectedResult;

use super::plot::words;
use super::tasks::{ClassMetric, Task, label, point_of, shown_name, speed_up};
use crate::lab::report::format as lab_format;
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::{Action, ClassAction};
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::sort_head::SortHead;

/// Number of rows before the table scrolls.
const SEEN: usize = 12;
/// Width of the name, of the address, of a figure, of the best value, and of the button that removes a result.
const NAME: f32 = 120.0;
const CLIENT: f32 = 120.0;
const FIGURE: f32 = 76.0;
const BEST: f32 = 64.0;
const REMOVE: f32 = ROW;
/// Least width of a table with the addresses.
const WIDE: f32 = 900.0;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassColumn {
    Name,
    Client,
    /// The value at this index of the task.
    Value(usize),
    SpeedUp,
    Best,
    Received,
}

/// The order of the rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    column: ClassColumn,
    descending: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            column: ClassColumn::Name,
            descending: false,
        }
    }
}

impl Order {
    /// Sorts by a column, or reverses the order if it already sorts by it.
    fn sort_by(&mut self, column: ClassColumn) {
        self.descending = self.column == column && !self.descending;
        self.column = column;
    }

    /// Returns the results in this order.
    pub fn sorted(self, task: &Task, metric: ClassMetric) -> Vec<&Arc<CollectedResult>> {
        let mut rows: Vec<_> = task.results.iter().collect();
        // Stable: equal figures stay in the order of the names.
        rows.sort_by(|a, b| {
            let order = self.compare(task, metric, a, b);
            if self.descending {
                order.reverse()
            } else {
                order
            }
        });
        rows
    }

    fn compare(
        self,
        task: &Task,
        metric: ClassMetric,
        a: &CollectedResult,
        b: &CollectedResult,
    ) -> Ordering {
        let figures = |figure: &dyn Fn(&CollectedResult) -> Option<f64>| {
            let figure = |one| figure(one).unwrap_or(f64::INFINITY);
            figure(a).total_cmp(&figure(b))
        };
        match self.column {
            ClassColumn::Name => Ordering::Equal,
            ClassColumn::Client => a.addr.cmp(&b.addr),
            ClassColumn::Value(index) => figures(&|one| {
                let (value, _) = task.values.get(index)?;
                metric.of(&one.result, point_of(&one.result, *value)?)
            }),
            ClassColumn::SpeedUp => figures(&|one| Some(speed_up(&one.result)?.0)),
            ClassColumn::Best => figures(&|one| Some(speed_up(&one.result)?.1.value as f64)),
            ClassColumn::Received => a.number.cmp(&b.number),
        }
    }
}

/// Draws the table.
pub(super) fn ui(
    ui: &mut Ui,
    task: &Task,
    metric: ClassMetric,
    order: &mut Order,
    actions: &mut Vec<Action>,
) {
    let columns = columns(ui.available_width(), task.values.len());
    let left_out = task.values.len() - columns.iter().filter(|one| is_value(**one)).count();
    if left_out > 0 {
        let more = format::count(left_out, "more value");
        ui.label(controls::small(ui, format!("{more} in the CSV")));
    }
    let rows = order.sorted(task, metric);
    let height = (rows.len().min(SEEN) as f32 + 1.0) * ROW + 4.0;
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut table = TableBuilder::new(ui)
            .id_salt("class")
            .auto_shrink([false, false])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center));
        for column in &columns {
            table = table.column(Column::exact(width(*column)).clip(true));
        }
        table
            .column(Column::exact(REMOVE))
            .column(Column::remainder())
            .header(ROW, |mut row| {
                for column in &columns {
                    row.col(|ui| head_ui(ui, task, *column, order));
                }
            })
            .body(|body| {
                body.rows(ROW, rows.len(), |mut row| {
                    if let Some(one) = rows.get(row.index()) {
                        row_ui(&mut row, task, metric, &columns, one, actions);
                    }
                });
            });
    });
}

/// Returns the columns that fit into this width.
fn columns(room: f32, values: usize) -> Vec<ClassColumn> {
    use ClassColumn::{Best, Client, Name, Received, SpeedUp, Value};
    let spacing = 8.0;
    let mut columns = match room < WIDE {
        true => vec![Name],
        false => vec![Name, Client],
    };
    let last = [Best, SpeedUp, Received];
    let fixed = columns.iter().chain(&last);
    let taken: f32 = fixed.map(|one| width(*one) + spacing).sum();
    let left = room - taken - REMOVE - 2.0 * spacing;
    let fit = (left / (FIGURE + spacing)).max(0.0) as usize;
    columns.extend((0..values.min(fit)).map(Value));
    columns.extend(last);
    columns
}

fn is_value(column: ClassColumn) -> bool {
    matches!(column, ClassColumn::Value(_))
}

fn width(column: ClassColumn) -> f32 {
    match column {
        ClassColumn::Name => NAME,
        ClassColumn::Client => CLIENT,
        ClassColumn::Value(_) | ClassColumn::SpeedUp | ClassColumn::Received => FIGURE,
        ClassColumn::Best => BEST,
    }
}

fn head_ui(ui: &mut Ui, task: &Task, column: ClassColumn, order: &mut Order) {
    let (words, name) = match column {
        ClassColumn::Name => ("Name", "Sort by name".to_owned()),
        ClassColumn::Client => ("Client", "Sort by address".to_owned()),
        ClassColumn::Value(index) => {
            let label = task.values.get(index).map_or("", |(_, label)| label);
            (label, format!("Sort by {label}"))
        }
        ClassColumn::SpeedUp => ("Speed-up", "Sort by speed-up".to_owned()),
        ClassColumn::Best => ("Best", "Sort by the best value".to_owned()),
        ClassColumn::Received => ("Received", "Sort by time".to_owned()),
    };
    let head = SortHead {
        words,
        name: &name,
        right: !matches!(column, ClassColumn::Name | ClassColumn::Client),
        sorted: (order.column == column).then_some(order.descending),
    };
    if head.ui(ui).clicked() {
        order.sort_by(column);
    }
}

fn row_ui(
    row: &mut TableRow<'_, '_>,
    task: &Task,
    metric: ClassMetric,
    columns: &[ClassColumn],
    one: &CollectedResult,
    actions: &mut Vec<Action>,
) {
    for column in columns {
        row.col(|ui| match column {
            ClassColumn::Name => {
                controls::truncated(ui, visual(&shown_name(one)))
                    .on_hover_text(one.addr.to_string());
            }
            ClassColumn::Client => {
                controls::truncated(ui, one.addr.to_string());
            }
            _ => controls::number(ui, figure(task, metric, *column, one)),
        });
    }
    row.col(|ui| {
        let name = format!("Remove the result of {}", shown_name(one));
        if controls::small_icon_button(ui, Icon::Remove, &name).clicked() {
            actions.push(Action::Class(ClassAction::Remove(one.number)));
        }
    });
}

/// Returns the text of a column of numbers.
fn figure(task: &Task, metric: ClassMetric, column: ClassColumn, one: &CollectedResult) -> String {
    let result = &one.result;
    let text = match column {
        ClassColumn::Value(index) => task.values.get(index).and_then(|(value, _)| {
            let figure = metric.of(result, point_of(result, *value)?)?;
            Some(words(metric, figure))
        }),
        ClassColumn::SpeedUp => {
            speed_up(result).map(|(ratio, _)| format!("{} ×", lab_format::ratio(ratio)))
        }
        ClassColumn::Best => speed_up(result).map(|(_, best)| label(result.varied, best)),
        ClassColumn::Received => Some(format::clock(
            SystemTime::UNIX_EPOCH + Duration::from_secs(one.at_secs),
        )),
        ClassColumn::Name | ClassColumn::Client => None,
    };
    text.unwrap_or_else(|| format::NONE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tasks::{tasks, tests::collected};
    use super::*;

    #[test]
    fn rows_are_sorted_by_any_column() {
        let all = [
            collected(1, "Ada", "", &[8, 1]),
            collected(2, "Grace", "", &[4, 2]),
            collected(3, "Alan", "", &[6]),
        ];
        let task = &tasks(&all)[0];
        let mut order = Order::default();
        let names = |order: &Order| {
            let rows = order.sorted(task, ClassMetric::Time);
            rows.iter()
                .map(|one| one.result.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&order), ["Ada", "Alan", "Grace"]);
        order.sort_by(ClassColumn::Value(0));
        assert_eq!(names(&order), ["Grace", "Alan", "Ada"]);
        order.sort_by(ClassColumn::Value(0));
        assert_eq!(names(&order), ["Ada", "Alan", "Grace"]);
        order.sort_by(ClassColumn::Value(1));
        assert_eq!(names(&order), ["Ada", "Grace", "Alan"], "none is last");
        order.sort_by(ClassColumn::Received);
        assert_eq!(names(&order), ["Ada", "Grace", "Alan"]);
    }

    #[test]
    fn columns_fit_the_width() {
        let count = |room, values| {
            let columns = columns(room, values);
            columns.into_iter().filter(|one| is_value(*one)).count()
        };
        assert_eq!(count(1140.0, 5), 5);
        assert_eq!(count(100.0, 5), 0);
        assert_eq!(count(748.0, 30), 4);
    }
}
