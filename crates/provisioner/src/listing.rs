//! Whether many names are found more cheaply in a list of everybody or by asking for each.

/// How far a list of users has been read, and what it has shown.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Names to find.
    pub(crate) names: usize,
    /// Names that one call asks for.
    pub(crate) per_call: usize,
    pub(crate) pages: usize,
    /// Names found.
    pub(crate) found: usize,
    /// Pages on which none was found, one after the other.
    pub(crate) barren: usize,
}

/// A list that shows nothing new for so many pages is left: it may go in a circle.
const BARREN: usize = 20;

impl Listing {
    pub(crate) fn of(names: usize, per_call: usize) -> Self {
        Self {
            names,
            per_call,
            pages: 0,
            found: 0,
            barren: 0,
        }
    }

    /// Takes a page, after which so many names are found.
    pub(crate) fn read_page(&mut self, found: usize) {
        self.pages += 1;
        self.barren = match found > self.found {
            true => 0,
            false => self.barren + 1,
        };
        self.found = found;
    }

    /// True while another page costs less than asking: so many pages as it took for the names that
    /// were found will take as long for the others. A list of a very large tenant is left early.
    pub(crate) fn is_cheaper(&self) -> bool {
        let missing = self.names.saturating_sub(self.found);
        let asking = missing.div_ceil(self.per_call.max(1));
        if self.pages == 0 {
            return asking > 2;
        }
        if self.barren >= BARREN {
            return false;
        }
        let more = self.pages.saturating_mul(missing);
        let more = more.checked_div(self.found).unwrap_or(usize::MAX);
        more.max(1) < asking
    }
}

#[cfg(test)]
mod tests {
    use super::Listing;

    fn listing(pages: usize, found: usize) -> bool {
        let listing = Listing {
            pages,
            found,
            ..Listing::of(1000, 15)
        };
        listing.is_cheaper()
    }

    #[test]
    fn a_list_is_read_while_it_is_cheaper() {
        // 67 calls would ask for all.
        assert!(listing(0, 0));
        assert!(listing(1, 500));
        assert!(listing(1, 20));
        assert!(!listing(1, 10));
        assert!(!listing(1, 0));
        assert!(!listing(2, 1000));
    }

    #[test]
    fn a_list_that_goes_in_a_circle_is_left() {
        let mut listing = Listing::of(100_000, 15);
        for _ in 0..60 {
            listing.read_page(listing.found + 999);
        }
        assert!(listing.is_cheaper());
        for _ in 0..20 {
            listing.read_page(listing.found);
        }
        assert!(!listing.is_cheaper());
    }

    #[test]
    fn few_names_are_asked_for() {
        let few = Listing::of(30, 15);
        assert!(!few.is_cheaper());
    }
}
