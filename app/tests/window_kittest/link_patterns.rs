//! Patterns in the links of the Add dialog.

use std::net::SocketAddr;

use lanes_server::{Config, Server};

use crate::harness::*;

#[test]
fn pattern_is_previewed_and_expanded_to_downloads() {
    let (root, folder) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    for name in ["x08.bin", "x09.bin", "x10.bin", "x11.bin"] {
        std::fs::write(root.path().join(name), name).expect("a file");
    }
    let config = Config {
        root: Some(root.path().to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    let server = Server::start(config).expect("a server on loopback");
    let mut window = window(folder.path());
    type_into(
        &mut window,
        "File or link",
        &format!("http://{}/x[08-11].bin", server.addr()),
    );
    click(&mut window, "Download");
    until(&mut window, "the preview", |window| {
        shows(window, "x08.bin, x09.bin … x11.bin")
    });
    assert!(rows(&window).is_empty());
    clear_focus(&mut window);
    click(&mut window, "Expand to 4 links");
    until(&mut window, "the links", |window| shows(window, "Start 4"));
    click(&mut window, "Start 4");
    until(&mut window, "the downloads", |window| {
        let mut all = rows(window);
        all.sort();
        all == ["x08.bin", "x09.bin", "x10.bin", "x11.bin"].map(|name| format!("{name}, Finished"))
    });
    for name in ["x08.bin", "x11.bin"] {
        assert_eq!(
            std::fs::read_to_string(folder.path().join(name))
                .ok()
                .as_deref(),
            Some(name)
        );
    }
}
