//! Secrets: the netrc file and its hosts, secrets from files and variables, and links that are shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
const COUNTS: [u16; 3] = [1, 5, 20];

fn basic(pair: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

fn write_netrc(sandbox: &Sandbox, content: &str) {
    fs::create_dir_all(sandbox.home()).unwrap();
    fs::write(sandbox.home().join(".netrc"), content).unwrap();
}

/// A server that answers quickly, so that the tests of what it is told take little time.
fn server(name: &'static str) -> Scenario {
    Scenario::new(name).rate(8 * LEN)
}

/// Returns the different values of a request field that a server received: here, and at its other address.
fn received(server: &FaultServer, field: &str) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let values = |on_other_host| {
        let requests = server.requests().into_iter();
        let mut values: Vec<_> = requests
            .filter(|logged| logged.on_other_host == on_other_host)
            .map(|logged| logged.request.field(field).map(str::to_owned))
            .collect();
        values.sort();
        values.dedup();
        values
    };
    (values(false), values(true))
}

fn saved(run: &RunResult) {
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn every_request_has_the_login_of_the_netrc_file() {
    for (netrc, user, login) in [
        ("machine 127.0.0.1 login me password p#q", "", "me:p#q"),
        (
            "machine 127.0.0.1 login me password \"a \\\"b\"",
            "",
            "me:a \"b",
        ),
        (
            "macdef init\nmachine 127.0.0.1 login evil password evil\n\nmachine 127.0.0.1 login me password p",
            "",
            "me:p",
        ),
        (
            "machine x login a password b\ndefault login me password p",
            "",
            "me:p",
        ),
        (
            "machine 127.0.0.1 login a password b\nmachine 127.0.0.1 login me password p",
            "me@",
            "me:p",
        ),
        ("machine 127.0.0.1 login a password b", "me:p@", "me:p"),
    ] {
        for connections in COUNTS {
            let (server, sandbox) = (FaultServer::start(server("netrc")), Sandbox::new());
            write_netrc(&sandbox, netrc);
            let url = server.url("/file.bin").replace("//", &format!("//{user}"));
            let mut command = process::lanes(&sandbox, &url, connections);
            saved(&process::run(command.arg("--netrc"), LIMIT));
            let (here, _) = received(&server, "authorization");
            assert_eq!(here, [Some(basic(login))], "{netrc}, {connections}");
        }
    }
}

#[test]
fn only_hosts_that_the_user_named_are_told_the_netrc_file() {
    let any = "default login any password body\n";
    for (netrc, to, there) in [
        (any, "http://localhost:{other_port}/file.bin", None),
        // Another port may belong to another user.
        (
            "machine 127.0.0.1 login me password p",
            "http://{other}/file.bin",
            None,
        ),
        (any, "http://{other}/file.bin", None),
        (
            "machine localhost login you password q\ndefault login any password body",
            "http://localhost:{other_port}/file.bin",
            Some("you:q"),
        ),
    ] {
        for connections in COUNTS {
            let away = [Action::Redirect(302, to)];
            let scenario = server("netrc away").when(When::PathPrefix("/go"), away);
            let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
            write_netrc(&sandbox, netrc);
            let mut command = process::lanes(&sandbox, &server.url("/go"), connections);
            saved(&process::run(command.arg("--netrc"), LIMIT));
            let (here, other) = received(&server, "authorization");
            assert!(here.iter().all(Option::is_some) || netrc.contains("localhost"));
            assert_eq!(other, [there.map(basic)], "{netrc}, {to}, {connections}");
        }
    }
}

#[test]
fn servers_of_a_metalink_are_not_told_the_netrc_file() {
    for connections in COUNTS {
        let (server, sandbox) = (FaultServer::start(server("metalink")), Sandbox::new());
        write_netrc(
            &sandbox,
            "machine 127.0.0.1 login me password p\ndefault login any",
        );
        let path = sandbox.temp_dir().join("wanted.meta4");
        let url = server.url("/file.bin");
        let text = format!(
            "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a\"><url>{url}</url></file></metalink>"
        );
        fs::write(&path, text).unwrap();
        let mut command = process::lanes(&sandbox, &path.to_string_lossy(), connections);
        let run = process::run(command.arg("--netrc"), LIMIT);
        saved(&run);
        assert_eq!(received(&server, "authorization").0, [None]);
        assert!(run.stderr.contains("not sent to them"), "{run:?}");
    }
}

#[test]
fn a_broken_netrc_file_is_an_error_and_a_missing_one_is_none() {
    let (server, sandbox) = (FaultServer::start(server("broken")), Sandbox::new());
    let get = || {
        let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 1);
        process::run(command.arg("--netrc"), LIMIT)
    };
    saved(&get());
    write_netrc(&sandbox, "machine x\nlogin \"SECRET");
    let run = get();
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains(".netrc, line 2: no closing quote"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("SECRET"), "{run:?}");
}

#[test]
fn secrets_come_from_files_variables_and_the_standard_input() {
    let file = |sandbox: &Sandbox, content: &str| {
        let path = sandbox.temp_dir().join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    for (option, content, field, value) in [
        (
            "--bearer",
            "t0ken\n",
            "authorization",
            "Bearer t0ken".to_owned(),
        ),
        ("--user", "me:a:b\n", "authorization", basic("me:a:b")),
        (
            "--cookie",
            "sid=1; b=2\n",
            "cookie",
            "sid=1; b=2".to_owned(),
        ),
        (
            "--header",
            "X-Key: k\nX-Other: o\n",
            "x-key",
            "k".to_owned(),
        ),
        ("-H", "X-Key: k\n\n", "x-key", "k".to_owned()),
    ] {
        let (server, sandbox) = (FaultServer::start(server("file")), Sandbox::new());
        file(&sandbox, content);
        let arg = format!("@{}", sandbox.temp_dir().join("secret").display());
        let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 5);
        saved(&process::run(command.args([option, &arg]), LIMIT));
        assert_eq!(received(&server, field).0, [Some(value)], "{option}");
    }
    for (name, content, field, value) in [
        (
            "LANES_BEARER",
            "t0ken",
            "authorization",
            "Bearer t0ken".to_owned(),
        ),
        ("LANES_USER", "me:p", "authorization", basic("me:p")),
        ("LANES_COOKIE", "sid=1", "cookie", "sid=1".to_owned()),
        (
            "LANES_HEADER",
            "X-Key: k\nX-Other: o",
            "x-other",
            "o".to_owned(),
        ),
    ] {
        let (server, sandbox) = (FaultServer::start(server("variable")), Sandbox::new());
        let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 5);
        saved(&process::run(command.env(name, content), LIMIT));
        assert_eq!(received(&server, field).0, [Some(value)], "{name}");
    }
    // An option counts more than a variable.
    let (server, sandbox) = (FaultServer::start(server("both")), Sandbox::new());
    let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 1);
    command
        .args(["--bearer", "option"])
        .env("LANES_USER", "me:p");
    saved(&process::run(&mut command, LIMIT));
    let sent = received(&server, "authorization").0;
    assert_eq!(sent, [Some("Bearer option".to_owned())]);
    let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 1);
    command.env("LANES_BEARER", "t").env("LANES_USER", "me:p");
    assert_eq!(process::run(&mut command, LIMIT).code, Some(2));
}

/// Runs a command as `sh` would with this text on its standard input.
fn run_with_input(command: &mut Command, input: &str) -> (Option<i32>, String) {
    use std::io::Write as _;

    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn a_password_is_read_from_the_standard_input_or_asked_for() {
    let (server, sandbox) = (FaultServer::start(server("asked")), Sandbox::new());
    let url = server.url("/file.bin");
    let mut command = process::lanes(&sandbox, &url, 5);
    let (code, said) = run_with_input(command.args(["--user", "@-"]), "me:p\n");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(received(&server, "authorization").0, [Some(basic("me:p"))]);

    // No terminal, no question.
    let command = process::lanes(&sandbox, &url, 1);
    let mut alone = Command::new("setsid");
    alone
        .arg("--wait")
        .arg(command.get_program())
        .args(command.get_args());
    process::isolate_environment(&mut alone, &sandbox);
    let (code, said) = run_with_input(alone.args(["--user", "me"]), "");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("password of me") && said.contains("@FILE"),
        "{said}"
    );
}

#[test]
fn a_password_that_is_typed_on_the_terminal_is_not_shown() {
    let (server, sandbox) = (FaultServer::start(server("typed")), Sandbox::new());
    let command = process::lanes(&sandbox, &server.url("/file.bin"), 1);
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    words.extend(["--user".to_owned(), "me".to_owned()]);
    // `script` runs the command on a terminal of its own.
    let mut script = Command::new("script");
    script.args(["-qec", &words.join(" "), "/dev/null"]);
    process::isolate_environment(&mut script, &sandbox);
    script.env("TERM", "dumb");
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("no `script` here");
        return;
    }
    let (code, said) = type_after_prompt(&mut script, "Password of me: ", "pass word\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("pass word"), "{said}");
    let sent = received(&server, "authorization").0;
    assert_eq!(sent, [Some(basic("me:pass word"))]);
}

/// Runs a command under `script` and types `input` once `prompt` was printed and the terminal shows no more
/// what is typed. (rpassword prints the prompt first.)
fn type_after_prompt(command: &mut Command, prompt: &str, input: &str) -> (Option<i32>, String) {
    use std::io::{Read as _, Write as _};

    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = piped.spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut said = Vec::new();
    let mut byte = [0; 1];
    while !String::from_utf8_lossy(&said).contains(prompt) && screen.read(&mut byte).unwrap() == 1 {
        said.push(byte[0]);
    }
    while !is_echo_off(child.id()) && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    keyboard.write_all(input.as_bytes()).unwrap();
    screen.read_to_end(&mut said).unwrap();
    drop(keyboard);
    (
        child.wait().unwrap().code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Returns whether the terminal that the process `script` made does not show what is typed.
fn is_echo_off(script: u32) -> bool {
    if !std::path::Path::new("/proc/self/task").exists() {
        return true;
    }
    let children = fs::read_to_string(format!("/proc/{script}/task/{script}/children"));
    let shell = children.unwrap_or_default();
    let Some(shell) = shell.split_whitespace().next() else {
        return false;
    };
    let Ok(terminal) = fs::read_link(format!("/proc/{shell}/fd/0")) else {
        return false;
    };
    let settings = Command::new("stty").arg("-aF").arg(terminal).output();
    settings.is_ok_and(|settings| String::from_utf8_lossy(&settings.stdout).contains(" -echo "))
}

#[test]
fn links_are_shown_without_their_secrets() {
    let path = "/file.bin?signature=SECRET&SECRET";
    let failures = [403, 404, 410, 401, 500, 418].map(Action::Status);
    let others = [
        Action::Redirect(302, "ftp://SECRET@h/x?SECRET"),
        Action::Redirect(302, "http://SECRET@[/?SECRET"),
        Action::Redirect(302, "http://SECRET@{here}/file.bin?SECRET"),
    ];
    for action in failures.into_iter().chain(others) {
        for connections in COUNTS {
            let scenario = server("denied").when(When::Always, [action]);
            let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
            let url = server.url(path).replace("//", "//SECRET:SECRET@");
            let mut command = process::lanes(&sandbox, &url, connections);
            command.env("RUST_LOG", "lanes=trace,lanes_engine=trace");
            let run = process::run(&mut command, LIMIT);
            assert_eq!(run.code, Some(1), "{action:?} {run:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains("SECRET"), "{action:?} {said}");
        }
    }
    // A download that succeeds, and links that cannot be parsed.
    let (server, sandbox) = (FaultServer::start(server("shown")), Sandbox::new());
    for connections in COUNTS {
        let url = server.url(path).replace("//", "//SECRET:SECRET@");
        let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        saved(&run);
        assert!(run.stdout.contains("/file.bin?signature=…&…"), "{run:?}");
        assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
    }
    for wrong in [
        "https://SECRET:SECRET@h:99999/a?SECRET",
        "gopher://SECRET@h/?SECRET",
        "lanes://h/%ff?SECRET",
        "http://SECRET@/?a=SECRET",
    ] {
        let run = process::run(&mut process::lanes(&sandbox, wrong, 1), LIMIT);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(!run.stderr.contains("SECRET"), "{run:?}");
    }
}
