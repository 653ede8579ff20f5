//! Parses netrc files, which hold user names and passwords, as curl 8 does. This is pure parsing.
//!
//! 1. Words are separated by blanks and line ends. A word in double quotes may hold blanks; in it, `\n`,
//!    `\r` and `\t` have their usual meaning, and any other character after a backslash stands for itself.
//! 2. A `#` begins a comment at the start of a line or where a keyword is expected, never within a word.
//! 3. The body of a `macdef` reaches to the next empty line and is skipped.
//! 4. The first entry that fits counts; `default` fits every host.
//!
//! Differences from curl, which takes words of a macro for keywords if it is within an entry, and the
//! password `machine` of another host's entry for the next host.

/// A user name and a password. They need not be UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
}

/// One entry of the file.
#[derive(Default)]
struct Entry {
    /// The host; `None` for `default`.
    machine: Option<Vec<u8>>,
    login: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
}

/// The entries of a netrc file, in the order of the file.
#[derive(Default)]
pub(crate) struct Netrc {
    entries: Vec<Entry>,
}

/// A quoted word that begins on this line, from 1, has no end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnclosedQuote(pub usize);

impl Netrc {
    /// Parses the content of a netrc file.
    ///
    /// # Errors
    /// [`UnclosedQuote`] if a quoted word has no end.
    pub fn parse(content: &[u8]) -> Result<Self, UnclosedQuote> {
        let mut words = Words { content, at: 0 };
        let mut netrc = Self::default();
        while let Some(keyword) = words.keyword()? {
            let is = |name: &str| keyword.eq_ignore_ascii_case(name.as_bytes());
            if is("machine") {
                let machine = words.value()?;
                netrc.entries.extend(machine.map(|machine| Entry {
                    machine: Some(machine),
                    ..Entry::default()
                }));
            } else if is("default") {
                netrc.entries.push(Entry::default());
            } else if is("macdef") {
                words.skip_macro();
            } else if is("login") {
                let login = words.value()?;
                if let Some(entry) = netrc.entries.last_mut() {
                    entry.login = login;
                }
            } else if is("password") {
                let password = words.value()?;
                if let Some(entry) = netrc.entries.last_mut() {
                    entry.password = password;
                }
            } else if is("account") {
                words.value()?;
            }
        }
        Ok(netrc)
    }

    /// Returns the login for `host`, with the user name `user` if one is given. `default` entries are
    /// included if `with_default` is set.
    pub fn find(&self, host: &str, user: Option<&str>, with_default: bool) -> Option<Login> {
        let host = host.trim_matches(['[', ']']).as_bytes();
        let fits = |entry: &&Entry| {
            let is_host = match &entry.machine {
                Some(machine) => machine.trim_ascii().eq_ignore_ascii_case(host),
                None => with_default,
            };
            let is_user = match (user, &entry.login) {
                (Some(user), Some(login)) => user.as_bytes() == login.as_slice(),
                // An entry without a user name has a token, which fits every user.
                _ => entry.login.is_some() || entry.password.is_some(),
            };
            is_host && is_user
        };
        let entry = self.entries.iter().find(fits)?;
        let name = user.map(|user| user.as_bytes().to_vec());
        Some(Login {
            name: name.or_else(|| entry.login.clone()).unwrap_or_default(),
            password: entry.password.clone().unwrap_or_default(),
        })
    }
}

/// Splits the content into words.
struct Words<'a> {
    content: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// Returns the next word where a keyword is expected: a word that begins with `#` is a comment.
    fn keyword(&mut self) -> Result<Option<Vec<u8>>, UnclosedQuote> {
        loop {
            self.skip_space();
            match self.content.get(self.at) {
                Some(b'#') => self.skip_line(),
                _ => return self.word(),
            }
        }
    }

    /// Returns the next word where a value is expected.
    fn value(&mut self) -> Result<Option<Vec<u8>>, UnclosedQuote> {
        self.skip_space();
        self.word()
    }

    /// Skips blanks, line ends, and lines that are comments.
    fn skip_space(&mut self) {
        let mut is_line_start = self.at == 0;
        while let Some(byte) = self.content.get(self.at) {
            match byte {
                b'\n' => is_line_start = true,
                b'#' if is_line_start => {
                    self.skip_line();
                    continue;
                }
                byte if is_space(*byte) => {}
                _ => break,
            }
            self.at += 1;
        }
    }

    /// Moves to the end of the line.
    fn skip_line(&mut self) {
        let rest = &self.content[self.at..];
        self.at += rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
    }

    /// Skips the name and the body of a macro, up to and including the next empty line.
    fn skip_macro(&mut self) {
        self.skip_line();
        while self.at < self.content.len() {
            let start = self.at + 1;
            self.at = start.min(self.content.len());
            self.skip_line();
            if self.content[start.min(self.at)..self.at]
                .trim_ascii()
                .is_empty()
            {
                return;
            }
        }
    }

    fn word(&mut self) -> Result<Option<Vec<u8>>, UnclosedQuote> {
        let rest = &self.content[self.at..];
        match rest.first() {
            None => Ok(None),
            Some(b'"') => self.quoted().map(Some),
            Some(_) => {
                let len = rest.iter().position(|byte| is_space(*byte));
                let word = &rest[..len.unwrap_or(rest.len())];
                self.at += word.len();
                Ok(Some(word.to_vec()))
            }
        }
    }

    fn quoted(&mut self) -> Result<Vec<u8>, UnclosedQuote> {
        let start = self.at;
        let mut word = Vec::new();
        let mut bytes = self.content[start + 1..].iter().enumerate();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.at = start + index + 2;
                    return Ok(word);
                }
                b'\\' => word.extend(bytes.next().map(|(_, escaped)| match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                })),
                other => word.push(*other),
            }
        }
        let before = self.content[..start].iter();
        Err(UnclosedQuote(
            before.filter(|byte| **byte == b'\n').count() + 1,
        ))
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the login in `content` for `host`, as `NAME:PASSWORD`.
    fn found(content: &str, host: &str) -> Option<String> {
        shown(
            Netrc::parse(content.as_bytes())
                .unwrap()
                .find(host, None, true),
        )
    }

    fn shown(login: Option<Login>) -> Option<String> {
        let login = login?;
        Some(String::from_utf8([&login.name[..], b":", &login.password].concat()).unwrap())
    }

    #[test]
    fn host_is_found_and_default_applies_to_the_others() {
        let text = "# mine\nmachine a.org login me password p1\nmachine b.org\n login you\n password p2\ndefault login anonymous";
        for (host, login) in [
            ("a.org", "me:p1"),
            ("B.org", "you:p2"),
            ("c.org", "anonymous:"),
        ] {
            assert_eq!(found(text, host).as_deref(), Some(login));
            let netrc = Netrc::parse(text.as_bytes()).unwrap();
            assert_eq!(netrc.find(host, None, false).is_some(), host != "c.org");
        }
        assert_eq!(found("machine a.org login me", "z"), None);
        assert_eq!(found("", "z"), None);
    }

    #[test]
    fn words_are_split_as_curl_splits_them() {
        for (content, login) in [
            ("machine h login me password p#q", "me:p#q"),
            ("machine h login me password #q", "me:#q"),
            ("machine h login me password \"a b\"", "me:a b"),
            (
                r#"machine h login "m\"e" password "a\\b\n\t\r\x""#,
                "m\"e:a\\b\n\t\rx",
            ),
            (r"machine h login me password a\nb", r"me:a\nb"),
            ("machine h login me password a\"b\"", "me:a\"b\""),
            ("machine h login \"\" password p", ":p"),
            ("MACHINE h LOGIN me PASSWORD p", "me:p"),
            ("machine h\r\n\tlogin me\r\n\tpassword p\r\n", "me:p"),
            ("machine h account x login me password p", "me:p"),
            ("machine h account login login me password p", "me:p"),
            ("machine h login password password login", "password:login"),
            (
                "machine h login machine password default",
                "machine:default",
            ),
            ("machine h password p", ":p"),
            (
                "machine h # login evil\n login me # password evil\n password p",
                "me:p",
            ),
            ("machine h login me password\n# a comment\np", "me:p"),
            ("machine \"h\" \"login\" me \"password\" p", "me:p"),
            (
                "machine x login machine password h\nmachine h login me password p",
                "me:p",
            ),
            ("machine h port 21 login me password p", "me:p"),
        ] {
            assert_eq!(found(content, "h").as_deref(), Some(login), "{content}");
        }
    }

    #[test]
    fn macros_are_skipped_to_the_next_empty_line() {
        let entry = "machine h login me password right\n";
        for before in [
            "macdef init\nmachine h login evil password evil\n\n",
            "macdef init\r\nmachine h login evil password evil\r\n\r\n",
            "macdef init\nmachine h login \"evil\n \t\n",
            "machine x login a password b\nmacdef init\nlogin evil\n# x\n\n",
            "macdef a\nx\n\nmacdef b\nmachine h login evil password evil\n\n",
            "macdef\n\n",
        ] {
            let content = format!("{before}{entry}");
            assert_eq!(
                found(&content, "h").as_deref(),
                Some("me:right"),
                "{before}"
            );
        }
        let within = "machine h\nlogin me\nmacdef init\npassword evil\n\npassword right";
        assert_eq!(found(within, "h").as_deref(), Some("me:right"));
        for open in [
            "macdef init\nmachine h login me password p",
            "macdef",
            "macdef x\n",
        ] {
            assert_eq!(found(open, "h"), None, "{open}");
        }
    }

    #[test]
    fn user_name_selects_the_entry() {
        let content = "machine h login a password pa\nmachine x login b password no\nmachine h login b password pb\nmachine t password token\ndefault login b password d";
        let netrc = Netrc::parse(content.as_bytes()).unwrap();
        let find = |host, user| shown(netrc.find(host, Some(user), true));
        assert_eq!(find("h", "a").as_deref(), Some("a:pa"));
        assert_eq!(find("h", "b").as_deref(), Some("b:pb"));
        assert_eq!(find("t", "me").as_deref(), Some("me:token"));
        assert_eq!(find("z", "b").as_deref(), Some("b:d"));
        assert_eq!(find("h", "c"), None);
        assert_eq!(
            shown(netrc.find("h", Some("b"), false)).as_deref(),
            Some("b:pb")
        );
        assert_eq!(
            found("machine ::1 login me password p", "[::1]").as_deref(),
            Some("me:p")
        );
    }

    #[test]
    fn unclosed_quote_is_reported_with_its_line() {
        for (content, line) in [
            ("machine h login \"me", 1),
            ("machine h\nlogin me\npassword \"p\\\"\n\n", 3),
            ("\n\"", 2),
            ("machine h login \"me\\", 1),
        ] {
            let error = Netrc::parse(content.as_bytes()).err();
            assert_eq!(error, Some(UnclosedQuote(line)), "{content}");
        }
    }

    #[test]
    fn passwords_need_not_be_utf8() {
        let netrc = Netrc::parse(b"machine h login m\xfc password \"\xff \xfe\"").unwrap();
        let login = netrc.find("h", None, true).unwrap();
        assert_eq!(
            (&login.name[..], &login.password[..]),
            (&b"m\xfc"[..], &b"\xff \xfe"[..])
        );
    }

    fn quote(word: &str) -> String {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    }

    proptest! {
        #[test]
        fn no_content_makes_the_parser_panic(content in "(machine|login|password|macdef|default|\"|\\\\|#|\n| |\r|h|\\PC){0,60}") {
            if let Ok(netrc) = Netrc::parse(content.as_bytes()) {
                let _ = netrc.find("h", None, true);
            }
        }

        #[test]
        fn quoted_words_are_read_as_written(name in "\\PC{0,20}", password in "\\PC{0,20}") {
            let content = format!("machine h login {} password {}", quote(&name), quote(&password));
            prop_assert_eq!(found(&content, "h"), Some(format!("{name}:{password}")));
        }
    }
}
