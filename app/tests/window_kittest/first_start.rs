//! The first start for a new user: the first results need only a few clicks and no typing.

use std::net::SocketAddr;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key};
use egui_kittest::kittest::Queryable;
use lanes_server::{Config, Server};

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
fn a_link_pasted_as_the_very_first_act_is_downloaded_by_enter() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("own.bin"), vec![7; 90_000]).unwrap();
    let config = Config {
        root: Some(root.path().to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    let server = Server::start(config).unwrap();
    let mut window = window(folder.path());
    let link = format!(" http://{}/own.bin\n", server.addr());
    window.event(Event::Paste(link));
    window.step();
    window.key_press(Key::Enter);
    until(&mut window, "the file", |window| {
        rows(window) == ["own.bin, Finished"]
    });
    assert!(std::fs::read(folder.path().join("own.bin")).unwrap() == vec![7; 90_000]);
    // Several links, one per line, are for the dialog that takes several.
    window
        .get_by_role_and_label(Role::TextInput, "File or link")
        .focus();
    window.step();
    window.event(Event::Paste(
        "https://a.invalid/x\nhttps://b.invalid/y".to_owned(),
    ));
    until(&mut window, "the dialog", |window| {
        shows(window, "Add downloads")
    });
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
        says(&window, "times as fast as 1"),
        "{:?}",
        all_words(&window)
    );
    assert!(clicks.0.len() <= 3, "{:?}", clicks.0);
}
