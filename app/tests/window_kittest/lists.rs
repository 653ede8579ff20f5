//! Lists of downloads as files: opened, added, and written again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::Key;
use lanes::ui::Options;
use lanes_server::{Config, Server};
use serde_json::{Value, json};

use crate::harness::*;
use crate::metalink::Dropped;

fn drop_file(window: &mut Window<'_>, path: PathBuf) {
    let input = window.input_mut();
    input.dropped_files.push(Arc::new(Dropped(path)));
    window.step();
}

#[test]
fn a_list_of_idm_is_downloaded_and_the_list_of_the_window_written() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["a.pdf", "b.bin"] {
        std::fs::write(root.path().join(name), vec![7; 40_000]).unwrap();
    }
    let config = Config {
        root: Some(root.path().to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    let server = Server::start(config).expect("a server on loopback");
    let addr = server.addr();
    let list = root.path().join("list.ef2");
    let text = format!(
        "<\r\nhttp://{addr}/a.pdf\r\nreferer: http://h/page\r\ncookie: sid=1\r\n>\r\n<\r\nhttp://{addr}/b.bin\r\nfilename: c.bin\r\n>\r\n"
    );
    std::fs::write(&list, text).unwrap();
    let documents = folder.path().join("documents");
    let folders = json!({ "enabled": true, "folders": { "document": documents } });
    let mut window = open(Options {
        stored: Some(json!({ "category_folders": folders }).to_string()),
        ..options(folder.path())
    });
    drop_file(&mut window, list);
    until(&mut window, "the offer", |window| {
        says(window, "list.ef2 has 2 downloads")
    });
    click(&mut window, "Add them");
    until(&mut window, "the files", |window| {
        let mut rows = rows(window);
        rows.sort();
        rows == ["a.pdf, Finished", "c.bin, Finished"]
    });
    // The kind of the file has chosen the folder of one of them.
    assert_eq!(file_names(&documents), ["a.pdf"]);
    assert!(folder.path().join("c.bin").exists());

    let wrong = root.path().join("wrong.json");
    std::fs::write(&wrong, "[1]").unwrap();
    drop_file(&mut window, wrong);
    until(&mut window, "the error", |window| {
        says(window, "download 1: no link")
    });

    go_to(&mut window, Key::Num4);
    let export = |window: &mut Window<'_>, button: &str| {
        use egui_kittest::kittest::Queryable as _;
        let role = eframe::egui::accesskit::Role::Button;
        window.get_by_role_and_label(role, button).click_accesskit();
        until(window, "the file", |window| says(window, "Exported to"));
    };
    export(&mut window, "Export for aria2");
    let text = std::fs::read_to_string(folder.path().join("lanes-downloads.txt")).unwrap();
    for part in [
        format!("http://{addr}/a.pdf\n"),
        "  header=Cookie: sid=1\n".to_owned(),
        "  referer=http://h/page\n".to_owned(),
        format!("  dir={}\n", documents.display()),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
    export(&mut window, "Export as JSON");
    until(&mut window, "the list", |_| {
        folder.path().join("lanes-downloads.json").exists()
    });
    let text = std::fs::read_to_string(folder.path().join("lanes-downloads.json")).unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["downloads"].as_array().map(Vec::len), Some(2));
    assert_eq!(list["downloads"][0]["headers"]["Cookie"], "sid=1");
}
