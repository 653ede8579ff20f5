//! The file lists of Metalinks in the Add dialog, and the selection of files.

use std::collections::{BTreeMap, BTreeSet};

use eframe::egui::{Align, Label, Layout, Rect, RichText, Ui, vec2};

use crate::ui::format;
use crate::ui::link_input::LinkInput;
use crate::ui::tokens::{Palette, ROW};
use crate::ui::widgets::controls;
use lanes_engine::metalink::MetalinkFile;
use lanes_engine::{Checksum, one_line};

/// Indentation of files below their Metalink.
const INDENT: f32 = 24.0;
/// Maximum number of mirrors in a tooltip.
const MOST_SHOWN: usize = 12;

/// The selected files of Metalinks, by the key of their line. All downloadable files are selected
/// by default.
#[derive(Debug, Default)]
pub(super) struct MetalinkSelection {
    /// Deselected files, by their index in the Metalink.
    left_out: BTreeMap<String, BTreeSet<usize>>,
    /// Metalinks that are saved as files themselves.
    as_files: BTreeSet<String>,
}

impl MetalinkSelection {
    /// Returns whether the Metalink itself is saved.
    pub fn saves_itself(&self, key: &str) -> bool {
        self.as_files.contains(key)
    }

    fn is_wanted(&self, key: &str, index: usize) -> bool {
        let left_out = self.left_out.get(key);
        left_out.is_none_or(|left_out| !left_out.contains(&index))
    }

    /// Iterates over the selected files of a Metalink.
    pub fn files<'a>(
        &self,
        key: &str,
        files: &'a [MetalinkFile],
    ) -> impl Iterator<Item = &'a MetalinkFile> {
        let all = files.iter().enumerate();
        all.filter(|(index, file)| is_downloadable(file) && self.is_wanted(key, *index))
            .map(|(_, file)| file)
    }

    fn want(&mut self, key: &str, index: usize, wanted: bool) {
        let left_out = self.left_out.entry(key.to_owned()).or_default();
        if wanted {
            left_out.remove(&index);
        } else {
            left_out.insert(index);
        }
    }

    /// Draws the file list of a Metalink, with checkboxes if there are several files.
    pub fn ui(&mut self, ui: &mut Ui, input: &LinkInput, files: &[MetalinkFile]) {
        let key = input.key();
        self.head_ui(ui, &key, &one_line(&input.name()), files);
        if !self.saves_itself(&key) {
            for (index, file) in files.iter().enumerate() {
                self.file_ui(ui, &key, (index, file), files.len() > 1);
            }
        }
        self.save_itself_ui(ui, input);
    }

    /// Draws the checkbox for saving the Metalink itself, if it comes from a link.
    pub fn save_itself_ui(&mut self, ui: &mut Ui, input: &LinkInput) {
        let key = input.key();
        if matches!(input, LinkInput::Link(_)) {
            let mut itself = self.saves_itself(&key);
            let words = format!(
                "Save {} itself instead of its files",
                one_line(&input.name())
            );
            if controls::row_checkbox(ui, &mut itself, false, &words).changed() {
                if itself {
                    self.as_files.insert(key);
                } else {
                    self.as_files.remove(&key);
                }
            }
        }
    }

    /// Draws the totals, with a checkbox for all files if there are several.
    fn head_ui(&mut self, ui: &mut Ui, key: &str, name: &str, files: &[MetalinkFile]) {
        let words = format!("{name} lists {}", total(files));
        if files.len() < 2 || self.saves_itself(key) {
            ui.add(Label::new(words).wrap());
            return;
        }
        let there = files.iter().filter(|file| is_downloadable(file)).count();
        let chosen = self.files(key, files).count();
        let mut all = chosen == there && there > 0;
        let some = !all && chosen > 0;
        if controls::row_checkbox(ui, &mut all, some, &words).changed() {
            for index in 0..files.len() {
                self.want(key, index, all);
            }
        }
    }

    /// Draws a file: its name, with a checkbox if there are several, and its summary at the right.
    fn file_ui(
        &mut self,
        ui: &mut Ui,
        key: &str,
        (index, file): (usize, &MetalinkFile),
        has_box: bool,
    ) {
        // Only visible files are laid out: a Metalink may list thousands.
        let row = vec2(ui.available_width(), ROW);
        if !ui.is_rect_visible(Rect::from_min_size(ui.cursor().min, row)) {
            ui.allocate_space(row);
            return;
        }
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            let more = ui.label(controls::small(ui, file_summary(file)));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(INDENT);
                let name = if has_box && is_downloadable(file) {
                    let mut ticked = self.is_wanted(key, index);
                    let name = controls::row_checkbox(ui, &mut ticked, false, &file.name);
                    if name.changed() {
                        self.want(key, index, ticked);
                    }
                    name
                } else {
                    let weak = RichText::new(file.name.as_str()).color(Palette::of(ui).weak);
                    controls::truncated(ui, weak)
                };
                (name | more).on_hover_ui(|ui| more_ui(ui, file));
            });
        });
    }
}

/// Returns whether Lanes supports one of the file's sources.
fn is_downloadable(file: &MetalinkFile) -> bool {
    !file.sources.is_empty()
}

/// Summarises the files: `3 files, 6.60 MB`.
fn total(files: &[MetalinkFile]) -> String {
    let count = format::count(files.len(), "file");
    let known: u64 = files.iter().filter_map(|file| file.len).sum();
    let is_all = files.iter().all(|file| file.len.is_some());
    match (known, is_all) {
        (0, false) => count,
        (known, true) => format!("{count}, {}", format::size(known)),
        (known, false) => format!("{count}, {} and more", format::size(known)),
    }
}

/// Summarises a file: size, source and checksums.
fn file_summary(file: &MetalinkFile) -> String {
    let size = file
        .len
        .map_or_else(|| "size unknown".to_owned(), format::size);
    let from = match &file.sources[..] {
        [] => return format!("{size} · no http:// or https:// link"),
        [only] => only.host().to_owned(),
        many => format!("{} mirrors", many.len()),
    };
    let whole = file.checksum.as_ref().map(Checksum::name);
    let pieces = file.pieces.as_ref();
    let pieces = pieces.map(|pieces| format::count(pieces.count(), "piece"));
    let checked: Vec<String> = whole.map(str::to_owned).into_iter().chain(pieces).collect();
    match checked.is_empty() {
        true => format!("{size} · {from} · no checksum"),
        false => format!("{size} · {from} · {}", checked.join(", ")),
    }
}

/// Draws the mirrors and notices of a file.
fn more_ui(ui: &mut Ui, file: &MetalinkFile) {
    for source in file.sources.iter().take(MOST_SHOWN) {
        ui.label(source.to_string());
    }
    let more = file.sources.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        ui.label(controls::small(ui, format!("and {more} more")));
    }
    for notice in &file.notices {
        ui.label(controls::small(ui, format::capital(notice)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_engine::metalink;

    fn files() -> Vec<MetalinkFile> {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = format!(
            "<metalink xmlns='urn:ietf:params:xml:ns:metalink'>
            <file name='a.iso'><size>5000000</size><hash type='sha-256'>{hash}</hash>
              <pieces length='3000000' type='sha-256'><hash>{hash}</hash><hash>{hash}</hash></pieces>
              <url>http://one/a</url><url>http://two/a</url></file>
            <file name='b.iso'><url>https://one/b</url></file>
            <file name='c.iso'><size>1</size><url>ftp://one/c</url></file></metalink>"
        );
        metalink::parse(&text).unwrap()
    }

    #[test]
    fn a_file_is_summarised_by_size_source_and_checksum() {
        let words: Vec<String> = files().iter().map(file_summary).collect();
        assert_eq!(
            words,
            [
                "5.00 MB · 2 mirrors · SHA-256, 2 pieces",
                "size unknown · one · no checksum",
                "1 B · no http:// or https:// link",
            ]
        );
        assert_eq!(total(&files()), "3 files, 5.00 MB and more");
    }

    #[test]
    fn downloadable_files_are_selected_by_default() {
        let (files, mut choice) = (files(), MetalinkSelection::default());
        let names = |choice: &MetalinkSelection, key| -> Vec<String> {
            let wanted = choice.files(key, &files);
            wanted.map(|file| file.name.clone()).collect()
        };
        assert_eq!(names(&choice, "x"), ["a.iso", "b.iso"]);
        choice.want("x", 0, false);
        assert_eq!(names(&choice, "x"), ["b.iso"]);
        assert_eq!(names(&choice, "y"), ["a.iso", "b.iso"]);
        choice.want("x", 0, true);
        assert_eq!(names(&choice, "x"), ["a.iso", "b.iso"]);
    }
}
