//! Tests of HTTP links in the window: metadata, mirrors, and restart after the file changed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key};
use egui_kittest::kittest::{NodeT, Queryable};
use lanes_server::{Config, Server};

use crate::harness::*;

/// Serves a folder on loopback.
fn serve(root: &Path) -> Server {
    let config = Config {
        root: Some(root.to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

/// Pastes links after a first download and waits for the add dialog.
fn paste(window: &mut Window<'_>, links: &str) {
    download_all(window, &["Data-50KB.jpg"]);
    clear_focus(window);
    window.event(Event::Paste(links.to_owned()));
    until(window, "the add dialog", |window| {
        shows(window, "Add downloads") && shows(window, "Speed limit")
    });
}

#[test]
fn add_dialog_shows_the_metadata_of_each_link() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("a.bin"), vec![1; 3_000_000]).unwrap();
    let server = serve(root.path());
    // This server ignores ranges and sends the whole file.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let rangeless = other.local_addr().unwrap();
    let responder = std::thread::Builder::new().spawn(move || {
        let (mut socket, _) = other.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7000\r\n\r\n");
    });
    let mut window = window(folder.path());
    let (addr, silent) = (server.addr(), TcpListener::bind("127.0.0.1:0").unwrap());
    let unresponsive = silent.local_addr().unwrap();
    paste(
        &mut window,
        &format!(
            "http://{addr}/a.bin http://{addr}/none http://{rangeless}/old.zip http://{unresponsive}/slow"
        ),
    );
    for text in [
        "a.bin: 3.00 MB, resumable",
        "none: 127.0.0.1 has no such file",
        "old.zip: 7.00 kB, not resumable: one connection",
        "slow: waiting for 127.0.0.1",
    ] {
        until(&mut window, text, |window| says(window, text));
    }
    responder.unwrap().join().unwrap();
    // The server that never responds must not keep the dialog open.
    window.key_press(Key::Escape);
    until(&mut window, "the dialog to close", |window| {
        !shows(window, "Add downloads")
    });
}

#[test]
fn mirrors_form_one_download_whose_details_list_them() {
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
    until(&mut window, "the start button", |window| {
        shows(window, "Start 2")
    });
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
    for text in [
        &format!("http://{second}/a.bin"),
        "ETag",
        "Last-Modified",
        "Mirror",
        "automatic, at most 16",
    ] {
        assert!(says(&window, text), "{text}: {:?}", all_words(&window));
    }
}

#[test]
fn mirrors_of_different_length_are_refused() {
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
    until(&mut window, "the metadata", |window| {
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
    until(&mut window, "the error message", |window| {
        says(window, "These are not mirrors of one file")
    });
}

#[test]
fn links_that_cannot_be_started_stay_in_the_dialog_and_stop_no_other() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("a.bin"), vec![1; 1000]).unwrap();
    let server = serve(root.path());
    let addr = server.addr();
    let mut window = window(folder.path());
    paste(
        &mut window,
        &format!("htp://foo http://{addr}/a.bin http://{addr}/none.bin"),
    );
    until(&mut window, "the metadata", |window| {
        shows(window, "Start 1 · 2 cannot")
    });
    click(&mut window, "Start 1 · 2 cannot");
    until(&mut window, "the file", |window| {
        rows(window)[0] == "a.bin, Finished"
    });
    assert_eq!(rows(&window).len(), 2, "{:?}", rows(&window));
    let field = window.get_by_role_and_label(Role::MultilineTextInput, "Links, one per line");
    let left = field.accesskit_node().value().unwrap();
    assert_eq!(left, format!("htp://foo\nhttp://{addr}/none.bin"));
}

#[test]
fn a_new_path_without_an_extension_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let new = folder.path().join("newfolder");
    type_into(&mut window, "Save to", &new.display().to_string());
    type_into(&mut window, "File or link", "Data-50KB.jpg");
    click(&mut window, "Download");
    until(&mut window, "the question", |window| {
        says(window, "is it a folder or a file name?")
    });
    click(&mut window, "Create folder");
    until(&mut window, "the file", |window| {
        rows(window) == ["Data-50KB.jpg, Finished"]
    });
    assert!(new.join("Data-50KB.jpg").is_file());
}

#[test]
fn changed_file_is_restarted_by_its_button() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = root.path().join("a.bin");
    std::fs::write(&file, vec![1; 60_000_000]).unwrap();
    let server = serve(root.path());
    let mut window = window(folder.path());
    paste(&mut window, &format!("http://{}/a.bin", server.addr()));
    type_into(&mut window, "Speed limit", "30 MB");
    click(&mut window, "Start");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 60.0 MB ·")
    });
    click(&mut window, "Pause");
    until(&mut window, "the pause", |window| shows(window, "Resume"));
    std::fs::write(&file, vec![2; 5_000_000]).unwrap();
    click(&mut window, "Resume");
    until(&mut window, "the restart button", |window| {
        shows(window, "Start over")
    });
    click(&mut window, "Start over");
    until(&mut window, "the file", |window| {
        rows(window)[0] == "a.bin, Finished"
    });
    let saved = std::fs::read(folder.path().join("a.bin")).unwrap();
    assert!(saved == vec![2; 5_000_000]);
}

#[test]
fn a_copied_command_becomes_a_download_with_its_cookies() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    // A page without the cookie would be another one.
    let respond = move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut head = vec![0; 8192];
            let len = socket.read(&mut head).unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..len]).to_ascii_lowercase();
            let status = match head.contains("cookie: sid=1") {
                true => "200 OK",
                false => "403 Forbidden",
            };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbytes");
            let _ = socket.write_all(answer.as_bytes());
        }
    };
    std::thread::Builder::new().spawn(respond).unwrap();
    let mut window = window(folder.path());
    let command = format!(
        "curl 'http://{addr}/f.bin?x=1' \\\n  -H 'accept-encoding: gzip' \\\n  -b 'sid=1' -A 'Browser'"
    );
    paste(&mut window, &command);
    until(&mut window, "what the command sends", |window| {
        says(window, "f.bin, with Cookie, User-Agent")
    });
    click(&mut window, "Start");
    until(&mut window, "the download", |window| {
        rows(window).contains(&"f.bin, Finished".to_owned())
    });
    assert_eq!(
        std::fs::read(folder.path().join("f.bin")).unwrap(),
        b"bytes"
    );
    clear_focus(&mut window);
    window.event(Event::Paste("curl http://h/f -d secret=1".to_owned()));
    until(&mut window, "the reason", |window| {
        says(window, "The command does not only fetch a file (-d)")
    });
}
