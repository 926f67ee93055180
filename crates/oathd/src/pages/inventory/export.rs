//! The tokens of a view as a file, all pages of it.

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use provisioner::{InventoryToken, Problem};
use serde::Serialize;

use super::{View, head};
use crate::pages::Page;
use crate::places::Idp;

pub(super) async fn csv(page: Page, Path(idp): Path<Idp>, Params(view): Params<View>) -> Response {
    let csv = |tokens: &[InventoryToken]| InventoryToken::to_csv(tokens);
    export(&page, idp, &view, "text/csv; charset=utf-8", "csv", csv).await
}

#[derive(Serialize)]
struct Document<'t> {
    schema: &'static str,
    idp: Idp,
    tokens: &'t [InventoryToken],
}

pub(super) async fn json(page: Page, Path(idp): Path<Idp>, Params(view): Params<View>) -> Response {
    let json = |tokens: &[InventoryToken]| {
        let schema = "oathkit.tokens/1";
        let document = Document {
            schema,
            idp,
            tokens,
        };
        serde_json::to_string(&document).unwrap_or_default()
    };
    export(&page, idp, &view, "application/json", "json", json).await
}

/// The tokens of the view, all pages of it.
async fn export(
    page: &Page,
    idp: Idp,
    view: &View,
    kind: &'static str,
    ending: &str,
    write: impl Fn(&[InventoryToken]) -> String,
) -> Response {
    let place = match page.app.place(idp).await {
        Ok(place) => place,
        Err(problem) => return page.trouble(head(), &problem),
    };
    let Some(listing) = place.shelf.look().listing else {
        let problem = Problem::new(
            "not-read",
            "the inventory is still being read",
            "wait, and try again",
        );
        return page.trouble(head(), &problem);
    };
    let tokens: Vec<InventoryToken> = listing.all(&view.query()).cloned().collect();
    let name = format!("attachment; filename=\"tokens-{idp}.{ending}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, write(&tokens)).into_response()
}
