//! Files of web servers in the window: looked at, mirrored, begun anew.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key};
use egui_kittest::kittest::Queryable;
use lanes_server::{Config, Server};

use crate::harness::*;

fn serve(root: &Path) -> Server {
    let config = Config {
        root: Some(root.to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

fn paste(window: &mut Window<'_>, links: &str) {
    download_all(window, &["Data-50KB.jpg"]);
    leave_fields(window);
    window.event(Event::Paste(links.to_owned()));
    until(window, "the window", |window| {
        shows(window, "Add downloads") && shows(window, "Speed limit")
    });
}

#[test]
fn a_link_is_looked_at_and_what_follows_is_said() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("a.bin"), vec![1; 3_000_000]).unwrap();
    let server = serve(root.path());
    // One that gives only the whole.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let whole = other.local_addr().unwrap();
    let answers = std::thread::Builder::new().spawn(move || {
        let (mut socket, _) = other.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7000\r\n\r\n");
    });
    let mut window = window(folder.path());
    let (addr, silent) = (server.addr(), TcpListener::bind("127.0.0.1:0").unwrap());
    let never = silent.local_addr().unwrap();
    paste(
        &mut window,
        &format!(
            "http://{addr}/a.bin http://{addr}/none http://{whole}/old.zip http://{never}/slow"
        ),
    );
    for words in [
        "a.bin: 3.00 MB, resumable",
        "none: 127.0.0.1 has no such file",
        "old.zip: 7.00 kB, not resumable: one connection",
        "slow: waiting for 127.0.0.1",
    ] {
        until(&mut window, words, |window| says(window, words));
    }
    answers.unwrap().join().unwrap();
    // The one that never answers does not hold up the window's end.
    window.key_press(Key::Escape);
    until(&mut window, "its end", |window| {
        !shows(window, "Add downloads")
    });
}

#[test]
fn mirrors_are_one_download_and_its_details_tell_the_truth() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes: Vec<u8> = (0..4_000_000_u32).map(|n| (n / 7) as u8).collect();
    std::fs::write(root.path().join("a.bin"), &bytes).unwrap();
    let servers = [serve(root.path()), serve(root.path())];
    let [first, second] = servers.each_ref().map(Server::addr);
    let mut window = window(folder.path());
    paste(
        &mut window,
        &format!("http://{first}/a.bin http://{second}/a.bin"),
    );
    until(&mut window, "the offer", |window| shows(window, "Start 2"));
    window
        .get_by_role_and_label(Role::CheckBox, "These are mirrors of one file")
        .click();
    until(&mut window, "one download", |window| shows(window, "Start"));
    click(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["a.bin, Finished", "Data-50KB.jpg, Finished"]
    });
    assert!(std::fs::read(folder.path().join("a.bin")).unwrap() == bytes);
    choose(&mut window, "Details");
    window.step();
    for words in [
        &format!("http://{second}/a.bin"),
        "ETag",
        "Last-Modified",
        "Mirror",
        "automatic, at most 16",
    ] {
        assert!(says(&window, words), "{words}: {:?}", all_words(&window));
    }
}

#[test]
fn mirrors_whose_lengths_differ_are_refused() {
    let (roots, folder) = (
        [1, 2].map(|_| tempfile::tempdir().unwrap()),
        tempfile::tempdir().unwrap(),
    );
    let servers = [0, 1].map(|number: usize| {
        std::fs::write(roots[number].path().join("a.bin"), vec![1; 1000 + number]).unwrap();
        serve(roots[number].path())
    });
    let [first, second] = servers.each_ref().map(Server::addr);
    let mut window = window(folder.path());
    paste(
        &mut window,
        &format!("http://{first}/a.bin http://{second}/a.bin"),
    );
    until(&mut window, "the looks", |window| {
        window
            .query_all_by_label("a.bin: 1.00 kB, resumable")
            .count()
            == 2
    });
    window
        .get_by_role_and_label(Role::CheckBox, "These are mirrors of one file")
        .click();
    until(&mut window, "one download", |window| shows(window, "Start"));
    click(&mut window, "Start");
    until(&mut window, "the answer", |window| {
        says(window, "These are not mirrors of one file")
    });
}

#[test]
fn a_file_that_changed_is_begun_anew_by_its_button() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = root.path().join("a.bin");
    std::fs::write(&file, vec![1; 60_000_000]).unwrap();
    let server = serve(root.path());
    let mut window = window(folder.path());
    paste(&mut window, &format!("http://{}/a.bin", server.addr()));
    type_into(&mut window, "Speed limit", "30 MB");
    click(&mut window, "Start");
    until(&mut window, "its first bytes", |window| {
        says(window, "of 60.0 MB ·")
    });
    click(&mut window, "Pause");
    until(&mut window, "the pause", |window| shows(window, "Resume"));
    std::fs::write(&file, vec![2; 5_000_000]).unwrap();
    click(&mut window, "Resume");
    until(&mut window, "the answer", |window| {
        shows(window, "Start over")
    });
    click(&mut window, "Start over");
    until(&mut window, "the file", |window| {
        rows(window)[0] == "a.bin, Finished"
    });
    let saved = std::fs::read(folder.path().join("a.bin")).unwrap();
    assert!(saved == vec![2; 5_000_000]);
}
