//! Redirects to the addresses of the server.

use super::Response;
use crate::request::Request;

impl Response {
    pub(super) fn redirect(&mut self, status: u16, to: &str, here: &str, other: &str) {
        self.become_status(status);
        let port = other.rsplit(':').next().unwrap_or_default();
        let to = to.replace("{here}", here).replace("{other}", other);
        let to = to.replace("{other_port}", port);
        self.set_header("Location", &to);
    }

    pub(super) fn redirect_to_next(&mut self, request: &Request, here: &str) {
        let left = request
            .path
            .rsplit('/')
            .next()
            .and_then(|number| number.parse::<u16>().ok());
        match left {
            Some(left @ 1..) => self.redirect(302, &format!("/hop/{}", left - 1), here, here),
            _ => self.redirect(307, "/file.bin", here, here),
        }
    }
}
