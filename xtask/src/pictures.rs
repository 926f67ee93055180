//! `cargo xtask pictures`: a picture of every screen of oathd, light and dark, wide and narrow, made anew under
//! `docs/images/oathd`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;
use crate::{browser, sh};

const FOLDER: &str = "docs/images/oathd";
/// The page that shows them.
const PAGE: &str = "docs/screens.md";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    browser::run(workspace)?;
    let folder = std::env::current_dir()?.join(FOLDER);
    let _ = fs::remove_dir_all(&folder);
    sh::run(
        sh::cargo("test --locked --package oathd --test pages -- sweep::")
            .env("OATHD_PICTURES", &folder),
    )?;
    let page = fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    let (made, shown) = (made(&folder)?, shown(&page));
    let unseen: Vec<_> = made.difference(&shown).collect();
    let missing: Vec<_> = shown.difference(&made).collect();
    ensure!(unseen.is_empty(), "{PAGE} does not show {unseen:?}");
    ensure!(
        missing.is_empty(),
        "{PAGE} shows what is not there: {missing:?}"
    );
    Ok(())
}

/// The names of the pictures in a folder.
fn made(folder: &Path) -> Result<BTreeSet<String>> {
    let files =
        fs::read_dir(folder).with_context(|| format!("no pictures in {}", folder.display()))?;
    let name = |file: std::io::Result<fs::DirEntry>| Ok(file?.file_name().display().to_string());
    files.map(name).collect()
}

/// The names of the pictures that a page links to.
fn shown(page: &str) -> BTreeSet<String> {
    let parts = page.split("images/oathd/").skip(1);
    let names = parts.filter_map(|part| part.split([')', '"']).next());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn pictures_are_known_by_their_links() {
        let page =
            "[<img src=\"images/oathd/a.webp\">](images/oathd/a.webp) ![b](images/oathd/b.webp)";
        assert_eq!(
            shown(page).into_iter().collect::<Vec<_>>(),
            ["a.webp", "b.webp"]
        );
    }
}
