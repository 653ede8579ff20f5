//! Tests of `lanes list`.

use std::process::Stdio;

use crate::user::{RunResult, User};

fn server(user: &User) -> String {
    format!("lanes://{}", user.addr())
}

#[test]
fn table_lists_every_file_with_size_and_time() {
    let user = User::new();
    let ran = user.run(&["list", &server(&user)]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("name "), "{ran:?}");
    let picture = lines
        .iter()
        .find(|line| line.starts_with("Data.jpg"))
        .unwrap();
    assert!(
        picture.contains("1.23 MB") && picture.ends_with("UTC"),
        "{picture}"
    );
}

#[test]
fn json_is_an_array_with_links_that_get_accepts() {
    let user = User::new();
    let ran = user.run(&["list", &server(&user), "--json"]);
    let json = ran.json();
    let files = json.as_array().unwrap();
    let photo = files
        .iter()
        .find(|file| file["name"] == "Photo (1).jpg")
        .unwrap();
    assert_eq!(photo["bytes"], 1000);
    assert!(photo["modified"].as_str().unwrap().ends_with('Z'));
    let url = photo["url"].as_str().unwrap();
    let ran = user.run(&["get", url, "--quiet"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "", "")
    );
    assert!(user.desktop().join("Photo (1).jpg").is_file());
}

#[test]
fn closed_stdout_is_not_an_error() {
    let user = User::new();
    for args in [&["list"][..], &["list", "--json"]] {
        let url = server(&user);
        let mut child = user
            .lanes(&[args, &[url.as_str()]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ran = RunResult::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn unreachable_server_is_named_in_the_error() {
    let user = User::new();
    let closed_addr = {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        port.local_addr().unwrap()
    };
    let ran = user.run(&["list", &format!("lanes://{closed_addr}")]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains(&closed_addr.to_string()) && ran.out.is_empty(),
        "{ran:?}"
    );
}
