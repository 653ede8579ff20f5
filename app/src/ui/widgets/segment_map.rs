//! The segment map of a file: downloaded ranges, coloured by connection.

use eframe::egui::{
    Color32, Mesh, Pos2, Rect, Response, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2,
};
use lanes_shared::packet::PacketPlan;

use crate::ui::format;
use crate::ui::tokens::Palette;
use lanes_engine::{Cell, DownloadSnapshot};

/// Width of a cell with its gap in a map of several rows.
const PITCH: f32 = 10.0;
/// Height of a row with its gap.
const ROW: f32 = 11.0;
/// Maximum number of rows.
const MOST_ROWS: usize = 6;
/// Height of the row if there is only one.
const ONLY_ROW: f32 = 26.0;
/// Gap between cells and between rows.
const GAP: f32 = 2.0;

/// The layout of the cells: row by row from left to right.
struct Grid {
    rect: Rect,
    columns: usize,
    pitch: f32,
    row: f32,
    cells: usize,
}

impl Grid {
    fn new(rect: Rect, cells: usize) -> Self {
        let columns = Self::columns(rect.width(), cells);
        let only = cells <= columns;
        Self {
            rect,
            columns,
            pitch: rect.width() / columns as f32,
            row: if only { ONLY_ROW } else { ROW },
            cells,
        }
    }

    fn columns(width: f32, cells: usize) -> usize {
        let fit = ((width / PITCH) as usize)
            .max(cells.div_ceil(MOST_ROWS))
            .max(1);
        let rows = cells.div_ceil(fit).max(1);
        cells.div_ceil(rows).max(1)
    }

    fn height(width: f32, cells: usize) -> f32 {
        match cells.div_ceil(Self::columns(width, cells)) {
            0 | 1 => ONLY_ROW - GAP,
            rows => rows as f32 * ROW - GAP,
        }
    }

    fn cell(&self, index: usize) -> Rect {
        let (row, column) = (index / self.columns, index % self.columns);
        let left = (self.rect.left() + column as f32 * self.pitch).round();
        let right = (self.rect.left() + (column + 1) as f32 * self.pitch).round();
        let top = self.rect.top() + row as f32 * self.row;
        Rect::from_min_max(pos2(left, top), pos2(right - GAP, top + self.row - GAP))
    }

    fn at(&self, pointer: Pos2) -> Option<usize> {
        let way = pointer - self.rect.min;
        if way.x < 0.0 || way.y < 0.0 {
            return None;
        }
        let column = (way.x / self.pitch) as usize;
        let index = (way.y / self.row) as usize * self.columns + column;
        (column < self.columns && index < self.cells).then_some(index)
    }
}

/// Draws the map in the available width; the tooltip describes the cell under the pointer.
pub(crate) fn segment_map(ui: &mut Ui, download: &DownloadSnapshot) -> Response {
    let cells = &download.map;
    // An empty cell reserves the space until the size is known.
    let empty = [Cell::default()];
    let cells: &[Cell] = if cells.is_empty() { &empty } else { cells };
    let width = ui.available_width();
    let room = vec2(width, Grid::height(width, cells.len()));
    let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
    let grid = Grid::new(rect, cells.len());
    if ui.is_rect_visible(rect) {
        paint(ui, &grid, cells);
    }
    response.widget_info(|| {
        let there = download
            .progress()
            .map_or_else(|| "nothing".to_owned(), format::percent);
        let words = format!(
            "Map of {}: {there} complete, {}",
            download.name,
            format::count(download.connections.len(), "connection")
        );
        WidgetInfo::labeled(Role::Image, true, words)
    });
    let hovered = response.hover_pos().and_then(|pointer| grid.at(pointer));
    match hovered.and_then(|index| describe(download, index)) {
        Some(words) => response.on_hover_text_at_pointer(words),
        None => response,
    }
}

/// Draws all cells as one mesh, which costs about as much as one label for 600 cells.
fn paint(ui: &Ui, grid: &Grid, cells: &[Cell]) {
    let palette = Palette::of(ui);
    let mut mesh = Mesh::default();
    for (index, cell) in cells.iter().enumerate() {
        let rect = grid.cell(index);
        mesh.add_colored_rect(rect, palette.track);
        if cell.done > 0 {
            let share = f32::from(cell.done) / 255.0;
            let full = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
            mesh.add_colored_rect(full, colour(palette, *cell));
        }
        if cell.stolen {
            // A cut corner marks a stolen range.
            let side = rect.width().min(rect.height()) * 0.6;
            let corner = rect.right_top();
            let index = mesh.vertices.len() as u32;
            for way in [vec2(-side, 0.0), vec2(0.0, 0.0), vec2(0.0, side)] {
                mesh.colored_vertex(corner + way, palette.surface);
            }
            mesh.add_triangle(index, index + 1, index + 2);
        }
        if cell.start {
            let tick = Rect::from_min_size(rect.min, vec2(GAP, rect.height()));
            mesh.add_colored_rect(tick, palette.text);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
}

fn colour(palette: &Palette, cell: Cell) -> Color32 {
    // Bytes of an earlier attempt have no connection.
    cell.connection
        .map_or(palette.weak, |number| palette.lane(number))
}

/// Describes a cell.
fn describe(download: &DownloadSnapshot, index: usize) -> Option<String> {
    let len = download.len.filter(|len| *len > 0)?;
    let cell = download.map.get(index)?;
    let count = download.map.len() as u128;
    let edge = |index: usize| (u128::from(len) * index as u128 / count) as u64;
    let bytes = edge(index)..edge(index + 1).max(edge(index) + 1).min(len);
    let mut words = format!(
        "{} to {}, {} complete",
        format::size(bytes.start),
        format::size(bytes.end),
        format::percent(f32::from(cell.done) / 255.0)
    );
    if let Ok(plan) = PacketPlan::new(len, download.packet_len) {
        let (first, last) = (plan.id_at(bytes.start), plan.id_at(bytes.end - 1));
        words += &if first == last {
            format!("\npacket {first}")
        } else {
            format!("\npackets {first} to {last}")
        };
    }
    match cell.connection {
        Some(number) => words += &format!("\nreceived over connection {number}"),
        None if cell.done > 0 => words += "\nreceived in an earlier attempt",
        None => {}
    }
    if cell.stolen {
        words += "\nstolen from another connection";
    }
    if cell.start {
        words += "\na connection started here";
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_inside_the_map_and_maps_back_to_its_index() {
        for cells in [1, 7, 60, 599, 600] {
            for width in [300.0, 756.0, 1100.0] {
                let room = vec2(width, Grid::height(width, cells));
                let grid = Grid::new(Rect::from_min_size(pos2(11.0, 5.0), room), cells);
                for index in 0..cells {
                    let rect = grid.cell(index);
                    assert!(grid.rect.expand(0.6).contains_rect(rect), "{rect:?}");
                    assert_eq!(grid.at(rect.center()), Some(index));
                }
                assert_eq!(grid.at(pos2(0.0, 0.0)), None);
            }
        }
    }
}
