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
}

impl Listing {
    /// True while another page costs less than asking: so many pages as it took for the names that
    /// were found will take as long for the others. A list of a very large tenant is left early.
    pub(crate) fn is_cheaper(&self) -> bool {
        let missing = self.names.saturating_sub(self.found);
        let asking = missing.div_ceil(self.per_call.max(1));
        if self.pages == 0 {
            return asking > 2;
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
            names: 1000,
            per_call: 15,
            pages,
            found,
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
    fn few_names_are_asked_for() {
        let few = Listing {
            names: 30,
            per_call: 15,
            pages: 0,
            found: 0,
        };
        assert!(!few.is_cheaper());
    }
}
