//! Writes the names of request fields as `Host` and `Range`. They mean the same in any case (RFC 9110, 5.1),
//! but small servers look for the names as other clients write them.

/// Capitalizes each word of the field names in the head of a request, which begins with its request line.
pub(super) fn capitalize(head: &mut [u8]) {
    let mut is_name = false;
    let mut is_first = false;
    for byte in head {
        match *byte {
            b'\n' => (is_name, is_first) = (true, true),
            b':' => is_name = false,
            b'-' => is_first = true,
            _ if is_name && std::mem::take(&mut is_first) => byte.make_ascii_uppercase(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_names_are_capitalized_and_nothing_else() {
        let mut head =
            b"GET /a-b HTTP/1.1\r\nhost: a-b:80\r\nx-old-name: a-b\r\nRange: bytes=0-\r\n\r\n"
                .to_vec();
        capitalize(&mut head);
        let expected =
            "GET /a-b HTTP/1.1\r\nHost: a-b:80\r\nX-Old-Name: a-b\r\nRange: bytes=0-\r\n\r\n";
        assert_eq!(String::from_utf8(head).unwrap(), expected);
    }
}
