//! Reads the options of a command line of curl, wget or aria2c.

use lanes_engine::Auth;

use super::option_tables::{self, Effect, Opt, Program, Table};
use super::{PasteError, PastedDownload, posix, windows_cmd};

/// Returns the program of a command line.
pub(super) fn program(text: &str) -> Option<Program> {
    let text = text.trim_start();
    // Prompts that are copied along.
    let text = text
        .strip_prefix("$ ")
        .or(text.strip_prefix("> "))
        .unwrap_or(text);
    let (first, rest) = text.trim_start().split_once(char::is_whitespace)?;
    let name = first.rsplit(['/', '\\']).next().unwrap_or_default();
    let program = match name.trim_end_matches(".exe") {
        _ if first.contains("://") => return None,
        "curl" => Program::Curl,
        "wget" => Program::Wget,
        "aria2c" => Program::Aria2c,
        _ => return None,
    };
    (!rest.trim().is_empty()).then_some(program)
}

/// Parses a command line.
pub(super) fn parse(text: &str) -> Result<PastedDownload, PasteError> {
    let program = program(text).ok_or(PasteError::Program)?;
    let words = match windows_cmd::is_cmd(text) {
        true => windows_cmd::split(text)?,
        false => posix::split(text)?,
    };
    let start = words.iter().position(|word| {
        let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
        ["curl", "wget", "aria2c"].contains(&name.trim_end_matches(".exe"))
    });
    let mut reader = Reader {
        table: option_tables::of(program),
        words: words.into_iter().skip(start.map_or(0, |at| at + 1)),
        download: PastedDownload::default(),
        proxy_user: None,
        sends: None,
    };
    reader.read()?;
    let download = reader.finish()?;
    // aria2c downloads one file from all of its links.
    match program != Program::Aria2c && download.links.len() > 1 {
        true => Err(PasteError::ManyFiles(download.links.len())),
        false => Ok(download),
    }
}

struct Reader<I> {
    table: &'static Table,
    words: I,
    download: PastedDownload,
    proxy_user: Option<String>,
    /// Option that sends data.
    sends: Option<String>,
}

impl<I: Iterator<Item = String>> Reader<I> {
    fn read(&mut self) -> Result<(), PasteError> {
        while let Some(word) = self.words.next() {
            if word == "--" {
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                self.read_long(long)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.read_short(&word[1..])?;
            } else if !word.trim().is_empty() {
                self.download.add_link(&word)?;
            }
        }
        for word in self.words.by_ref() {
            self.download.add_link(&word)?;
        }
        Ok(())
    }

    fn read_long(&mut self, option: &str) -> Result<(), PasteError> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        let shown = format!("--{name}");
        let named = |opt: &&Opt| opt.1 == name;
        if let Some((_, _, effect)) = self.table.valued.iter().find(named) {
            let value = value.or_else(|| self.words.next());
            return self.apply(
                *effect,
                &shown,
                value.ok_or(PasteError::NoValue(shown.clone()))?,
            );
        }
        match self.table.flags.iter().find(named) {
            Some((_, _, effect)) if value.is_none() || self.table.flags_take_values => {
                self.apply(*effect, &shown, value.unwrap_or_default())
            }
            _ => Err(PasteError::Option(shown)),
        }
    }

    /// Reads letters behind one hyphen: flags, then perhaps an option with its value, attached or not.
    fn read_short(&mut self, letters: &str) -> Result<(), PasteError> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let shown = format!("-{letter}");
            let named = |opt: &&Opt| opt.0 == letter && letter != ' ';
            if let Some((_, _, effect)) = self.table.valued.iter().find(named) {
                let attached = rest.as_str();
                let value = match attached.is_empty() {
                    true => self.words.next(),
                    false => Some(attached.to_owned()),
                };
                return self.apply(
                    *effect,
                    &shown,
                    value.ok_or(PasteError::NoValue(shown.clone()))?,
                );
            }
            match self.table.flags.iter().find(named) {
                Some((_, _, effect)) => self.apply(*effect, &shown, String::new())?,
                None => return Err(PasteError::Option(shown)),
            }
        }
        Ok(())
    }

    fn apply(&mut self, effect: Effect, option: &str, value: String) -> Result<(), PasteError> {
        let download = &mut self.download;
        match effect {
            Effect::Ignore => {}
            Effect::Url => download.add_link(&value)?,
            Effect::Header => download.add_header(&value)?,
            Effect::UserAgent => download.set_header("User-Agent", &value),
            Effect::Referer => {
                // `;auto` is curl's way to follow redirects with a referer.
                let referer = value.trim_end_matches(";auto");
                if !referer.is_empty() {
                    download.set_header("Referer", referer);
                }
            }
            Effect::Cookie if value.contains('=') => {
                download.http.headers.push(("Cookie".to_owned(), value));
            }
            Effect::Cookie if value.is_empty() => {}
            Effect::Cookie => return Err(PasteError::CookieFile(value)),
            Effect::User => download.set_user(&value),
            Effect::UserName => download.set_user_name(&value),
            Effect::Password => download.set_password(&value),
            Effect::Bearer => download.http.auth = Some(Auth::Bearer(value)),
            Effect::Proxy => download.set_proxy(&value),
            Effect::ProxyUser => self.proxy_user = Some(value),
            Effect::Insecure => download.http.insecure = true,
            Effect::CheckCertificate => download.http.insecure = value == "false",
            Effect::CaFile => download.http.ca_file = Some(value.into()),
            Effect::Netrc => download.http.netrc = true,
            Effect::Output => download.name = Some(value.into()),
            Effect::Folder => download.folder = Some(value.into()),
            Effect::Checksum => {
                let parsed = value.replacen('=', ":", 1).parse();
                let checksum = parsed.map_err(|e| PasteError::Checksum(format!("{e}")))?;
                download.checksum = Some(checksum);
            }
            Effect::Connections => {
                let number = value.parse::<u16>().ok();
                download.connections = number.map(|n| n.clamp(1, lanes_engine::MAX_CONNECTIONS));
            }
            Effect::Method if value.eq_ignore_ascii_case("get") => {}
            Effect::Method => self.sends = Some(value.to_ascii_uppercase()),
            Effect::NotGet => {
                self.sends.get_or_insert_with(|| option.to_owned());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<PastedDownload, PasteError> {
        if let Some(option) = self.sends {
            return Err(PasteError::NotGet(option));
        }
        if let (Some(user), lanes_engine::ProxyChoice::Url(url)) =
            (&self.proxy_user, &self.download.http.proxy)
        {
            let url = with_proxy_user(url, user);
            self.download.set_proxy(&url);
        }
        Ok(self.download)
    }
}

/// Puts `NAME:PASSWORD` into the URL of a proxy, percent-encoded.
pub(crate) fn with_proxy_user(proxy: &str, user: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    format!("{scheme}://{}:{}@{host}", encoded(name), encoded(password))
}
