//! stub
use std::path::{Path, PathBuf};
pub const ENDPOINT: &str = "__livereload";
pub struct Options {
    pub port: u16,
    pub open: bool,
}
pub fn serve(
    _: &Path,
    _: Options,
    _: impl Fn(&Path) -> anyhow::Result<PathBuf> + Send + 'static,
) -> anyhow::Result<()> {
    anyhow::bail!("stub")
}
