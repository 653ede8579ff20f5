//! The first start for a new user: the first results need only a few clicks and no typing.

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use crate::harness::*;

/// Names of the controls clicked so far, in order.
#[derive(Default)]
struct Clicks(Vec<String>);

impl Clicks {
    fn on(&mut self, window: &mut Window<'_>, role: Role, name: &str) {
        window.get_by_role_and_label(role, name).click();
        window.step();
        self.0.push(name.to_owned());
    }
}

#[test]
fn first_download_needs_at_most_two_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let mut clicks = Clicks::default();
    clicks.on(&mut window, Role::Button, "Download Data.jpg, 4.77 MB");
    until(&mut window, "the picture", |window| {
        shows(window, "Finished") && says(window, "Picture Data.jpg")
    });
    assert!(std::fs::read(folder.path().join("Data.jpg")).unwrap() == asset("Data.jpg"));
    assert!(clicks.0.len() <= 2, "{:?}", clicks.0);
}

#[test]
fn first_comparison_needs_at_most_three_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let mut clicks = Clicks::default();
    clicks.on(&mut window, Role::Button, "Compare");
    clicks.on(&mut window, Role::Button, "Run");
    until(&mut window, "the comparison to finish", |window| {
        shows(window, "Export…")
    });
    // The conclusion states the speed-up.
    assert!(
        says(&window, "\u{a0}× as fast as 1"),
        "{:?}",
        all_words(&window)
    );
    assert!(clicks.0.len() <= 3, "{:?}", clicks.0);
}
