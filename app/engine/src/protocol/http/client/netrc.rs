//! Reads user names and passwords from `~/.netrc`, as ftp and curl do.

use std::path::Path;

/// Returns the login and password for `host` in the text of a netrc file.
pub(crate) fn find(text: &str, host: &str) -> Option<(String, String)> {
    let mut words = text.lines().flat_map(|line| {
        line.split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
    });
    let (mut matches, mut login, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if matches && login.is_some() => break,
            "machine" => {
                matches = words
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case(host));
                (login, password) = (None, None);
            }
            "default" => (matches, login, password) = (true, None, None),
            "login" => login = words.next().map(str::to_owned),
            "password" => password = words.next().map(str::to_owned),
            _ => {}
        }
    }
    matches.then_some((login?, password.unwrap_or_default()))
}

/// Returns the login and password for `host` in the user's file, if there is one.
pub(crate) fn for_host(host: &str) -> Option<(String, String)> {
    let home = directories::UserDirs::new()?;
    let text = std::fs::read_to_string(home.home_dir().join(Path::new(".netrc"))).ok()?;
    find(&text, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_found_and_default_applies_to_the_others() {
        let text = "# mine\nmachine a.org login me password p1\nmachine b.org\n login you\n password p2\ndefault login anonymous";
        let found = |host| find(text, host);
        assert_eq!(found("a.org"), Some(("me".into(), "p1".into())));
        assert_eq!(found("B.org"), Some(("you".into(), "p2".into())));
        assert_eq!(found("c.org"), Some(("anonymous".into(), String::new())));
        assert_eq!(find("machine a.org login me", "z"), None);
        assert_eq!(find("", "z"), None);
    }
}
