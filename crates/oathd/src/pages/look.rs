//! How pages look to one reader: kept in a cookie that says nothing about anybody.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use serde::Deserialize;

use crate::app::App;
use crate::door::{Role, Sent, own};
use crate::routes::Routes;
use crate::ui::Theme;

const COOKIE_NAME: &str = "oathkit-look";
/// A year, in seconds.
const KEPT: u32 = 31_536_000;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new().post("/look", Role::Viewer, set)
}

/// What a reader chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looks {
    pub(super) theme: Theme,
    /// Whether single keys do something.
    pub(super) keys: bool,
}

impl Looks {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
        let value = pairs.find(|(name, _)| *name == COOKIE_NAME);
        let (theme, keys) = value
            .and_then(|(_, value)| value.split_once('.'))
            .unwrap_or_default();
        Self {
            theme: Theme::named(theme),
            keys: keys != "off",
        }
    }

    fn cookie(self) -> Option<HeaderValue> {
        let (theme, keys) = (self.theme.name(), if self.keys { "on" } else { "off" });
        let cookie = format!(
            "{COOKIE_NAME}={theme}.{keys}; Path=/; Max-Age={KEPT}; SameSite=Strict; HttpOnly"
        );
        cookie.parse().ok()
    }
}

#[derive(Deserialize)]
struct Choice {
    theme: Option<String>,
    keys: Option<String>,
    #[serde(default)]
    back: String,
}

async fn set(headers: HeaderMap, Sent { form, .. }: Sent<Choice>) -> Response {
    let before = Looks::of(&headers);
    let looks = Looks {
        theme: form.theme.as_deref().map_or(before.theme, Theme::named),
        keys: form
            .keys
            .as_deref()
            .map_or(before.keys, |keys| keys != "off"),
    };
    let mut response = Redirect::to(own(&form.back)).into_response();
    if let Some(cookie) = looks.cookie() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_comes_back_with_the_cookie() {
        let looks = Looks {
            theme: Theme::Dark,
            keys: false,
        };
        let set = looks.cookie().unwrap();
        let sent = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers = HeaderMap::from_iter([(COOKIE, format!("a=b; {sent}").parse().unwrap())]);
        assert_eq!(Looks::of(&headers), looks);
        let none = Looks::of(&HeaderMap::new());
        assert_eq!((none.theme, none.keys), (Theme::Auto, true));
    }
}
