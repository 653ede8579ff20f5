//! A finished file is marked as a download, without secrets of its link.

use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use super::common::{bytes, get, serve};
use lanes_engine::{Destination, DownloadSpec};

const NAME: &str = "user.xdg.origin.url";

fn mark_of(path: &Path) -> Option<String> {
    let mut value = [0; 1024];
    let len = getxattr(path, NAME, &mut value[..]).ok()?;
    String::from_utf8(value[..len].to_vec()).ok()
}

#[test]
fn a_file_has_the_link_without_user_name_and_query() {
    let (root, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let probe = out.path().join("probe");
    std::fs::write(&probe, "").unwrap();
    if setxattr(&probe, NAME, b"x", XattrFlags::empty()).is_err() {
        eprintln!("no extended attributes here");
        return;
    }
    std::fs::write(root.path().join("small.bin"), bytes(1000, 1)).unwrap();
    std::fs::write(root.path().join("large.bin"), bytes(5_000_000, 2)).unwrap();
    let server = serve(root.path());
    let addr = server.addr();
    for (link, connections, mark) in [
        (
            format!("http://TOKEN:SECRET@{addr}/small.bin?signature=SECRET"),
            1,
            format!("http://{addr}/small.bin"),
        ),
        (
            format!("http://{addr}/large.bin?signature=SECRET&x"),
            5,
            format!("http://{addr}/large.bin"),
        ),
        (
            format!("lanes://{addr}/large.bin"),
            20,
            format!("lanes://{addr}/large.bin"),
        ),
    ] {
        let spec = DownloadSpec {
            destination: Destination::Folder(out.path().to_owned()),
            connections,
            ..DownloadSpec::new(link.parse().unwrap())
        };
        let outcome = get(&spec).unwrap();
        assert_eq!(mark_of(&outcome.path), Some(mark), "{link}");
    }
}
