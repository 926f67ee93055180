//! Style sheet, script and icon: built in, and served under names that change with their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

const STYLE_TEXT: &str = include_str!("style.css");
const SCRIPT_TEXT: &str = include_str!("script.js");
const ICON_TEXT: &str = include_str!("icon.svg");

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", STYLE_TEXT));
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "script",
        "js",
        "text/javascript; charset=utf-8",
        SCRIPT_TEXT,
    )
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", ICON_TEXT));

/// A file that is built in.
pub(super) struct Asset {
    name: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(text));
        let hash: String = digest.chars().take(16).collect();
        Self {
            name: format!("{stem}.{hash}.{ending}"),
            kind,
            text,
        }
    }

    /// Where pages find it.
    pub(super) fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// Answers `GET /assets/{name}`. What has a hash in its name never changes.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    let Some(asset) = all.into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(asset.kind);
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)], asset.text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_changes_with_the_content() {
        let of = |text| Asset::new("style", "css", "text/css", text).path();
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of("a"), "/assets/style.ca978112ca1bbdca.css");
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_ever_and_an_unknown_name_is_not_found() {
        let name = STYLE.path().replace("/assets/", "");
        let found = asset(Path(name)).await;
        let header = |name| found.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(found.status(), StatusCode::OK);
        assert_eq!(header(CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(header(CACHE_CONTROL), "public, max-age=31536000, immutable");
        let unknown = asset(Path("style.css".into())).await;
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_script_is_small_and_makes_no_markup_from_text() {
        assert!(SCRIPT_TEXT.len() < 20_000, "{} bytes", SCRIPT_TEXT.len());
        let unwanted = [
            ".innerHTML",
            ".outerHTML",
            ".insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ];
        for unwanted in unwanted {
            assert!(!SCRIPT_TEXT.contains(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for text in [STYLE_TEXT, SCRIPT_TEXT] {
            assert!(!text.contains("http:") && !text.contains("https:"));
            assert!(!text.contains("@import") && !text.contains("//fonts"));
        }
    }
}
