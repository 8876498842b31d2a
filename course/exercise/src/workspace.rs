//! Several exercises as one workspace: their dependencies are compiled once.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};

use super::{Exercise, Tree, manifest};
use book::project::Project;

/// The starters of these exercises, each in a folder that is called as its chapter, with one
/// manifest and one lock file.
///
/// # Errors
///
/// When the lock file cannot be made.
pub fn build(project: &Project, exercises: &[Exercise]) -> Result<Tree> {
    let mut tree = Tree::new();
    let mut members = Vec::new();
    for exercise in exercises {
        for (path, bytes) in exercise
            .starter()
            .iter()
            .filter(|(path, _)| path.as_str() != "Cargo.lock")
        {
            tree.insert(format!("{}/{path}", exercise.slug), bytes.clone());
        }
        if let Some(manifest) = exercise.starter().get("Cargo.toml") {
            let manifest = member(&exercise.slug, &String::from_utf8_lossy(manifest))?;
            tree.insert(
                format!("{}/Cargo.toml", exercise.slug),
                manifest.clone().into_bytes(),
            );
            members.push((exercise.slug.clone(), manifest));
        }
    }
    ensure!(
        !members.is_empty(),
        "none of these chapters is a program: leave out --workspace"
    );
    let mut root = "[workspace]\nresolver = \"3\"\nmembers = [".to_owned();
    let names: Vec<String> = members
        .iter()
        .map(|(slug, _)| format!("\"{slug}\""))
        .collect();
    let _ = writeln!(root, "{}]", names.join(", "));
    members.push((String::new(), root.clone()));
    let lock =
        fs::read_to_string(project.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    tree.insert(
        "Cargo.lock".to_owned(),
        manifest::lock(project, &members, &lock)?.into_bytes(),
    );
    tree.insert("Cargo.toml".to_owned(), root.into_bytes());
    Ok(tree)
}

/// An exercise's manifest as a member's: no two packages of a workspace have the same name, but the
/// library keeps its own, by which the tests call it.
fn member(slug: &str, manifest: &str) -> Result<String> {
    let mut text = manifest.to_owned();
    for (find, with) in [
        ("name = \"listings\"\n", format!("name = \"{slug}\"\n")),
        ("[lib]\n", "[lib]\nname = \"listings\"\n".to_owned()),
        ("\n[workspace]\n", String::new()),
    ] {
        ensure!(
            text.matches(find).count() == 1,
            "the manifest of `{slug}` has not one {find:?}"
        );
        text = text.replace(find, &with);
    }
    Ok(text)
}
