//! Gives the Windows programs their icon, version and manifest.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../assets/icon.ico");
    println!("cargo:rerun-if-changed=packaging/windows.manifest");
    // The system that the program is built for, not the one that builds it.
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        return;
    }
    let mut resource = winresource::WindowsResource::new();
    resource
        .set_icon("../assets/icon.ico")
        .set_manifest_file("packaging/windows.manifest")
        .set("ProductName", "Lanes")
        .set("FileDescription", "Lanes")
        .set("LegalCopyright", "Copyright © The Lanes developers");
    if let Err(error) = resource.compile() {
        println!("cargo:warning=the .exe has no icon, version and manifest: {error}");
    }
}
