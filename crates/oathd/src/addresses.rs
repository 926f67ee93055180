//! Every address of this server.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::app::App;
use crate::door::{self, Door};
use crate::routes::Routes;
use crate::{api, pages};

/// All addresses, with the guard around them.
pub(crate) fn router(app: &Arc<App>, door: &Arc<Door>) -> Router {
    let guard = from_fn_with_state(Arc::clone(door), door::guard);
    let router = all().into_router();
    router.with_state(Arc::clone(app)).layer(guard)
}

/// Every address with the least role that may use it.
fn all() -> Routes<Arc<App>> {
    door::routes().and(api::routes()).and(pages::routes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http::Method;

    use super::all;
    use crate::routes::is_api;

    /// The pages that the tests in a browser go to, and the files beside them.
    const SWEPT: &str = include_str!("../tests/pages/sweep/addresses.txt");

    #[test]
    fn the_sweep_knows_every_address_that_is_read() {
        let routes = all();
        let read = routes.addresses().iter();
        let read = read.filter(|address| address.method == Method::GET && !is_api(address.path));
        let read: BTreeSet<&str> = read.map(|address| address.path).collect();
        let swept = SWEPT.lines().filter_map(|line| line.split_once(' '));
        let swept: BTreeSet<&str> = swept.map(|(_, path)| path).collect();
        let left_out: Vec<_> = read.difference(&swept).collect();
        let gone: Vec<_> = swept.difference(&read).collect();
        assert!(left_out.is_empty(), "not in the list: {left_out:?}");
        assert!(gone.is_empty(), "in the list alone: {gone:?}");
    }
}
