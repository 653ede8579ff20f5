//! The settings: each takes effect at once, and comes back.

use std::net::TcpListener;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::Options;

use crate::harness::*;

#[test]
fn what_is_set_holds_for_the_next_download_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    choose(&mut window, "5 connections");
    type_into(&mut window, "Total speed limit", "fast");
    until(&mut window, "what is wrong with it", |window| {
        says(window, "`fast`")
    });
    type_into(&mut window, "Total speed limit", "1 MB");
    go_to(&mut window, Key::Num1);
    type_into(&mut window, "File or link", "sample-30MB.bin");
    click(&mut window, "Download");
    until(&mut window, "its first bytes", |window| {
        says(window, "of 30.0 MB · 5 connections")
    });
    // At this rate it takes half a minute; without the limit no time at all.
    go_to(&mut window, Key::Num4);
    type_into(&mut window, "Total speed limit", " ");
    go_to(&mut window, Key::Num1);
    until(&mut window, "its end", |window| shows(window, "Finished"));
}

#[test]
fn keys_make_everything_larger_and_the_setting_follows() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    for (key, shown) in [
        (Key::Plus, "110 %"),
        (Key::Minus, "100 %"),
        (Key::Minus, "90 %"),
        (Key::Num0, "100 %"),
    ] {
        go_to(&mut window, key);
        until(&mut window, shown, |window| {
            let number = window.get_by_role_and_label(Role::SpinButton, "Scale");
            number.accesskit_node().value().as_deref() == Some(shown)
        });
    }
}

#[test]
fn the_local_server_goes_to_another_port() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    go_to(&mut window, Key::Num4);
    type_number(&mut window, "Port of the local server", &port);
    until(&mut window, "the server", |window| {
        says(window, &format!("Local server on 127.0.0.1:{port}"))
    });
    go_to(&mut window, Key::Num1);
    let field = window.get_by_role_and_label(Role::TextInput, "Server");
    let server = field.accesskit_node().value().unwrap_or_default();
    assert_eq!(server, format!("127.0.0.1:{port}"), "the form follows");
    download_all(&mut window, &["Data-50KB.jpg"]);
}

#[test]
fn settings_that_cannot_be_read_are_said_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(Options {
        stored: Some("}{".into()),
        remark: Some("The file was set aside as x".into()),
        ..options(folder.path())
    });
    assert!(says(&window, "The settings could not be read"));
    assert!(says(&window, "The file was set aside as x"));
    download_all(&mut window, &["Data-50KB.jpg"]);
}

#[test]
fn the_end_of_a_download_is_told_to_who_looks_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, told) = crossbeam_channel::bounded(8);
    let mut window = open(Options {
        notifications: Some(sender),
        ..options(folder.path())
    });
    download_all(&mut window, &["Data-50KB.jpg"]);
    assert!(told.is_empty(), "it was seen");
    window.input_mut().focused = false;
    download_all(&mut window, &["Data-500KB.jpg"]);
    let of_good = told.try_recv().expect("a notification");
    assert_eq!(of_good.summary, "Data-500KB.jpg downloaded");
    assert!(of_good.body.starts_with("460 kB in "), "{}", of_good.body);
    type_into(&mut window, "File or link", "none");
    click(&mut window, "Download");
    until(&mut window, "its end", |window| shows(window, "Failed"));
    assert_eq!(told.try_recv().unwrap().summary, "none failed");
    go_to(&mut window, Key::Num4);
    let words = "Notify when a download finishes in the background";
    window.get_by_role_and_label(Role::CheckBox, words).click();
    window.step();
    go_to(&mut window, Key::Num1);
    download_all(&mut window, &["Data.jpg"]);
    assert!(told.is_empty(), "it was not to be told");
}
