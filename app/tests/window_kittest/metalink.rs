//! Tests of Metalink files in the window: pasted, dropped or linked; their files are selected and
//! downloaded.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::Builder;

use eframe::egui::accesskit::Role;
use eframe::egui::{DroppedFile, Event, Key, vec2};
use egui_kittest::kittest::Queryable;
use lanes_server::{Config, Server};
use sha2::{Digest as _, Sha256};

use crate::harness::*;

/// A folder with two files that two servers serve.
struct Mirrors {
    root: tempfile::TempDir,
    servers: [Server; 2],
}

impl Mirrors {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for (name, len) in [("one.bin", 3_000_000), ("two.bin", 700_000)] {
            std::fs::write(root.path().join(name), bytes(len)).expect("a file");
        }
        let serve = || {
            let config = Config {
                root: Some(root.path().to_owned()),
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                ..Config::default()
            };
            Server::start(config).expect("a server on loopback")
        };
        let servers = [serve(), serve()];
        Self { root, servers }
    }

    /// Returns a Metalink of both files and of one that has only an FTP link.
    fn text(&self) -> String {
        let mut text = "<metalink xmlns='urn:ietf:params:xml:ns:metalink'>".to_owned();
        for name in ["one.bin", "two.bin"] {
            let bytes = std::fs::read(self.root.path().join(name)).expect("the file");
            let hash = hex(&bytes);
            let _ = write!(text, "<file name='{name}'><size>{}</size>", bytes.len());
            let _ = write!(text, "<hash type='sha-256'>{hash}</hash>");
            for server in &self.servers {
                let _ = write!(text, "<url>http://{}/{name}</url>", server.addr());
            }
            text += "</file>";
        }
        text + "<file name='three.bin'><size>5</size><url>ftp://h/three</url></file></metalink>"
    }

    /// Writes the Metalink to a file in `folder`.
    fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.text()).expect("a file");
        path
    }
}

fn bytes(len: u32) -> Vec<u8> {
    (0..len).map(|n| (n / 7) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Starts an HTTP server that sends this text as the response to every request.
fn serve_text(kind: &'static str, text: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its port");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    let response: Arc<[u8]> = (head + text).into_bytes().into();
    let serve = move || {
        for socket in listener.incoming().flatten() {
            let response = Arc::clone(&response);
            // A preconnected socket that sends no request must not block the others.
            let _ = Builder::new().spawn(move || respond(socket, &response));
        }
    };
    Builder::new().spawn(serve).expect("a thread");
    addr
}

fn respond(mut socket: TcpStream, response: &[u8]) {
    if socket.read(&mut [0; 4096]).is_ok_and(|len| len > 0) {
        let _ = socket.write_all(response);
    }
}

/// Pastes a text outside every field.
fn paste(window: &mut Window<'_>, text: &str) {
    clear_focus(window);
    window.event(Event::Paste(text.to_owned()));
}

/// Toggles the check box whose label starts with `prefix`.
fn toggle(window: &mut Window<'_>, prefix: &str) {
    window
        .get_by(|node| {
            node.role() == Role::CheckBox
                && node.label().is_some_and(|label| label.starts_with(prefix))
        })
        // Not by position: the dialog grows while metadata arrives.
        .click_accesskit();
    window.step();
}

/// Clicks the start button with this label.
fn start(window: &mut Window<'_>, label: &str) {
    window
        .get_by_role_and_label(Role::Button, label)
        .click_accesskit();
    window.step();
}

#[test]
fn pasted_path_lists_its_files_and_downloads_the_selected_ones() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let metalinks = tempfile::tempdir().unwrap();
    let path = mirrors.write(metalinks.path(), "what i want.meta4");
    let mut window = window(folder.path());
    paste(&mut window, &path.display().to_string());
    for text in [
        "what i want.meta4 lists 3 files, 3.70 MB",
        "one.bin",
        "3.00 MB · 2 mirrors · SHA-256",
        "three.bin",
        "5 B · no http:// or https:// link",
        "Start 2",
    ] {
        until(&mut window, text, |window| shows(window, text));
    }
    toggle(&mut window, "what i want.meta4");
    until(&mut window, "an empty selection", |window| {
        shows(window, "Start")
    });
    start(&mut window, "Start");
    until(&mut window, "the hint", |window| {
        shows(window, "Select a file first")
    });
    toggle(&mut window, "one.bin");
    start(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["one.bin, Finished"]
    });
    assert_eq!(file_names(folder.path()), ["one.bin"]);
    assert!(std::fs::read(folder.path().join("one.bin")).unwrap() == bytes(3_000_000));
    choose(&mut window, "Details");
    until(&mut window, "the verified checksum", |window| {
        says(window, "SHA-256 verified") && says(window, "Mirror")
    });
}

#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn dropped_metalink_is_added_and_all_its_files_are_downloaded() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let metalinks = tempfile::tempdir().unwrap();
    let path = mirrors.write(metalinks.path(), "both.meta4");
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    go_to(&mut window, Key::Num2);
    for path in [path, metalinks.path().join("a.jpg")] {
        let input = window.input_mut();
        input.dropped_files.push(Arc::new(Dropped(path)));
    }
    until(&mut window, "the error and the offer", |window| {
        says(window, "Only Metalink files (.meta4), lists (.txt") && shows(window, "Start 2")
    });
    start(&mut window, "Start 2");
    until(&mut window, "the files", |window| {
        let mut rows = rows(window);
        rows.sort();
        rows == ["one.bin, Finished", "two.bin, Finished"]
    });
    assert_eq!(file_names(folder.path()), ["one.bin", "two.bin"]);
}

#[test]
fn link_to_a_metalink_lists_its_files_or_saves_the_metalink() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let addr = serve_text("application/metalink4+xml", &mirrors.text());
    let mut window = window(folder.path());
    type_into(
        &mut window,
        "File or link",
        &format!("http://{addr}/latest"),
    );
    click(&mut window, "Download");
    until(&mut window, "the list of files", |window| {
        shows(window, "latest lists 3 files, 3.70 MB") && shows(window, "Start 2")
    });
    assert!(rows(&window).is_empty(), "{:?}", rows(&window));
    toggle(&mut window, "Save latest itself");
    until(&mut window, "the start button", |window| {
        shows(window, "Start")
    });
    start(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["latest, Finished"]
    });
    assert_eq!(file_names(folder.path()), ["latest"]);
}

#[test]
fn unreadable_metalink_shows_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let path = folder.path().join("none.meta4");
    type_into(&mut window, "File or link", &path.display().to_string());
    click(&mut window, "Download");
    until(&mut window, "the reason", |window| {
        says(window, "none.meta4: cannot read the Metalink file")
    });
    start(&mut window, "Start");
    until(&mut window, "the reason as a message", |window| {
        window
            .query_all_by_label_contains("cannot read the Metalink file")
            .count()
            == 2
    });
}
