//! The Server screen.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, OutputCommand};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::compare::pick_link;
use crate::compare_url::local_server;
use crate::harness::*;

/// A client of another program that has asked for a file and takes its first bytes.
fn guest(addr: &str, file: &str) -> TcpStream {
    let mut guest = TcpStream::connect(addr).expect("the server answers");
    write!(guest, "GET /{file} HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is asked");
    guest.read_exact(&mut [0; 1024]).expect("its first bytes");
    guest
}

/// The value of a text field.
fn typed(window: &Window<'_>, field: &str) -> String {
    let field = window.get_by_role_and_label(Role::TextInput, field);
    field.accesskit_node().value().unwrap_or_default()
}

#[test]
fn the_server_is_stopped_moved_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    click(&mut window, "Stop");
    until(&mut window, "its end", |window| shows(window, "Stopped"));
    assert!(TcpStream::connect(&addr).is_err());
    assert!(says(&window, "serving at most"), "its log stays");
    // Before others can reach it there is a warning.
    type_into(&mut window, "Address", "0.0.0.0");
    until(&mut window, "the warning", |window| {
        says(window, "no password")
    });
    type_into(&mut window, "Address", "127.0.0.1");
    type_into(&mut window, "Port", "70000");
    until(&mut window, "no warning", |window| {
        !says(window, "no password")
    });
    click(&mut window, "Start");
    until(&mut window, "the answer", |window| {
        says(window, "\"70000\" is not a port")
    });
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    type_into(&mut window, "Port", "0");
    type_into(&mut window, "Folder", &folder.path().display().to_string());
    click(&mut window, "Start");
    until(&mut window, "the server", |window| {
        says(window, "Running on 127.0.0.1:")
    });
    assert_ne!(typed(&window, "Port"), "0", "it says which port it has");
    until(&mut window, "a line for its file", |window| {
        let line = format!(
            "curl -O http://127.0.0.1:{}/mine.txt",
            typed(window, "Port")
        );
        shows(window, &line)
    });
    window.try_run().expect("an idle window repaints");
}

#[test]
fn the_link_is_changed_while_a_guest_of_another_program_downloads() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    assert!(shows(&window, "No clients"));
    pick_link(&mut window, "Throttled mirror: ");
    until(&mut window, "the link", |window| {
        says(window, "the link is now throttled-mirror")
    });
    let guest = guest(&addr, "sample-100MB.bin");
    until(&mut window, "the guest", |window| {
        shows(window, "HTTP") && shows(window, "sample-100MB.bin")
    });
    let flow = |window: &Window<'_>| says(window, "1 link, ") && says(window, "1 of 256");
    until(&mut window, "its link", flow);
    for head in ["Client", "Protocol", "File", "Sent", "Rate", "cwnd", "Lost"] {
        assert!(shows(&window, head), "{head}");
    }
    until(&mut window, "the graph of the rate", |window| {
        let words = all_words(window);
        let graph = words
            .iter()
            .find(|words| words.starts_with("Graph of the rate"));
        graph.is_some_and(|graph| graph.contains("kB/s"))
    });
    assert!(says(&window, "Graph of the queue in the last two minutes"));
    // Typed, it is put in force without a click.
    click(&mut window, "Edit the link…");
    type_into(&mut window, "Limit (Mbit/s)", "0");
    until(&mut window, "the refusal", |window| {
        says(window, "per_connection_mbit must be")
    });
    type_into(&mut window, "Limit (Mbit/s)", "1");
    until(&mut window, "the change", |window| {
        says(window, "per_connection_mbit = 1")
    });
    click(&mut window, "Close the link editor");
    drop(guest);
    until(&mut window, "its end", |window| shows(window, "No clients"));
    pick_link(&mut window, "Open loopback: ");
    until(&mut window, "no link", |window| {
        says(window, "the link is now open")
    });
    until(&mut window, "rest", |window| says(window, "Now –, at most"));
    window.try_run().expect("an idle window repaints");
}

#[test]
fn there_is_a_line_to_copy_for_any_client() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    for (client, begins) in [
        ("aria2", "aria2c -x16 -s16 -k1M http://"),
        ("lanes get", "lanes get lanes://"),
        ("lanes compare", "lanes compare lanes://"),
        ("curl", "curl -O http://"),
    ] {
        choose(&mut window, &format!("Command for {client}"));
        let line = format!("{begins}{addr}/Data");
        until(&mut window, client, |window| says(window, &line));
        window.get_by_role_and_label(Role::Button, "Copy").click();
        window.step();
        let commands = &window.output().platform_output.commands;
        let copied = commands.iter().any(
            |command| matches!(command, OutputCommand::CopyText(text) if text.starts_with(&line)),
        );
        assert!(copied, "{client}: {commands:?}");
    }
    window.get_by_role_and_label(Role::ComboBox, "File").click();
    until(&mut window, "the files", |window| {
        shows(window, "sample-100MiB.bin")
    });
    click(&mut window, "sample-100MiB.bin");
    let line = format!("curl -O http://{addr}/sample-100MiB.bin");
    until(&mut window, "the line", |window| shows(window, &line));
    // The real thing, by the line that is shown.
    go_to(&mut window, Key::Num3);
    drop(guest(&addr, "Data-50KB.jpg"));
}
