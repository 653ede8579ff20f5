//! The picture that comes with Lanes, in three sizes: what a server without a folder serves.

/// Names and bytes of the bundled files, sorted by name.
pub(crate) const BUNDLED: [(&str, &[u8]); 3] = [
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

/// The bytes of the bundled file `name`.
pub(crate) fn bytes_of(name: &str) -> Option<&'static [u8]> {
    BUNDLED
        .iter()
        .find(|(bundled, _)| *bundled == name)
        .map(|(_, bytes)| *bytes)
}
