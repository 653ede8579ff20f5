//! Actions on the list: undo of a removal, another copy, move and rename, known links, dropped lists, and the
//! question before the window closes.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, ViewportEvent};
use egui_kittest::kittest::Queryable;

use crate::harness::*;
use crate::metalink::Dropped;

const FILE: &str = "Data-50KB.jpg";

#[test]
fn removed_downloads_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &[FILE, "Data.jpg"]);
    clear_focus(&mut window);
    window.key_press_modifiers(eframe::egui::Modifiers::COMMAND, Key::A);
    window.step();
    window.key_press(Key::Delete);
    until(&mut window, "the empty list", |window| {
        rows(window).is_empty() && says(window, "Removed 2 downloads from the list")
    });
    click(&mut window, "Undo");
    until(&mut window, "both downloads", |window| {
        rows(window) == ["Data.jpg, Finished", "Data-50KB.jpg, Finished"]
    });
    assert_eq!(file_names(folder.path()).len(), 2);
}

#[test]
fn a_finished_file_is_renamed_and_downloaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    download_all(&mut window, &[FILE]);
    clear_focus(&mut window);
    window.key_press(Key::F2);
    until(&mut window, "the dialog", |window| {
        shows(window, "Move or rename")
    });
    let other = folder.path().join("other");
    type_into(&mut window, "Folder", &other.display().to_string());
    type_into(&mut window, "Name", "a/b");
    click(&mut window, "Move");
    until(&mut window, "the refusal", |window| {
        says(window, "is not a file name")
    });
    type_into(&mut window, "Name", "mine.jpg");
    window.key_press(Key::Enter);
    until(&mut window, "the new name", |window| {
        rows(window) == ["mine.jpg, Finished"]
    });
    assert!(std::fs::read(other.join("mine.jpg")).unwrap() == asset(FILE));
    assert_eq!(file_names(folder.path()), ["other"]);
    choose_tab(&mut window, "Details");
    click(&mut window, "Download again");
    until(&mut window, "the other copy", |window| {
        rows(window) == ["mine (1).jpg, Finished", "mine.jpg, Finished"]
    });
}

fn choose_tab(window: &mut Window<'_>, tab: &str) {
    let tab = window.query_all_by_label(tab).next().expect("a tab");
    tab.click();
    window.step();
    window.step();
}

#[test]
fn a_link_that_is_in_the_list_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let big = "sample-8GiB.bin";
    for _ in 0..2 {
        type_into(&mut window, "File or link", big);
        click(&mut window, "Download");
        until(&mut window, "the first bytes", |window| {
            says(window, "of 8.59 GB ·")
        });
    }
    until(&mut window, "the question", |window| {
        says(window, "sample-8GiB.bin is in the list already (running)")
    });
    assert_eq!(rows(&window).len(), 1);
    click(&mut window, "Download again");
    until(&mut window, "both", |window| rows(window).len() == 2);
}

#[test]
fn a_dropped_list_of_links_opens_in_the_add_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let drop_file = |window: &mut Window<'_>, name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        window
            .input_mut()
            .dropped_files
            .push(Arc::new(Dropped(path)));
    };
    drop_file(&mut window, "none.txt", "no link");
    until(&mut window, "the message", |window| {
        says(window, "There are no links in")
    });
    let list = "# mine\nlanes://127.0.0.1:1/a.bin\n\nlanes://127.0.0.1:1/b.bin\n";
    drop_file(&mut window, "links.txt", list);
    until(&mut window, "the dialog", |window| {
        shows(window, "Add downloads") && says(window, "a.bin") && says(window, "b.bin")
    });
}

#[test]
fn the_window_asks_before_it_closes_while_a_download_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    let close = |window: &mut Window<'_>| {
        let viewports = &mut window.input_mut().viewports;
        let root = viewports.entry(eframe::egui::ViewportId::ROOT).or_default();
        root.events.push(ViewportEvent::Close);
    };
    close(&mut window);
    until(&mut window, "the question", |window| {
        says(window, "1 download running")
    });
    click(&mut window, "Keep downloading");
    until(&mut window, "the window", |window| {
        !shows(window, "Quit Lanes?")
    });
    close(&mut window);
    until(&mut window, "the question", |window| {
        shows(window, "Quit Lanes?")
    });
    let ask = window.get_by_role_and_label(Role::CheckBox, "Do not ask again");
    ask.click();
    window.step();
    click(&mut window, "Quit");
    close(&mut window);
    window.step();
    assert!(!shows(&window, "Quit Lanes?"), "it is not asked again");
}
