//! Speed limit, connections and priority of a running download, changed in the window without a pause.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

/// Returns whether the download runs and has not been paused.
fn runs(window: &Window<'_>) -> bool {
    rows(window) == ["sample-8GiB.bin, Running"] && !says(window, "from earlier")
}

#[test]
fn limits_of_a_running_download_change_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    type_into(&mut window, "File or link", "sample-8GiB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 8.59 GB ·")
    });
    click(&mut window, "Limits");
    let field = "Speed limit of this download";
    until(&mut window, "the options", |window| shows(window, field));
    // The form above has the same buttons; those of the popup are drawn last.
    let chips = |window: &Window<'_>, name: &str| {
        let chips = window.query_all_by_role_and_label(Role::RadioButton, name);
        chips.last().expect(name).click();
    };
    chips(&window, "5 connections");
    until(&mut window, "five connections", |window| {
        says(window, "· 5 connections ·") && says(window, "5/5")
    });
    type_into(&mut window, field, "500 kB");
    window.key_press(Key::Enter);
    until(&mut window, "the limit", |window| {
        says(window, "limited to 500 kB/s")
    });
    assert!(runs(&window));
    chips(&window, "Low priority");
    until(&mut window, "the priority", |window| {
        let chip = window.get_by_role_and_label(Role::RadioButton, "Low priority");
        chip.accesskit_node().toggled() == Some(eframe::egui::accesskit::Toggled::True)
            || chip.accesskit_node().is_selected() == Some(true)
    });
    assert!(runs(&window));
    window.key_press(Key::Escape);
    until(&mut window, "the popup to close", |window| {
        !shows(window, field)
    });
    // The limit of all downloads, in the status line.
    window
        .get_by_role_and_label(Role::Button, "No speed limit")
        .click();
    until(&mut window, "the menu", |window| shows(window, "No limit"));
    click(&mut window, "2.00 MB/s");
    until(&mut window, "the total limit", |window| {
        says(window, "Limited to 2.00 MB/s in total")
    });
    assert!(runs(&window));
}
