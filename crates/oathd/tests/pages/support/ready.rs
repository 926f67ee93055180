//! What `cargo xtask browser` made ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

static READY: LazyLock<Result<Ready, String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
    Ready::in_folder(&folder)
});

#[derive(Debug, Deserialize)]
pub(crate) struct Ready {
    pub(super) browser: PathBuf,
    pub(super) driver: PathBuf,
    pub(super) axe: PathBuf,
}

impl Ready {
    /// Without it nothing of the pages is tested, so the test fails.
    pub(super) fn get() -> &'static Self {
        READY.as_ref().unwrap_or_else(|why| panic!("{why}"))
    }

    pub(crate) fn in_folder(folder: &Path) -> Result<Self, String> {
        let not_ready = |why: String| {
            Err(format!(
                "the browser that tests the pages is not ready ({why}): run `cargo xtask browser`"
            ))
        };
        let file = folder.join("ready.json");
        let ready: Self = match fs::read(&file).map(|json| serde_json::from_slice(&json)) {
            Ok(Ok(ready)) => ready,
            Ok(Err(error)) => return not_ready(format!("{}: {error}", file.display())),
            Err(error) => return not_ready(format!("{}: {error}", file.display())),
        };
        for path in [&ready.browser, &ready.driver, &ready.axe] {
            if !path.exists() {
                return not_ready(format!("no {}", path.display()));
            }
        }
        Ok(ready)
    }
}
