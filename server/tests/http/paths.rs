//! Paths and directories.

use super::common::http::HttpClient;
use super::common::serve;

#[test]
fn paths_are_decoded_and_stay_inside_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("fol der")).unwrap();
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    std::fs::write(root.join("fol der/ä%.txt"), "here").unwrap();
    std::fs::write(root.join(".hidden"), "hidden").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("secret"), root.join("out")).unwrap();
        std::os::unix::fs::symlink(dir.path(), root.join("out-folder")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", root.join("device")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("fifo"))
            .status();
        assert!(made.unwrap().success());
    }
    let server = serve(&root);
    let mut http = HttpClient::new(server.addr());
    let found = http.get("/fol%20der/%C3%A4%25.txt?query", "");
    assert_eq!((found.status, found.text().as_str()), (200, "here"));
    assert_eq!(found.field("Content-Type"), Some("text/plain"));
    let absolute = dir.path().join("secret");
    let absolute = absolute.to_str().unwrap();
    for target in [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2Fsecret",
        "/fol%20der/../../secret",
        "/fol%20der/%2E%2E/%2E%2E/secret",
        "//etc/passwd",
        "/%2Fetc/passwd",
        "/.hidden",
        "/%2Ehidden",
        "/x%00",
        "/fol%20der%5C..%5C..%5Csecret",
        "/out",
        "/out-folder",
        "/out-folder/",
        "/out-folder/secret",
        "/device",
        "/fifo",
        &format!("/{absolute}"),
        &format!("http://localhost{absolute}"),
    ] {
        let response = http.get(target, "");
        // `http://localhostC:\...` is no URL.
        let is_malformed = cfg!(windows) && target.starts_with("http:");
        let status = if is_malformed { 400 } else { 404 };
        assert_eq!(response.status, status, "{target}: {}", response.text());
    }
}

#[test]
fn a_directory_has_an_index_page_with_links() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("a b/inner")).unwrap();
    // Windows has no names with angle brackets.
    let (name, link, text) = if cfg!(windows) {
        ("x&'.txt", "x%26%27.txt", "x&amp;&#39;.txt")
    } else {
        ("<x>&'.txt", "%3Cx%3E%26%27.txt", "&lt;x&gt;&amp;&#39;.txt")
    };
    std::fs::write(dir.path().join("a b").join(name), "x").unwrap();
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    let root = http.get("/", "");
    assert_eq!(root.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert!(root.text().contains("href=\"./a%20b/\""), "{}", root.text());
    assert!(root.text().contains("sample-1GiB.bin"));
    let moved = http.get("/a%20b", "");
    assert_eq!(
        (moved.status, moved.field("Location")),
        (301, Some("/a%20b/"))
    );
    let page = http.get("/a%20b/", "");
    let anchor = format!("href=\"./{link}\">{text}</a>");
    assert!(page.text().contains(&anchor), "{}", page.text());
    assert_eq!(http.get(&format!("/a%20b/{link}"), "").text(), "x");
    let head = http.head("/a%20b/", "");
    assert_eq!(head.field("Content-Length"), page.field("Content-Length"));
}
