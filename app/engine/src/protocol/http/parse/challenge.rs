//! Parses `WWW-Authenticate` and `Proxy-Authenticate` (RFC 9110, 11.6.1).

/// One way to authenticate that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The scheme, such as `Basic`.
    pub scheme: String,
    /// Names in lower case, and values without their quotes.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Returns the value of a parameter; `name` must be lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        let (_, value) = all.find(|(each, _)| each == name)?;
        Some(value)
    }
}

/// Parses one field, which may have several challenges.
pub(crate) fn parse(field: &str) -> Vec<Challenge> {
    let (mut challenges, mut rest) = (Vec::<Challenge>::new(), field);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',', ';']);
        let len = rest.find(|c| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(len);
        if rest.is_empty() {
            return challenges;
        }
        let value = after.trim_start().strip_prefix('=');
        match (value, challenges.last_mut()) {
            (Some(value), Some(challenge)) if !word.is_empty() => {
                let (value, after) = split_value(value.trim_start());
                challenge
                    .parameters
                    .push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            (None, _) if !word.is_empty() => {
                challenges.push(Challenge {
                    scheme: word.to_owned(),
                    parameters: Vec::new(),
                });
                rest = skip_token68(after);
            }
            // Something else, up to the next comma.
            _ => rest = rest.split_once(',').map_or("", |(_, after)| after),
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// Splits a token or a quoted text from what follows it.
fn split_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let len = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(len);
        return (value.to_owned(), rest);
    };
    let (mut value, mut chars) = (String::new(), quoted.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Skips the single value that some schemes have in place of parameters, as `Negotiate` does.
fn skip_token68(after: &str) -> &str {
    let text = after.trim_start_matches([' ', '\t']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let len = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let rest = text[len..].trim_start_matches('=');
    let rest = rest.trim_start_matches([' ', '\t']);
    let is_alone = len > 0 && len < after.len() && (rest.is_empty() || rest.starts_with(','));
    match is_alone {
        true => rest,
        false => after,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(field: &str) -> String {
        let one = |challenge: Challenge| {
            let parameters = challenge.parameters.iter();
            let parameters = parameters.map(|(name, value)| format!(" {name}={value}"));
            challenge.scheme.clone() + &parameters.collect::<String>()
        };
        let all: Vec<_> = parse(field).into_iter().map(one).collect();
        all.join(" | ")
    }

    #[test]
    fn challenges_are_split_as_servers_write_them() {
        for (field, expected) in [
            ("Basic realm=\"a, b\"", "Basic realm=a, b"),
            ("Basic", "Basic"),
            ("Basic realm=x", "Basic realm=x"),
            ("NTLM", "NTLM"),
            ("Negotiate, NTLM", "Negotiate | NTLM"),
            (
                "Negotiate YIIB=, Basic realm=\"x\"",
                "Negotiate | Basic realm=x",
            ),
            (
                "Digest realm=\"a\\\"b\", nonce=\"n==\", QOP=\"auth,auth-int\", algorithm=MD5",
                "Digest realm=a\"b nonce=n== qop=auth,auth-int algorithm=MD5",
            ),
            (
                "Digest realm=\"r\",nonce=\"n\" , Basic realm=\"s\"",
                "Digest realm=r nonce=n | Basic realm=s",
            ),
            ("Digest  realm = \"r\" ,, nonce=n", "Digest realm=r nonce=n"),
            (
                "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
                "Newauth realm=apps type=1 title=Login to \"apps\" | Basic realm=simple",
            ),
            ("Digest realm=\"open", "Digest realm=open"),
            ("", ""),
            (", ,", ""),
            ("=x, Basic", "Basic"),
            ("Bearer error=\"é\"", "Bearer error=é"),
        ] {
            assert_eq!(shown(field), expected, "{field}");
        }
    }

    proptest! {
        #[test]
        fn any_field_is_read(field in "\\PC{0,60}") {
            parse(&field);
        }
    }
}
