//! Tests of the Settings screen: each setting takes effect at once.

use std::net::TcpListener;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lanes::ui::Options;

use crate::harness::*;

#[test]
fn settings_apply_at_once_to_downloads() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    choose(&mut window, "5 connections");
    type_into(&mut window, "Total speed limit", "fast");
    until(&mut window, "the error at the field", |window| {
        says(window, "`fast`")
    });
    // A number on the way to the one that is meant limits nothing.
    type_into(&mut window, "Total speed limit", "1");
    until(&mut window, "the error at the field", |window| {
        says(window, "at least 1 kB/s")
    });
    type_into(&mut window, "Total speed limit", "1 MB");
    assert!(!says(&window, "Limited to 1.00 MB/s in total"));
    window.key_press(Key::Enter);
    until(&mut window, "the limit", |window| {
        says(window, "Limited to 1.00 MB/s in total")
    });
    go_to(&mut window, Key::Num1);
    type_into(&mut window, "File or link", "sample-30MB.bin");
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 30.0 MB · 5 connections")
    });
    until(&mut window, "the state of the connections", |window| {
        shows(window, "Held by limit")
    });
    assert!(!shows(&window, "Stalled"), "{:?}", all_words(&window));
    // The limit would make the download take 30 s; removing it ends the download at once.
    go_to(&mut window, Key::Num4);
    type_into(&mut window, "Total speed limit", " ");
    window.key_press(Key::Enter);
    go_to(&mut window, Key::Num1);
    until(&mut window, "the download to finish", |window| {
        shows(window, "Finished")
    });
}

#[cfg(unix)]
#[test]
fn a_server_that_accepts_few_connections_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let memory = folder.path().join("hosts.json");
    let learned = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let known = |server| format!(r#"{{"server":"{server}","connections":2,"learned":{learned}}}"#);
    let text = format!("[{},{}]", known("a.org:80"), known("b.org:443"));
    lanes_engine::replace_private(&memory, text.as_bytes()).unwrap();
    let mut window = open(Options {
        history: Some(folder.path().join("downloads.json")),
        ..options(folder.path())
    });
    go_to(&mut window, Key::Num4);
    until(&mut window, "both servers", |window| {
        says(window, "a.org:80: at most 2 connections") && says(window, "b.org:443: at most 2")
    });
    click(&mut window, "Forget a.org:80");
    until(&mut window, "one server less", |window| {
        !says(window, "a.org:80") && says(window, "b.org:443: at most 2")
    });
    let left = std::fs::read_to_string(&memory).unwrap();
    assert!(
        left.contains("b.org:443") && !left.contains("a.org"),
        "{left}"
    );
    click(&mut window, "Forget b.org:443");
    until(&mut window, "an empty list", |window| {
        says(window, "No server has refused connections")
    });
}

#[test]
fn zoom_keys_change_the_scale_setting() {
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
fn local_server_moves_to_another_port() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    go_to(&mut window, Key::Num4);
    type_number(&mut window, "Port of the local server", &port);
    until(&mut window, "the server on its new port", |window| {
        says(window, &format!("Local server on 127.0.0.1:{port}"))
    });
    go_to(&mut window, Key::Num1);
    let field = window.get_by_role_and_label(Role::TextInput, "Server");
    let server = field.accesskit_node().value().unwrap_or_default();
    assert_eq!(
        server,
        format!("127.0.0.1:{port}"),
        "the form must show the new port"
    );
    download_all(&mut window, &["Data-50KB.jpg"]);
}

#[test]
fn unreadable_settings_are_reported_and_the_program_still_works() {
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
fn finished_and_failed_downloads_notify_only_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, notifications) = crossbeam_channel::bounded(8);
    let mut window = open(Options {
        notifications: Some(sender),
        ..options(folder.path())
    });
    download_all(&mut window, &["Data-50KB.jpg"]);
    assert!(
        notifications.is_empty(),
        "no notification while the window has the focus"
    );
    window.input_mut().focused = false;
    download_all(&mut window, &["Data-500KB.jpg"]);
    let finished = notifications.try_recv().expect("a notification");
    assert_eq!(finished.summary, "Data-500KB.jpg downloaded");
    assert!(finished.body.starts_with("460 kB in "), "{}", finished.body);
    type_into(&mut window, "File or link", "none");
    click(&mut window, "Download");
    until(&mut window, "the failure", |window| shows(window, "Failed"));
    assert_eq!(notifications.try_recv().unwrap().summary, "none failed");
    go_to(&mut window, Key::Num4);
    let label = "Notify when a download finishes in the background";
    window.get_by_role_and_label(Role::CheckBox, label).click();
    window.step();
    go_to(&mut window, Key::Num1);
    download_all(&mut window, &["Data.jpg"]);
    assert!(notifications.is_empty(), "notifications are switched off");
}
