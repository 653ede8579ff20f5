//! The completions and the manual page of the program.
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanes-server"));
    command.args(arguments).output().unwrap()
}

#[test]
fn completions_and_manual_page_describe_the_options_and_end_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["--completions", shell]);
        let script = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{shell}");
        assert!(
            script.contains("max-connections") && script.contains("lanes-server"),
            "{shell}"
        );
    }
    let ran = run(&["--man"]);
    let page = String::from_utf8(ran.stdout).unwrap();
    assert!(
        ran.status.success() && page.contains(".TH lanes-server 1"),
        "{page}"
    );
    assert!(page.contains("fixed\\-link"), "{page}");
    assert_eq!(run(&["--man", "--no-samples"]).status.code(), Some(2));
    assert_eq!(run(&["--completions", "tcsh"]).status.code(), Some(2));
}
