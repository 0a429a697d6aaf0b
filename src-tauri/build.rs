//! Builds what Tauri compiles in: configuration, capabilities and icons. Nothing of Belfry's own is
//! generated here.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // The bundled SQLite must stay private to the program: exported, its symbols would take over the
        // calls that WebKit's process-wide libraries make to the system's SQLite.
        println!("cargo:rustc-link-arg-bin=belfry=-Wl,--exclude-libs,ALL");
    }
    let calls = tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/*.toml");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    // The page is compiled in; without this a new one alone would not be noticed.
    if std::path::Path::new("ui/dist").is_dir() {
        println!("cargo:rerun-if-changed=ui/dist");
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(calls);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error=tauri: {error:#}");
    }
}
