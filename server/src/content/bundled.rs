//! The picture bundled with Lanes, in three sizes. A server without a root folder serves it.

/// Names and bytes of the bundled files, sorted by name.
pub(super) const BUNDLED: [(&str, &[u8]); 3] = [
    (
        "Data-500KB.jpg",
        include_bytes!("../../../assets/Data-500KB.jpg"),
    ),
    (
        "Data-50KB.jpg",
        include_bytes!("../../../assets/Data-50KB.jpg"),
    ),
    ("Data.jpg", include_bytes!("../../../assets/Data.jpg")),
];

/// Returns the bytes of the bundled file `name`: a picture that a server without a root folder serves.
pub fn bytes_of(name: &str) -> Option<&'static [u8]> {
    BUNDLED
        .iter()
        .find(|(bundled, _)| *bundled == name)
        .map(|(_, bytes)| *bytes)
}
