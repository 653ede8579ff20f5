//! Tests of the completions and the manual pages.

use std::fs;
use std::process::{Command, Stdio};

use crate::user::User;

/// Returns whether a program is installed.
fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found.is_ok()
}

#[test]
fn completions_offer_the_commands_and_options_in_every_shell() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = user.run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        for word in ["predict", "hosts", "connections", "completions"] {
            assert!(ran.out.contains(word), "{shell}: no {word}");
        }
    }
    let ran = user.run(&["completions", "tcsh"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn bash_completes_a_command_with_the_script() {
    if !has("bash") {
        return;
    }
    let user = User::new();
    let script = user.run(&["completions", "bash"]).out;
    let complete =
        "COMP_WORDS=(lanes pre); COMP_CWORD=1; _lanes lanes pre lanes; echo \"${COMPREPLY[@]}\"";
    let ran = Command::new("bash")
        .args(["--norc", "-c", &format!("{script}\n{complete}")])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout).trim(),
        "predict",
        "{ran:?}"
    );
}

#[test]
fn manual_pages_describe_every_command() {
    let user = User::new();
    let folder = user.work().join("man1");
    let to = folder.to_str().unwrap();
    let missing = user.run(&["man", to]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.err.contains(to) && missing.err.contains("choose a folder"),
        "{missing:?}"
    );
    fs::create_dir(&folder).unwrap();
    let ran = user.run(&["man", to]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "", "")
    );
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in ["lanes.1", "lanes-get.1", "lanes-compare.1", "lanes-man.1"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let page = fs::read_to_string(folder.join("lanes-get.1")).unwrap();
    assert!(
        page.contains("connections") && page.contains("Examples:"),
        "{page}"
    );
    assert_eq!(
        user.run(&["man"]).out,
        fs::read_to_string(folder.join("lanes.1")).unwrap()
    );
    if has("groff") {
        for name in names {
            let checked = Command::new("groff")
                .args(["-Kutf8", "-man", "-Tutf8", "-ww", "-z"])
                .arg(folder.join(&name))
                .output()
                .unwrap();
            assert!(
                checked.status.success() && checked.stderr.is_empty(),
                "{name}: {checked:?}"
            );
        }
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let user = User::new();
    for args in [&["man"][..], &["completions", "zsh"]] {
        let mut child = user
            .lanes(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}
