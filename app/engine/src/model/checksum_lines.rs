//! Reads the checksum of one file from a file of checksums.
//!
//! Forms that are found beside downloads:
//!
//! ```text
//! ba7816bf…  debian-13.0.0-amd64-netinst.iso          GNU coreutils, text
//! ba7816bf… *debian-13.0.0-amd64-netinst.iso          binary
//! \ba7816bf…  a\\b\nc                                 a name with escapes
//! SHA256 (Fedora-Server-43.iso) = ba7816bf…           BSD, with --tag
//! SHA2-256(openssl-3.6.tar.gz)= ba7816bf…             openssl dgst
//! apache-x.tar.gz: BA7816BF 8F01CFEA …                gpg --print-md, over several lines
//! ba7816bf…                                           the digest alone
//! ```
//!
//! Everything else is passed over: comments, the armor of a signature around it, other files.

use super::checksum::Checksum;

/// The digest that a file of checksums holds, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DigestKind {
    Md5,
    Sha256,
    Sha512,
    Blake3,
}

impl DigestKind {
    /// Returns the name that [`Checksum`] parses.
    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
            Self::Blake3 => "blake3",
        }
    }

    fn checksum(self, hex: &str) -> Option<Checksum> {
        format!("{}:{hex}", self.name()).parse().ok()
    }
}

/// Returns the checksums of the file `name` in `text`, in their order, each once. `is_list` is set for a list
/// of many files, as `SHA256SUMS`, in which the line of another file says nothing about this one. A file of its
/// own, as `NAME.sha256`, may name the file by another path, or not at all.
pub(crate) fn find(text: &[u8], name: &str, kind: DigestKind, is_list: bool) -> Vec<Checksum> {
    let text = String::from_utf8_lossy(text);
    let mut named = Vec::new();
    let mut others = Vec::new();
    let mut lines = text.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        let Some((file, checksum)) = tagged(line)
            .or_else(|| plain(line, kind))
            .or_else(|| grouped(line, &mut lines, kind))
        else {
            continue;
        };
        let is_named = match (&file, is_list) {
            (Some(file), true) => without_dot(file) == name,
            (Some(file), false) => file.rsplit(['/', '\\']).next() == Some(name),
            (None, _) => false,
        };
        let found = if is_named { &mut named } else { &mut others };
        if !found.contains(&checksum) {
            found.push(checksum);
        }
    }
    match (named.is_empty(), is_list) {
        // A link without a version may lead to a file whose checksum names the version.
        (true, false) if others.len() == 1 => others,
        _ => named,
    }
}

/// Returns a path without the `./` that `find` writes.
fn without_dot(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

/// Parses `ALGORITHM (NAME) = HEX`.
fn tagged(line: &str) -> Option<(Option<String>, Checksum)> {
    let (line, is_escaped) = escape_mark(line);
    let (algorithm, rest) = line.split_once('(')?;
    let (name, hex) = rest.rsplit_once(')')?;
    let hex = hex.trim_start().strip_prefix('=')?.trim();
    let algorithm = algorithm
        .trim()
        .to_ascii_lowercase()
        .replace("sha2-", "sha");
    let checksum = format!("{algorithm}:{hex}").parse().ok()?;
    Some((Some(unescaped(name, is_escaped)), checksum))
}

/// Parses `HEX  NAME`, `HEX *NAME` or `HEX`.
fn plain(line: &str, kind: DigestKind) -> Option<(Option<String>, Checksum)> {
    let (line, is_escaped) = escape_mark(line);
    let (hex, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let checksum = kind.checksum(hex)?;
    // The second space or asterisk is the mode; some write a single space.
    let name = rest.strip_prefix([' ', '*', '\t']).unwrap_or(rest);
    let name = name.trim_start();
    let name = (!name.is_empty()).then(|| unescaped(name, is_escaped));
    Some((name, checksum))
}

/// Parses `NAME: HEX HEX …`, whose groups may continue on indented lines.
fn grouped<'a>(
    line: &str,
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
    kind: DigestKind,
) -> Option<(Option<String>, Checksum)> {
    /// Digits of the longest digest.
    const MAX_DIGITS: usize = 128;
    let (name, groups) = line.rsplit_once(':')?;
    let name = name.trim();
    if name.is_empty() || name.starts_with('#') {
        return None;
    }
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b' ');
    let mut hex: String = groups.trim().into();
    if !is_hex(&hex) {
        return None;
    }
    hex.retain(|c| c != ' ');
    while hex.len() < MAX_DIGITS
        && let Some(next) =
            lines.next_if(|next| next.starts_with([' ', '\t']) && is_hex(next.trim()))
    {
        hex.extend(next.chars().filter(char::is_ascii_hexdigit));
    }
    Some((Some(name.to_owned()), kind.checksum(&hex)?))
}

/// Splits the mark of a name with escapes off.
fn escape_mark(line: &str) -> (&str, bool) {
    match line.strip_prefix('\\') {
        Some(line) => (line, true),
        None => (line, false),
    }
}

fn unescaped(name: &str, is_escaped: bool) -> String {
    if !is_escaped {
        return name.to_owned();
    }
    let mut plain = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the first byte of each checksum of `name` in a list of SHA-256.
    fn listed(text: &str, name: &str) -> Vec<u8> {
        firsts(&find(text.as_bytes(), name, DigestKind::Sha256, true))
    }

    fn firsts(checksums: &[Checksum]) -> Vec<u8> {
        let first = |checksum: &Checksum| match checksum {
            Checksum::Md5(bytes) => bytes[0],
            Checksum::Sha1(bytes) => bytes[0],
            Checksum::Sha256(bytes) => bytes[0],
            Checksum::Sha512(bytes) => bytes[0],
            Checksum::Blake3(digest) => digest.0[0],
        };
        checksums.iter().map(first).collect()
    }

    fn hex(first: u8, len: usize) -> String {
        format!("{first:02x}").repeat(len)
    }

    #[test]
    fn a_list_of_debian_names_its_files_in_the_same_folder() {
        let (a, b, c) = (hex(1, 32), hex(2, 32), hex(3, 32));
        let text = format!(
            "{a}  debian-13.0.0-amd64-DVD-1.iso\n{b}  debian-13.0.0-amd64-netinst.iso\n{c}  ./netboot/mini.iso\n"
        );
        assert_eq!(listed(&text, "debian-13.0.0-amd64-netinst.iso"), [2]);
        for other in [
            "mini.iso",
            "netinst.iso",
            "debian-13.0.0-amd64-netinst.iso.torrent",
            "",
        ] {
            assert!(listed(&text, other).is_empty(), "{other}");
        }
        assert_eq!(listed(&format!("{a}  ./x y.iso\r\n"), "x y.iso"), [1]);
    }

    #[test]
    fn a_list_of_ubuntu_marks_binary_files() {
        let text = format!("{} *ubuntu-26.04-live-server-amd64.iso\n", hex(4, 32));
        assert_eq!(listed(&text, "ubuntu-26.04-live-server-amd64.iso"), [4]);
    }

    #[test]
    fn a_signed_list_of_fedora_has_bsd_lines_of_any_digest() {
        let name = "Fedora-Server-dvd-x86_64-43-1.6.iso";
        let text = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# {name}: 2970877952 bytes\nSHA256 ({name}) = {}\nSHA512 ({name}) = {}\nSHA256 (other.iso) = {}\n-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE=\n-----END PGP SIGNATURE-----\n",
            hex(5, 32),
            hex(6, 64),
            hex(7, 32)
        );
        assert_eq!(listed(&text, name), [5, 6]);
    }

    #[test]
    fn a_file_of_its_own_holds_the_digest_alone_or_with_any_path() {
        let own = |text: &str, kind| firsts(&find(text.as_bytes(), "x.tar.gz", kind, false));
        let sha = hex(8, 32);
        for text in [
            sha.clone(),
            format!("{sha}\n"),
            format!("{}\n", sha.to_uppercase()),
            format!("{sha}  x.tar.gz\n"),
            format!("{sha}  -\n"),
            format!("{sha} */home/build/out/x.tar.gz\n"),
            format!("{sha}  x-1.2.3.tar.gz\n"),
            format!("SHA2-256(x.tar.gz)= {sha}\n"),
            format!("sha256 (./x.tar.gz) = {sha}"),
            format!("{}  a\n{sha}  x.tar.gz\n", hex(9, 32)),
        ] {
            assert_eq!(own(&text, DigestKind::Sha256), [8], "{text}");
        }
        // Two others: nothing tells which is meant.
        let text = format!("{sha}  a\n{}  b\n", hex(9, 32));
        assert!(own(&text, DigestKind::Sha256).is_empty());
        assert_eq!(own(&hex(1, 16), DigestKind::Md5), [1]);
        assert_eq!(own(&hex(2, 32), DigestKind::Blake3), [2]);
        assert_eq!(own(&hex(3, 64), DigestKind::Sha512), [3]);
    }

    #[test]
    fn groups_of_gpg_go_on_over_several_lines() {
        let g = "0A0A0A0A";
        let text = format!(
            "x.tar.gz: {g} {g} {g} {g} {g} {g}\n          {g} {g} {g} {g} {g} {g}\n          {g} {g} {g} {g}\n"
        );
        let found = find(text.as_bytes(), "x.tar.gz", DigestKind::Sha512, false);
        assert_eq!(firsts(&found), [10]);
    }

    #[test]
    fn escaped_names_are_compared_as_they_are() {
        let text = format!("\\{}  a\\\\b\\nc\n", hex(1, 32));
        assert_eq!(listed(&text, "a\\b\nc"), [1]);
    }

    #[test]
    fn two_different_checksums_of_one_file_both_count() {
        let text = format!("{}  x\n{}  x\n{}  x\n", hex(1, 32), hex(2, 32), hex(1, 32));
        assert_eq!(listed(&text, "x"), [1, 2]);
    }

    #[test]
    fn pages_and_other_digests_hold_nothing() {
        let page = "<!DOCTYPE html><html><body>404: not found</body></html>";
        for text in [
            page,
            "",
            "\n\n",
            &hex(1, 20),
            &format!("{}  x", hex(1, 64)),
            "x: not hex",
        ] {
            assert!(listed(text, "x").is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_line_of_the_file_is_found_in_it(before in "([ -~]{0,40}\n){0,4}", after in "(\n[ -~]{0,40}){0,4}", name in "[a-z][a-z.]{0,8}") {
            let text = format!("{before}{}  {name}{after}", hex(7, 32));
            // A line before may end in a colon and take an indented one, but this one is not indented.
            prop_assert!(listed(&text, &name).contains(&7));
            for is_list in [true, false] {
                find(after.as_bytes(), &name, DigestKind::Blake3, is_list);
            }
        }
    }
}
