use proptest::prelude::*;

use super::*;

fn header<'a>(download: &'a PastedDownload, name: &str) -> Option<&'a str> {
    let mut headers = download.http.headers.iter();
    let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(&found.1)
}

fn link(download: &PastedDownload) -> String {
    download.links[0].full_link()
}

#[test]
fn chrome_and_firefox_write_posix_commands() {
    let text = "curl 'https://h/f.zip?a=1&b=2' \\\n  --compressed \\\n  -H 'accept: */*' \\\n  \
        -H 'accept-encoding: gzip, br' \\\n  -b 'sid=abc; t=1' \\\n  -H 'range: bytes=0-' \\\n  \
        -H $'x-quote: it\\'s \\u0021 \\ud83d\\ude00' \\\n  -H 'Referer: https://h/page' \\\n  \
        -A 'Mozilla/5.0 (X11)' --insecure";
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("$ {text}"),
    ] {
        let download = parse(&text).unwrap();
        assert_eq!(link(&download), "https://h/f.zip?a=1&b=2");
        assert_eq!(header(&download, "cookie"), Some("sid=abc; t=1"));
        assert_eq!(header(&download, "x-quote"), Some("it's ! 😀"));
        assert_eq!(header(&download, "referer"), Some("https://h/page"));
        assert_eq!(header(&download, "user-agent"), Some("Mozilla/5.0 (X11)"));
        for dropped in ["accept-encoding", "range"] {
            assert_eq!(header(&download, dropped), None);
        }
        assert!(download.http.insecure);
    }
}

#[test]
fn chrome_writes_commands_for_cmd() {
    let text = "curl ^\"https://h/f.zip?a=1^&b=2^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  \
        -H ^\"sec-ch-ua: ^\\^\"Chromium^\\^\";v=^\\^\"142^\\^\"^\" ^\r\n  -b ^\"sid=a^%^20b^\" ^\r\n  --compressed";
    let download = parse(text).unwrap();
    assert_eq!(link(&download), "https://h/f.zip?a=1&b=2");
    assert_eq!(
        header(&download, "sec-ch-ua"),
        Some("\"Chromium\";v=\"142\"")
    );
    assert_eq!(header(&download, "cookie"), Some("sid=a%20b"));
}

#[test]
fn carets_within_quotes_of_a_posix_shell_are_plain() {
    for field in ["'x-a: 0^\"!'", "$'x-a: 0^\"\\u0021'", "\"x-a: 0^\\\"!\""] {
        let download = parse(&format!("curl https://h/f -H {field}")).unwrap();
        assert_eq!(header(&download, "x-a"), Some("0^\"!"), "{field}");
    }
    let old = "curl \"https://h/it's\" ^\r\n -H \"x-a: 1\"";
    assert_eq!(header(&parse(old).unwrap(), "x-a"), Some("1"));
}

#[test]
fn chrome_and_firefox_write_commands_for_powershell() {
    let chrome = "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n\
        $session.UserAgent = \"Mozilla/5.0\"\n\
        $session.Cookies.Add((New-Object System.Net.Cookie(\"sid\", \"a=b\", \"/\", \"h\")))\n\
        Invoke-WebRequest -UseBasicParsing -Uri \"https://h/f.zip?a=`$1\" `\n\
        -WebSession $session `\n-Headers @{\n\"authority\"=\"h\"\n  \"accept-encoding\"=\"gzip\"\n  \
        \"referer\"=\"https://h/`\"x`\"\"\n  \"x-name\"=\"caf$([char]233)\"\n}";
    let download = parse(chrome).unwrap();
    assert_eq!(link(&download), "https://h/f.zip?a=$1");
    assert_eq!(header(&download, "user-agent"), Some("Mozilla/5.0"));
    assert_eq!(header(&download, "cookie"), Some("sid=a=b"));
    assert_eq!(header(&download, "referer"), Some("https://h/\"x\""));
    assert_eq!(header(&download, "x-name"), Some("café"));
    assert_eq!(
        (
            header(&download, "authority"),
            header(&download, "accept-encoding")
        ),
        (None, None)
    );

    let firefox = "Invoke-WebRequest -UseBasicParsing -Uri \"https://h/f.zip\" `\n-UserAgent \"FF\" `\n\
        -Headers @{\n\"Accept\" = \"*/*\"\n  \"Cookie\" = \"sid=1\"\n}";
    let download = parse(firefox).unwrap();
    assert_eq!(header(&download, "cookie"), Some("sid=1"));
    assert_eq!(header(&download, "user-agent"), Some("FF"));
    let post = format!("{firefox} `\n-Method POST -Body \"x\"");
    assert!(matches!(parse(&post), Err(PasteError::NotGet(_))));
}

#[test]
fn options_of_all_three_programs_have_their_effect() {
    let curl =
        parse("curl -sSLkfo out.bin -u me:pw -x http://p:1 -U 'a:b c' -Hx-a:1 -ehttps://r/ h/f")
            .unwrap();
    assert_eq!(link(&curl), "http://h/f");
    assert_eq!(curl.name.as_deref(), Some("out.bin".as_ref()));
    assert_eq!(curl.http.auth, Some(Auth::Basic("me".into(), "pw".into())));
    let proxy = ProxyChoice::Url("http://a:b%20c@p:1".into());
    assert_eq!((&curl.http.proxy, curl.http.insecure), (&proxy, true));
    assert_eq!(
        (header(&curl, "x-a"), header(&curl, "referer")),
        (Some("1"), Some("https://r/"))
    );

    let wget = parse("wget -q -O f.bin --header='Cookie: a=1' --user=me --password pw --no-check-certificate \"https://h/f\"").unwrap();
    assert_eq!(
        (header(&wget, "cookie"), wget.http.insecure),
        (Some("a=1"), true)
    );
    assert_eq!(wget.http.auth, Some(Auth::Basic("me".into(), "pw".into())));

    let sha = "sha-1=da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let aria2c = parse(&format!("aria2c -x16 -s8 -c -d /tmp/d -o f --checksum={sha} --check-certificate=false https://a/f https://b/f")).unwrap();
    assert_eq!((aria2c.links.len(), aria2c.connections), (2, Some(8)));
    assert_eq!(aria2c.folder.as_deref(), Some("/tmp/d".as_ref()));
    assert!(aria2c.checksum.is_some() && aria2c.http.insecure);
}

#[test]
fn other_requests_and_unknown_options_are_refused_without_their_values() {
    for (text, word) in [
        ("curl https://h/f --data-raw 'secret=1'", "--data-raw"),
        ("curl https://h/f -X POST", "POST"),
        ("curl -I https://h/f", "-I"),
        ("curl https://h/f -b secret.txt", "--load-cookies"),
        ("curl https://h/f --resolve secret", "--resolve"),
        ("curl https://h/f -H secret", "NAME: VALUE"),
        ("curl -H 'Accept: x'", "no link"),
        ("curl https://h/a https://h/b", "2 files"),
        ("curl 'https://h/f", "quote"),
        ("curl https://h/f -H", "no value"),
        ("curl ftp://h/f", "ftp"),
        ("wget --post-data=secret https://h/f", "--post-data"),
        ("wget -r https://h/", "-r"),
        ("rm -rf /", "not a command"),
        ("https://h/curl x", "not a command"),
        ("curl", "not a command"),
        ("", "not a command"),
    ] {
        let error = parse(text).map(drop).unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
        assert!(
            !error.contains("secret=") && !error.contains("'secret'"),
            "{error}"
        );
    }
}

/// Quotes as Chrome does for a POSIX shell.
fn chrome_posix(text: &str) -> String {
    let is_plain = |c: char| c != '\'' && c != '!' && c != '\n' && c != '\r';
    if text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let escaped = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '!' => "\\u0021".to_owned(),
        c => c.to_string(),
    });
    format!("$'{}'", escaped.collect::<String>())
}

/// Quotes as Chrome does for `cmd.exe`.
fn chrome_cmd(text: &str) -> String {
    let mut out = "^\"".to_owned();
    let escaped = text.replace('"', "\\\"");
    for c in escaped.chars() {
        if !c.is_ascii_alphanumeric() && !" _-:=+~'/.',?;()*`".contains(c) {
            out.push('^');
        }
        out.push(c);
    }
    out + "^\""
}

/// Quotes as Chrome does for PowerShell.
fn chrome_powershell(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '`' | '$' | '"' => out.extend(['`', c]),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out += &format!("$([char]{unit})");
                }
            }
        }
    }
    out + "\""
}

proptest! {
    #[test]
    fn a_quoted_value_is_read_as_it_was(value in "[!-~][ -~äß😀]{0,40}[!-~]") {
        let is_kept = |text: &str| {
            let download = parse(text).unwrap();
            header(&download, "x-a").map(str::to_owned)
        };
        // curl takes such a value for an instruction.
        prop_assume!(!value.ends_with([':', ';']));
        let field = format!("x-a: {value}");
        let expected = Some(value.clone());
        for quoted in [chrome_posix(&field), shell_words::quote(&field).into_owned()] {
            prop_assert_eq!(&is_kept(&format!("curl 'https://h/f' \\\n -H {quoted}")), &expected);
        }
        let powershell = format!("Invoke-WebRequest -Uri \"https://h/f\" `\n-Headers @{{\n\"x-a\"={}\n}}", chrome_powershell(&value));
        prop_assert_eq!(&is_kept(&powershell), &expected);
        // A backslash before a quote is ambiguous in what Chrome writes for cmd.exe.
        if !value.contains('\\') {
            let cmd = format!("curl ^\"https://h/f^\" ^\r\n  -H {}", chrome_cmd(&field));
            prop_assert_eq!(&is_kept(&cmd), &expected);
        }
    }

    #[test]
    fn no_text_panics(text in "(?s)(curl |wget |aria2c |Invoke-WebRequest |).{0,60}|curl [-a-zA-Z'\"\\\\^$`\n ]{0,60}") {
        let _ = parse(&text);
    }
}
