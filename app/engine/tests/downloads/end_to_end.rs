//! Complete downloads from the real server over loopback, in every mode and with many sizes and counts.

use std::fs;

use super::common::{bytes, get, names, request, serve};
use lanes_engine::{Checksum, Destination, DownloadSpec, FetchError, Mode};
use lanes_shared::checksum::Digest;
use lanes_shared::wire::Order;

/// Runs a download and asserts that its bytes and digest are correct and that no other file is left.
fn assert_arrives(request: &DownloadSpec, expected: &[u8], what: &str) {
    let outcome = get(request).unwrap_or_else(|error| panic!("{what}: {error}"));
    let got = fs::read(&outcome.path).expect("the file");
    assert!(got == expected, "{what}: wrong bytes");
    assert_eq!(
        outcome.digest,
        Some(Digest(*blake3::hash(expected).as_bytes())),
        "{what}"
    );
    let folder = outcome.path.parent().expect("a folder");
    assert_eq!(names(folder).len(), 1, "{what}: {:?}", names(folder));
    fs::remove_file(outcome.path).expect("the file");
}

#[test]
fn files_of_every_size_arrive_in_every_mode_and_connection_count() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    for len in [0usize, 1, 4095, 4096, 4097, 5_000_000] {
        let expected = bytes(len, len as u64);
        let name = format!("file-{len}.bin");
        fs::write(root.path().join(&name), &expected).unwrap();
        for mode in Mode::ALL {
            for connections in [1, 5, 10, 20, 50] {
                if mode != Mode::Parallel && connections != 1 {
                    continue;
                }
                for order in [Order::InOrder, Order::Shuffled(7)] {
                    let request = DownloadSpec {
                        mode,
                        connections,
                        packet_len: 4096,
                        order,
                        ..request(server.addr(), &name, folder.path())
                    };
                    assert_arrives(
                        &request,
                        &expected,
                        &format!("{mode:?} × {connections}, {len} bytes"),
                    );
                }
            }
        }
    }
}

#[test]
fn files_arrive_with_every_packet_length() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let expected = bytes(5_000_000, 1);
    fs::write(root.path().join("Data.jpg"), &expected).unwrap();
    for packet_len in [128, 129, 512, 1000, 1024, 65_536, 1_000_003, 4 << 20] {
        for (mode, order) in [
            (Mode::Packets, Order::InOrder),
            (Mode::Packets, Order::Shuffled(1)),
            (Mode::Parallel, Order::InOrder),
            (Mode::Parallel, Order::Shuffled(2)),
        ] {
            let plain = request(server.addr(), "Data.jpg", folder.path());
            let request = DownloadSpec {
                mode,
                order,
                packet_len,
                connections: 7,
                ..plain
            };
            assert_arrives(
                &request,
                &expected,
                &format!("{mode:?} {order:?} in packets of {packet_len}"),
            );
        }
    }
}

#[test]
fn a_file_of_ten_bytes_arrives_over_64_connections() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    fs::write(root.path().join("ten"), b"0123456789").unwrap();
    let request = DownloadSpec {
        connections: 64,
        ..request(server.addr(), "ten", folder.path())
    };
    assert_arrives(&request, b"0123456789", "ten bytes");
}

#[test]
fn a_generated_sample_is_the_same_in_stream_mode_and_over_20_connections() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let request = request(server.addr(), "sample-30MiB.bin", folder.path());
    let one = get(&DownloadSpec {
        mode: Mode::Stream,
        ..request.clone()
    })
    .unwrap();
    let many = get(&DownloadSpec {
        connections: 20,
        ..request
    })
    .unwrap();
    assert_eq!(one.bytes, 30 << 20);
    assert_eq!(one.digest, many.digest);
    assert!(fs::read(one.path).unwrap() == fs::read(many.path).unwrap());
}

#[test]
fn names_with_folders_spaces_and_non_ascii_letters_are_preserved() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    fs::create_dir(root.path().join("Bilder")).unwrap();
    fs::write(
        root.path().join("Bilder/Photo (1) %20 äß 图.jpg"),
        b"picture",
    )
    .unwrap();
    let name = "Bilder/Photo (1) %20 äß 图.jpg";
    let mut request = request(server.addr(), name, folder.path());
    request.source = request.source.to_string().parse().unwrap();
    let outcome = get(&request).unwrap();
    assert_eq!(names(folder.path()), ["Photo (1) %20 äß 图.jpg"]);
    assert_eq!(fs::read(outcome.path).unwrap(), b"picture");
}

#[test]
fn an_existing_file_is_never_replaced() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    fs::write(root.path().join("Data.jpg"), b"new").unwrap();
    fs::write(folder.path().join("Data.jpg"), b"old").unwrap();
    let request = request(server.addr(), "Data.jpg", folder.path());
    assert_eq!(
        get(&request).unwrap().path,
        folder.path().join("Data (1).jpg")
    );
    assert_eq!(
        get(&request).unwrap().path,
        folder.path().join("Data (2).jpg")
    );
    assert_eq!(fs::read(folder.path().join("Data.jpg")).unwrap(), b"old");
}

#[test]
fn two_concurrent_downloads_of_one_file_are_saved_under_different_names() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let request = request(server.addr(), "sample-20MiB.bin", folder.path());
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| get(&request).unwrap());
        let two = scope.spawn(|| get(&request).unwrap());
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_ne!(one.path, two.path);
    assert!(fs::read(one.path).unwrap() == fs::read(two.path).unwrap());
    assert_eq!(
        names(folder.path()),
        ["sample-20MiB (1).bin", "sample-20MiB.bin"]
    );
}

#[test]
fn a_wrong_checksum_fails_and_the_correct_one_resumes_the_part_file() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    fs::write(root.path().join("abc"), b"abc").unwrap();
    let plain = request(server.addr(), "abc", folder.path());
    let with = |text: &str| DownloadSpec {
        checksum: Some(text.parse().unwrap()),
        ..plain.clone()
    };

    let wrong = with(&format!("sha-256:{}", "0".repeat(64)));
    let Err(FetchError::Failed(reason)) = get(&wrong) else {
        panic!("a wrong checksum was accepted")
    };
    assert!(reason.contains("checksum"), "{reason}");
    assert!(!folder.path().join("abc").exists());

    // Digest from FIPS 180-2, appendix B.1. The bytes in the part file are not fetched again.
    let right = with("sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let outcome = get(&right).unwrap();
    assert_eq!(
        (outcome.resumed_bytes, outcome.path),
        (3, folder.path().join("abc"))
    );
    let blake3 = Checksum::Blake3(outcome.digest.unwrap());
    get(&DownloadSpec {
        checksum: Some(blake3),
        ..plain
    })
    .unwrap();
    assert_eq!(names(folder.path()), ["abc", "abc (1)"]);
}

#[test]
fn a_missing_folder_is_created_and_a_path_below_a_file_fails() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    fs::write(root.path().join("x"), b"x").unwrap();
    let plain = request(server.addr(), "x", folder.path());
    let deep = folder.path().join("a/b/c.txt");
    get(&DownloadSpec {
        destination: Destination::File(deep.clone()),
        ..plain.clone()
    })
    .unwrap();
    assert_eq!(fs::read(&deep).unwrap(), b"x");

    let below_a_file = Destination::File(deep.join("d"));
    let Err(FetchError::Failed(reason)) = get(&DownloadSpec {
        destination: below_a_file,
        ..plain
    }) else {
        panic!("created a file below a file")
    };
    assert!(reason.contains("c.txt"), "{reason}");
}
