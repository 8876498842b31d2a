//! Turns the book's listings into one test each.

use std::path::PathBuf;

use anyhow::{Context, Result};

mod listings;

fn main() -> Result<()> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo sets it")?);
    let root = package.ancestors().nth(2).context("the book's root")?;
    for watched in ["src", "listings/src", "README.md"] {
        println!("cargo:rerun-if-changed={}", root.join(watched).display());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let files = listings::write(root, &out.join("listings"))?;
    skeptic::generate_doc_tests(&files);
    Ok(())
}
