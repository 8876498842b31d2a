//! stub
use std::path::Path;
pub fn run(_: &Path, _: &[String], _: bool, _: Option<&str>, _: bool) -> anyhow::Result<()> {
    anyhow::bail!("stub")
}
