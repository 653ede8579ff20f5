//! Tests of the program without arguments, of `--version`, `--help` and usage errors.

use crate::user::User;

#[test]
fn without_a_display_the_error_lists_the_headless_commands() {
    let ran = User::new().run(&[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    for command in ["lanes get", "lanes list", "lanes compare"] {
        assert!(ran.err.contains(command), "{ran:?}");
    }
}

#[test]
fn version_and_help_are_printed() {
    let user = User::new();
    let ran = user.run(&["--version"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), concat!("lanes ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    for args in [
        &["--help"][..],
        &["get", "--help"],
        &["list", "--help"],
        &["compare", "--help"],
    ] {
        let ran = user.run(args);
        assert_eq!(ran.code, Some(0));
        assert!(
            ran.out.contains("Examples:") && ran.out.contains("lanes://"),
            "{ran:?}"
        );
    }
}

#[test]
fn invalid_arguments_are_usage_errors() {
    let user = User::new();
    let url = user.url("Data.jpg");
    let server = format!("lanes://{}", user.addr());
    for (args, words) in [
        (&["get"][..], "<URL>"),
        (&["get", "Data.jpg"], "lanes://"),
        (&["get", "gopher://h/f"], "lanes://"),
        (&["get", &server], "names no file"),
        (&["get", "lanes://h:99999/f"], "HOST:PORT"),
        (&["get", &url, "--connections", "0"], "1 to 64"),
        (&["get", &url, "--connections", "65"], "1 to 64"),
        (&["get", &url, "--connections", "ten"], "1 to 64"),
        (
            &["get", &url, "--mode", "stream", "--connections", "2"],
            "--mode parallel",
        ),
        (
            &["get", &url, "--mode", "packets", "--connections", "2"],
            "--mode parallel",
        ),
        (
            &["get", &url, "--mode", "rocket"],
            "stream, packets, parallel",
        ),
        (&["get", &url, "--packet-size", "127"], "128"),
        (&["get", &url, "--packet-size", "5 parsecs"], "64KiB"),
        (&["get", &url, "--shuffle", "x"], "--shuffle"),
        (&["get", &url, "--checksum", "md5:00"], "digest"),
        (&["get", &url, "--output", ""], "--output"),
        (&["list", "lanes://"], "HOST:PORT"),
        (
            &[
                "compare",
                &url,
                "--connections",
                "1,2",
                "--packet-size",
                "128,256",
            ],
            "one parameter",
        ),
        (&["compare", &url, "--connections", "1,x"], "1 to 64"),
        (&["compare", &url, "--runs", "0"], "1..=1000"),
        (
            &["compare", &url, "--svg", "no/such/plot.svg"],
            "no such folder",
        ),
        (&["rocket"], "rocket"),
    ] {
        let ran = user.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(
            ran.err.contains(words) && ran.out.is_empty(),
            "{args:?}: {ran:?}"
        );
    }
    assert!(user.leftovers().is_empty());
}
