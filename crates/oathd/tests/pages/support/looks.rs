//! How a page looks.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::Browser;

/// Of a window; a screenshot is as high as its page, up to what the browser can draw.
const HEIGHT: u32 = 800;
const HIGHEST: f64 = 16_000.0;
/// The same of a picture for people, and how good it is.
const LONG: f64 = 1_500.0;
const QUALITY: u32 = 35;

/// Whatever reaches beyond the right edge and cannot be scrolled within a part of the page.
const TOO_WIDE: &str = r"
    const root = document.scrollingElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const scrolls = element => element && element !== root
        && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const wide = [...document.body.querySelectorAll('*')].filter(element =>
        element.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(element.parentElement));
    return [`the page is ${root.scrollWidth} wide and the window ${root.clientWidth}`,
        ...wide.map(element => element.cloneNode(false).outerHTML)];";

const CHANGED: &str = "
    const changes = document.getAnimations().filter(change => change instanceof CSSTransition);
    const ends = Promise.all(changes.map(change => change.finished.catch(() => null)));
    return Promise.race([ends, new Promise(end => setTimeout(end, 2000))]).then(() => null);";

impl Browser {
    pub(crate) async fn dark(&self) {
        self.prefer("dark").await;
    }

    pub(crate) async fn light(&self) {
        self.prefer("light").await;
    }

    async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
        // Colours change slowly.
        self.execute(CHANGED, vec![]).await;
    }

    /// Makes the window this wide, in CSS pixels, without a bar to scroll that would take of it.
    pub(crate) async fn width(&self, width: u32) {
        self.size(width.into(), HEIGHT.into()).await;
        let hidden = json!({ "hidden": true });
        self.cdp("Emulation.setScrollbarsHidden", hidden).await;
    }

    async fn size(&self, width: f64, height: f64) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// A picture of the whole page, as PNG.
    pub(crate) async fn screenshot(&self, file: &Path) {
        self.draw(file, HIGHEST, json!({ "format": "png" })).await;
    }

    /// A picture for people to read: WebP, and cut off where a page is very long.
    pub(crate) async fn picture(&self, file: &Path) {
        // What stays at an edge of the window is to be at that edge of the picture.
        let of = async |length: &str| {
            let length = format!("document.documentElement.{length}");
            self.value_of(&length).await.as_f64().unwrap()
        };
        let (width, height) = (of("clientWidth").await, of("scrollHeight").await.min(LONG));
        self.size(width, height).await;
        let format = json!({ "format": "webp", "quality": QUALITY });
        self.draw(file, height, format).await;
        self.size(width, HEIGHT.into()).await;
    }

    async fn draw(&self, file: &Path, highest: f64, mut wanted: Value) {
        let metrics = self.cdp("Page.getLayoutMetrics", json!({})).await;
        let of = |part: &str, length: &str| metrics[part][length].as_f64().unwrap();
        wanted["clip"] = json!({
            "x": 0, "y": 0, "scale": 1,
            "width": of("cssLayoutViewport", "clientWidth"),
            "height": of("cssContentSize", "height").min(highest),
        });
        wanted["captureBeyondViewport"] = true.into();
        let picture = self.cdp("Page.captureScreenshot", wanted).await;
        let picture = picture["data"].as_str().unwrap().as_bytes();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, BASE64.decode(picture).unwrap()).unwrap();
    }

    /// What makes the page wider than the window; nothing on a good page.
    pub(crate) async fn too_wide(&self) -> Vec<String> {
        let wide: Value = self.execute(TOO_WIDE, vec![]).await;
        serde_json::from_value(wide).unwrap()
    }
}
