//! A map of the file in a bounded number of cells: drawing costs the same for 1 MB and 1 TB.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};

use crate::model::snapshot::{Cell, map_cell_len};

/// Received bytes of each part of the file, and the connection that received them.
pub(crate) struct FileMap {
    len: u64,
    cell_len: u64,
    cells: Vec<AtomicCell>,
}

#[derive(Default)]
struct AtomicCell {
    /// Received bytes.
    done: AtomicU64,
    /// Number of the connection from 1; 0 for none.
    connection: AtomicU16,
    start: AtomicBool,
    stolen: AtomicBool,
}

impl FileMap {
    /// Creates the map of a file of `len` bytes in packets of `packet_len` bytes.
    pub fn new(len: u64, packet_len: u32) -> Self {
        let cell_len = map_cell_len(len, packet_len);
        let cells = (0..len.div_ceil(cell_len))
            .map(|_| AtomicCell::default())
            .collect();
        Self {
            len,
            cell_len,
            cells,
        }
    }

    /// Adds `bytes` received over `connection` (from 1; 0 for an earlier attempt).
    pub fn add(&self, bytes: &Range<u64>, connection: u16) {
        let mut at = bytes.start;
        while at < bytes.end {
            let index = at / self.cell_len;
            let end = ((index + 1) * self.cell_len).min(bytes.end);
            let Some(cell) = self.cells.get(index as usize) else {
                return;
            };
            cell.done.fetch_add(end - at, Ordering::Relaxed);
            cell.connection.store(connection, Ordering::Relaxed);
            at = end;
        }
    }

    /// Removes `bytes`, which will be fetched again.
    pub fn remove(&self, bytes: &Range<u64>) {
        let mut at = bytes.start;
        while at < bytes.end {
            let index = at / self.cell_len;
            let end = ((index + 1) * self.cell_len).min(bytes.end);
            if let Some(cell) = self.cells.get(index as usize) {
                cell.done.fetch_sub(end - at, Ordering::Relaxed);
            }
            at = end;
        }
    }

    /// Marks `offset` as the start of a segment.
    pub fn mark_start(&self, offset: u64) {
        if let Some(cell) = self.cells.get((offset / self.cell_len) as usize) {
            cell.start.store(true, Ordering::Relaxed);
        }
    }

    /// Marks `bytes` as stolen from the connection that owned them.
    pub fn mark_stolen(&self, bytes: &Range<u64>) {
        let cells = (bytes.start / self.cell_len) as usize..=(bytes.end / self.cell_len) as usize;
        // A cell counts as stolen if its middle is.
        for index in cells {
            let middle = index as u64 * self.cell_len + self.cell_len / 2;
            if let Some(cell) = self.cells.get(index).filter(|_| bytes.contains(&middle)) {
                cell.stolen.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Returns the cells in their present state.
    pub fn snapshot(&self) -> Arc<[Cell]> {
        let cell = |(index, cell): (usize, &AtomicCell)| {
            let len = self.cell_len.min(self.len - index as u64 * self.cell_len);
            let done = cell.done.load(Ordering::Relaxed).min(len);
            Cell {
                done: (done as f64 / len as f64 * 255.0) as u8,
                connection: Some(cell.connection.load(Ordering::Relaxed)).filter(|n| *n > 0),
                start: cell.start.load(Ordering::Relaxed),
                stolen: cell.stolen.load(Ordering::Relaxed),
            }
        };
        self.cells.iter().enumerate().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::MAP_CELLS;

    #[test]
    fn the_map_stays_bounded_and_fills() {
        for len in [0u64, 1, 127, 128, 129, 5_000_000, 1 << 40] {
            let map = FileMap::new(len, 128);
            assert!(map.snapshot().len() <= MAP_CELLS, "{len}");
            map.add(&(0..len), 3);
            let full = Cell {
                done: 255,
                connection: Some(3),
                start: false,
                stolen: false,
            };
            assert!(map.snapshot().iter().all(|cell| *cell == full), "{len}");
            map.remove(&(0..len));
            assert!(map.snapshot().iter().all(|cell| cell.done == 0), "{len}");
        }
    }
}
