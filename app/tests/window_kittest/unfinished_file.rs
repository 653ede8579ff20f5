//! Tests of unfinished files of other programs in the window, and of checksums beside a file.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::Queryable;
use lanes_server::{Config, Server};
use sha2::{Digest as _, Sha256};

use crate::harness::*;
use crate::metalink::Dropped;

const LEN: u32 = 3_000_000;

fn bytes() -> Vec<u8> {
    (0..LEN).map(|n| (n / 7 + n / 1000) as u8).collect()
}

/// Serves a folder on loopback.
fn serve(root: &Path) -> Server {
    let config = Config {
        root: Some(root.to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

#[test]
fn dropped_unfinished_file_is_continued_in_its_folder() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let left = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("a.bin"), bytes()).unwrap();
    let server = serve(root.path());
    let unfinished = left.path().join("a.bin.crdownload");
    std::fs::write(&unfinished, &bytes()[..2_000_000]).unwrap();
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    let dropped = Arc::new(Dropped(unfinished.clone()));
    window.input_mut().dropped_files.push(dropped);
    until(&mut window, "the unfinished file", |window| {
        shows(window, "Unfinished file of another program")
    });
    let links = format!("http://{}/a.bin", server.addr());
    let field = window.get_by_role_and_label(Role::MultilineTextInput, "Links, one per line");
    field.focus();
    window.step();
    window.event(eframe::egui::Event::Text(links));
    until(&mut window, "the metadata", |window| {
        says(window, "a.bin: 3.00 MB, resumable")
    });
    // Everything is within the smallest window, also the buttons below the form.
    let start = window.get_by_role_and_label(Role::Button, "Start").rect();
    assert!(start.bottom() <= 600.0, "{start:?}");
    click(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["a.bin, Finished"]
    });
    assert_eq!(file_names(left.path()), ["a.bin", "a.bin.crdownload"]);
    assert!(std::fs::read(left.path().join("a.bin")).unwrap() == bytes());
    assert!(std::fs::read(&unfinished).unwrap() == bytes()[..2_000_000]);
    assert!(file_names(folder.path()).is_empty());
}

#[test]
fn an_unfinished_file_belongs_to_one_link_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let dropped = Arc::new(Dropped(folder.path().join("x.iso.aria2")));
    window.input_mut().dropped_files.push(dropped);
    until(&mut window, "the unfinished file", |window| {
        shows(window, "Unfinished file of another program")
    });
    let field = window.get_by_role_and_label(Role::MultilineTextInput, "Links, one per line");
    field.focus();
    window.step();
    window.event(eframe::egui::Event::Text(
        "http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b".to_owned(),
    ));
    window.step();
    window.key_press(Key::Enter);
    until(&mut window, "both links", |window| {
        all_words(window)
            .iter()
            .any(|words| words.starts_with("Start 2"))
    });
    let name = all_words(&window);
    let name = name
        .iter()
        .find(|words| words.starts_with("Start 2"))
        .unwrap();
    click(&mut window, name);
    until(&mut window, "the error", |window| {
        says(window, "An unfinished file belongs to one link")
    });
    click(&mut window, "Remove");
    until(&mut window, "the form without it", |window| {
        !shows(window, "Unfinished file of another program")
    });
}

#[test]
fn files_are_compared_with_checksums_beside_them_if_the_setting_is_on() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hash = Sha256::digest(bytes());
    let hash: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for name in ["a.bin", "b.bin"] {
        std::fs::write(root.path().join(name), bytes()).unwrap();
    }
    let wrong = "0".repeat(64);
    let list = format!("{}  a.bin\n{wrong}  b.bin\n", hash.concat());
    std::fs::write(root.path().join("SHA256SUMS"), list).unwrap();
    let server = serve(root.path());
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num4);
    let setting = "Look for them beside each file";
    window
        .get_by_role_and_label(Role::CheckBox, setting)
        .click();
    window.step();
    go_to(&mut window, Key::Num1);
    for (name, row) in [("a.bin", "a.bin, Finished"), ("b.bin", "b.bin, Failed")] {
        type_into(
            &mut window,
            "File or link",
            &format!("http://{}/{name}", server.addr()),
        );
        click(&mut window, "Download");
        until(&mut window, row, |window| {
            rows(window).iter().any(|shown| shown == row)
        });
    }
    until(&mut window, "the reason", |window| {
        says(window, "SHA-256 checksum in SHA256SUMS")
    });
    assert!(!file_names(folder.path()).contains(&"b.bin".to_owned()));
}
