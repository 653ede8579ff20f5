//! Tests of the Server screen.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, OutputCommand};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::compare::{pick_link, toggle};
use crate::compare_url::local_server;
use crate::harness::*;

/// Connects as an external HTTP client, requests a file and reads its first KiB.
fn external_client(addr: &str, file: &str) -> TcpStream {
    let mut client = TcpStream::connect(addr).expect("the server accepts");
    write!(client, "GET /{file} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the request is sent");
    client
        .read_exact(&mut [0; 1024])
        .expect("the first KiB of the response");
    client
}

/// Returns the content of a text field.
fn field_value(window: &Window<'_>, field: &str) -> String {
    let field = window.get_by_role_and_label(Role::TextInput, field);
    field.accesskit_node().value().unwrap_or_default()
}

#[test]
fn server_is_stopped_reconfigured_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    click(&mut window, "Stop");
    until(&mut window, "the server to stop", |window| {
        shows(window, "Stopped")
    });
    assert!(TcpStream::connect(&addr).is_err());
    assert!(
        says(&window, "serving at most"),
        "the log must stay after the stop"
    );
    // An address that other machines can reach shows a warning.
    type_into(&mut window, "Address", "0.0.0.0");
    until(&mut window, "the warning", |window| {
        says(window, "no password")
    });
    type_into(&mut window, "Address", "127.0.0.1");
    type_into(&mut window, "Port", "70000");
    until(&mut window, "the warning to disappear", |window| {
        !says(window, "no password")
    });
    click(&mut window, "Start");
    until(&mut window, "the error message", |window| {
        says(window, "\"70000\" is not a port")
    });
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    type_into(&mut window, "Port", "0");
    type_into(&mut window, "Folder", &folder.path().display().to_string());
    click(&mut window, "Start");
    until(&mut window, "the server to start", |window| {
        says(window, "Running on 127.0.0.1:")
    });
    assert_ne!(
        field_value(&window, "Port"),
        "0",
        "the field must show the chosen port"
    );
    until(&mut window, "the command for the file", |window| {
        let line = format!(
            "curl -O http://127.0.0.1:{}/mine.txt",
            field_value(window, "Port")
        );
        shows(window, &line)
    });
    window.try_run().expect("an idle window repaints");
}

#[test]
fn link_is_changed_while_an_external_client_downloads() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    assert!(shows(&window, "No clients"));
    pick_link(&mut window, "Throttled mirror: ");
    until(&mut window, "the link", |window| {
        says(window, "the link is now throttled-mirror")
    });
    let client = external_client(&addr, "sample-100MB.bin");
    until(&mut window, "the client", |window| {
        shows(window, "HTTP") && shows(window, "sample-100MB.bin")
    });
    let flow = |window: &Window<'_>| says(window, "1 link, ") && says(window, "1 of 256");
    until(&mut window, "the emulated link", flow);
    for head in ["Client", "Protocol", "File", "Sent", "Rate", "cwnd", "Lost"] {
        assert!(shows(&window, head), "{head}");
    }
    until(&mut window, "the graph of the rate", |window| {
        let labels = all_words(window);
        let graph = labels
            .iter()
            .find(|text| text.starts_with("Graph of the rate"));
        graph.is_some_and(|graph| graph.contains("kB/s"))
    });
    assert!(says(&window, "Graph of the queue in the last two minutes"));
    // A typed value takes effect without a click.
    click(&mut window, "Edit the link…");
    type_into(&mut window, "Limit (Mbit/s)", "0");
    until(&mut window, "the error message", |window| {
        says(window, "per_connection_mbit must be")
    });
    type_into(&mut window, "Limit (Mbit/s)", "1");
    until(&mut window, "the change", |window| {
        says(window, "per_connection_mbit = 1")
    });
    click(&mut window, "Close the link editor");
    drop(client);
    until(&mut window, "the disconnect", |window| {
        shows(window, "No clients")
    });
    pick_link(&mut window, "Open loopback: ");
    until(&mut window, "the link to be removed", |window| {
        says(window, "the link is now open")
    });
    until(&mut window, "an idle graph", |window| {
        says(window, "Now –, at most")
    });
    window.try_run().expect("an idle window repaints");
}

#[test]
fn packets_of_emulated_links_are_captured() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("lanes-server-2.pcapng");
    std::fs::write(
        folder.path().join("lanes-server.pcapng"),
        "an earlier capture",
    )
    .unwrap();
    let mut window = window(folder.path());
    local_server(&mut window);
    click(&mut window, "Stop");
    until(&mut window, "the server to stop", |window| {
        shows(window, "Stopped")
    });
    toggle(&mut window, "Capture packets for Wireshark");
    click(&mut window, "Start");
    let words = format!(
        "packets of emulated links are captured in {}",
        capture.display()
    );
    until(&mut window, "the server to start", |window| {
        says(window, &words) && says(window, "Running on")
    });
    pick_link(&mut window, "Throttled mirror: ");
    until(&mut window, "the link", |window| {
        says(window, "the link is now throttled-mirror")
    });
    let addr = format!("127.0.0.1:{}", field_value(&window, "Port"));
    let mut client = external_client(&addr, "sample-100MB.bin");
    client
        .read_exact(&mut [0; 64 << 10])
        .expect("more of the response");
    drop(client);
    until(&mut window, "the packets of the session", |_| {
        std::fs::metadata(&capture).is_ok_and(|file| file.len() > 2_000)
    });
    let bytes = std::fs::read(&capture).unwrap();
    assert!(bytes.starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]), "not pcapng");
}

#[test]
fn command_line_is_offered_for_every_client() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    for (client, prefix) in [
        ("aria2", "aria2c -x16 -s16 -k1M http://"),
        ("lanes get", "lanes get lanes://"),
        ("lanes compare", "lanes compare lanes://"),
        ("curl", "curl -O http://"),
    ] {
        choose(&mut window, &format!("Command for {client}"));
        let line = format!("{prefix}{addr}/Data");
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
    until(&mut window, "the command", |window| shows(window, &line));
    // A real request for the file works too.
    go_to(&mut window, Key::Num3);
    drop(external_client(&addr, "Data-50KB.jpg"));
}
