//! Tests of `lanes get`.

use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::common;
use crate::user::{PICTURE, RunResult, User, is_the_picture};

#[test]
fn every_mode_saves_identical_bytes() {
    let user = User::new();
    let url = user.url("Data.jpg");
    for (number, args) in [
        &["--mode", "stream"][..],
        &[
            "--mode",
            "packets",
            "--packet-size",
            "512",
            "--shuffle",
            "7",
        ],
        &[
            "--mode",
            "parallel",
            "--connections",
            "20",
            "--packet-size",
            "1KiB",
        ],
        &["--connections", "3", "--shuffle", "1"],
    ]
    .into_iter()
    .enumerate()
    {
        let output = format!("{number}.jpg");
        let ran = user.run(&[&["get", &url, "--output", &output], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        assert!(is_the_picture(&user.work().join(&output)), "{args:?}");
        assert_eq!(ran.out.lines().count(), 1);
        for words in ["Saved 1.23 MB", &output, "connection", "verified (BLAKE3)"] {
            assert!(ran.out.contains(words), "{ran:?}");
        }
        assert_eq!(
            ran.err.lines().count(),
            1,
            "expected one summary line: {ran:?}"
        );
    }
}

#[test]
fn default_output_is_the_desktop_and_existing_files_are_kept() {
    let user = User::new();
    for name in ["Data.jpg", "Data (1).jpg", "Data (2).jpg"] {
        let ran = user.run(&["get", &user.url("Data.jpg")]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(is_the_picture(&user.desktop().join(name)), "{name}");
        assert!(ran.out.contains(name), "{ran:?}");
    }
    assert_eq!(
        common::names(&user.desktop()),
        ["Data (1).jpg", "Data (2).jpg", "Data.jpg"]
    );
}

#[test]
fn output_is_a_file_or_a_folder() {
    let user = User::new();
    let url = user.url("Photo%20(1).jpg");
    std::fs::create_dir(user.work().join("there")).unwrap();
    for (output, saved) in [
        ("mine.jpg", "mine.jpg"),
        ("new/", "new/Photo (1).jpg"),
        ("there", "there/Photo (1).jpg"),
        (".", "Photo (1).jpg"),
    ] {
        let ran = user.run(&["get", &url, "--output", output]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let bytes = std::fs::read(user.work().join(saved)).unwrap();
        assert_eq!(bytes, common::bytes(1000, 2), "{output}");
    }
}

#[test]
fn json_output_is_exactly_one_object() {
    let user = User::new();
    let url = user.url("Data.jpg");
    // So that the last connection is open before the others have fetched everything.
    let limit = ["--limit-rate", "1MB"];
    let args = ["get", &url, "--json", "--connections", "4"];
    let ran = user.run(&[&args[..], &limit].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let json = ran.json();
    let mut keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    let mut expected = [
        "url",
        "path",
        "bottleneck",
        "bytes",
        "checked",
        "checksum_files",
        "seconds",
        "signatures",
        "connections",
        "mode",
        "packet_size",
        "resumed_bytes",
        "retries",
        "digest",
        "lateness_p99_us",
        "ways",
        "link",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["url"], url);
    assert_eq!(json["bytes"], PICTURE);
    assert_eq!(json["connections"], 4);
    assert_eq!(json["mode"], "parallel");
    assert_eq!(json["packet_size"], 65_536);
    assert_eq!(json["resumed_bytes"], 0);
    assert!(json["seconds"].as_f64().unwrap() > 0.0);
    let digest = blake3::hash(&common::bytes(PICTURE, 1));
    assert_eq!(json["digest"], format!("blake3:{digest}"));
    assert!(is_the_picture(json["path"].as_str().unwrap().as_ref()));
}

#[test]
fn quiet_prints_only_errors() {
    let user = User::new();
    let ran = user.run(&["get", &user.url("Data.jpg"), "--quiet"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "", "")
    );
    let ran = user.run(&["get", &user.url("Dat.jpg"), "--quiet"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(!ran.err.is_empty());
}

#[test]
fn unknown_name_is_refused_with_a_suggestion() {
    let user = User::new();
    let ran = user.run(&["get", &user.url("dta.jpg")]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("dta.jpg; did you mean Data.jpg"),
        "{ran:?}"
    );
    assert!(ran.out.is_empty());
    assert_eq!(common::names(&user.desktop()), [""; 0]);
    let ran = user.run(&["get", &user.url("quux.iso")]);
    assert!(
        !ran.err.contains("did you mean") && ran.err.contains("lanes list"),
        "{ran:?}"
    );
}

#[test]
fn checksum_is_verified() {
    let user = User::new();
    let url = user.url("Data.jpg");
    let bytes = common::bytes(PICTURE, 1);
    let sha: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let blake = blake3::hash(&bytes);
    for (checksum, words) in [
        (format!("sha-256:{sha}"), "verified (BLAKE3 and SHA-256)"),
        (format!("blake3:{blake}"), "verified (BLAKE3)"),
    ] {
        let ran = user.run(&["get", &url, "--checksum", &checksum, "-o", "right/"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains(words), "{ran:?}");
    }
    for name in ["sha-256", "blake3"] {
        let checksum = format!("{name}:{}", "0".repeat(64));
        let ran = user.run(&[
            "get",
            &url,
            "--checksum",
            &checksum,
            "-o",
            "wrong.jpg",
            "--json",
        ]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.err.contains("checksum"), "{ran:?}");
        assert!(!user.work().join("wrong.jpg").exists());
    }
}

#[test]
fn unreachable_server_is_reported_with_advice() {
    let user = User::new();
    let closed_addr = {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        port.local_addr().unwrap()
    };
    let ran = user.run(&["get", &format!("lanes://{closed_addr}/Data.jpg")]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains(&closed_addr.to_string()) && ran.err.contains("running"),
        "{ran:?}"
    );
}

#[test]
fn a_file_beyond_the_limit_of_the_process_fails_with_advice_and_leaves_nothing() {
    let user = User::new();
    let http = |name: &str| format!("http://{}/{name}", user.addr());
    for url in [
        user.url("Data.jpg"),
        http("Data.jpg"),
        user.url("sample-500KiB.bin"),
        http("sample-500KiB.bin"),
    ] {
        let lanes = user.lanes(&["get", &url, "--output", "out/"]);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -f 100; exec \"$0\" \"$@\""])
            .arg(lanes.get_program())
            .args(lanes.get_args())
            .current_dir(user.work());
        for (name, value) in lanes.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let ran = RunResult::from(limited.output().unwrap());
        assert_eq!(ran.code, Some(1), "{url}: {ran:?}");
        assert!(ran.err.contains("too large"), "{url}: {ran:?}");
        let left = std::fs::read_dir(user.work().join("out"));
        let left = left.map_or(0, Iterator::count);
        assert_eq!(left, 0, "{url}: {ran:?}");
    }
}

#[test]
fn the_standard_output_and_devices_get_the_bytes_and_no_file_is_created() {
    let user = User::new();
    for url in [
        user.url("Data.jpg"),
        format!("http://{}/Data.jpg", user.addr()),
    ] {
        let output = user
            .lanes(&["get", &url, "--output", "-"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(output.stdout == common::bytes(PICTURE, 1), "{url}");
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            for words in [&["--quiet"][..], &["--json"], &[]] {
                let args = [&["get", &url, "--output", name][..], words].concat();
                let output = user.lanes(&args).output().unwrap();
                assert!(output.status.success(), "{name}: {output:?}");
                let same = output.stdout == common::bytes(PICTURE, 1);
                assert!(same, "{url} {name}: {} bytes", output.stdout.len());
            }
        }
        let path = user.work().join("redirected");
        let redirected = std::fs::File::create(&path).unwrap();
        let mut lanes = user.lanes(&["get", &url, "--output", "/dev/fd/1"]);
        assert!(lanes.stdout(redirected).status().unwrap().success());
        assert!(std::fs::read(&path).unwrap() == common::bytes(PICTURE, 1));
        std::fs::remove_file(path).unwrap();
        let ran = user.run(&["get", &url, "--output", "/dev/null"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(common::names(&user.work()), [""; 0]);
    assert_eq!(common::names(&user.desktop()), [""; 0]);
    let kind = std::fs::symlink_metadata("/dev/null").unwrap().file_type();
    assert!(!kind.is_file() && !kind.is_symlink());
    for name in ["/dev/null (1)", "/dev/null.part", "/dev/null.lanes"] {
        assert!(!Path::new(name).exists(), "{name}");
    }
}

#[test]
fn a_copied_command_is_downloaded_with_its_options() {
    let user = User::new();
    let url = format!("http://{}/Data.jpg", user.addr());
    let command = format!(
        "curl '{url}' \\\n  -H 'Cookie: a=1' -H 'Range: bytes=5-' --compressed -o kept.jpg"
    );
    let ran = user.run(&["get", "--curl", &command]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(is_the_picture(&user.work().join("kept.jpg")));
    std::fs::write(user.work().join("command.txt"), &command).unwrap();
    let ran = user.run(&["get", "--curl", "@command.txt", "--output", "other.jpg"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(is_the_picture(&user.work().join("other.jpg")));
    for (command, word) in [
        (format!("curl {url} --data-raw token=secret"), "--data-raw"),
        ("ls -l".to_owned(), "not a command"),
    ] {
        let ran = user.run(&["get", "--curl", &command]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.err.contains(word) && !ran.err.contains("secret"),
            "{ran:?}"
        );
    }
}
