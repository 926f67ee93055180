//! The statement that reads a page. The database leaves out what cannot fit; what is looked for in more
//! than one place is compared again afterwards.

use std::ops::Range;

use sqlx::{QueryBuilder, Sqlite};

use super::RecordFilter;
use super::text::superset;
use crate::audit::read::{COLUMNS, FROM};

// Spelt as in the migration, or no index is used.
const SERIAL: &str = "CASE WHEN json_valid(record.entry) THEN record.entry ->> '$.serial' END";
const USER: &str = "CASE WHEN json_valid(u.entry) THEN u.entry ->> '$.user' END";
const NAME: &str = "CASE WHEN json_valid(u.entry) THEN lower(u.entry ->> '$.name') END";
const INTENT: &str = "CASE WHEN json_valid(o.entry) THEN o.entry ->> '$.intent' END";
const ACTOR: &str = "CASE WHEN json_valid(s.entry) THEN s.entry ->> '$.actor' END";

/// Reads the records with these numbers that fit a filter, and `like` a text where one is given.
pub(super) fn of(
    filter: &RecordFilter,
    numbers: Range<i64>,
    like: Option<&str>,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(COLUMNS);
    // Who acts is said by the last record of the run that says it.
    query.push(
        ", (SELECT s.entry FROM audit AS s WHERE s.run = record.run AND s.seq <= record.seq AND ",
    );
    query.push(ACTOR);
    query.push(" IS NOT NULL ORDER BY s.seq DESC LIMIT 1) AS sitting");
    query.push(", (SELECT runs.idp FROM runs WHERE runs.id = record.run) AS idp");
    query.push(FROM);
    query.push("record.seq >= ").push_bind(numbers.start);
    query.push(" AND record.seq < ").push_bind(numbers.end);
    if let Some(run) = &filter.run {
        query.push(" AND record.run = ").push_bind(run.0.clone());
    }
    if let Some(serial) = &filter.serial {
        query.push(" AND ").push(SERIAL).push(" = ");
        query.push_bind(serial.folded().into_owned());
    }
    if let Some(since) = filter.since {
        query.push(" AND record.at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        query.push(" AND record.at < ").push_bind(until);
    }
    if let Some(user) = &filter.user {
        of_user(&mut query, user);
    }
    if let Some(actor) = &filter.actor {
        query.push(" AND record.seq IN (");
        where_acted(&mut query, &superset([actor.as_str()]));
        query.push(")");
    }
    if let Some(like) = like {
        holding(&mut query, numbers.end, like);
    }
    query.push(" ORDER BY record.seq DESC");
    query
}

/// By the id, by the name, and by the id that was recorded beside that name, where it was one only: who is
/// named in one way today was named in another one before. A name that several had is not one user.
fn of_user(query: &mut QueryBuilder<Sqlite>, user: &str) {
    let name = user.to_ascii_lowercase();
    query.push(" AND record.seq IN (WITH meant AS MATERIALIZED (SELECT ");
    query
        .push_bind(user.to_owned())
        .push(" AS id UNION SELECT max(");
    query.push(USER).push(") FROM audit AS u WHERE ").push(NAME);
    query.push(" = ").push_bind(name.clone());
    query
        .push(" HAVING count(DISTINCT ")
        .push(USER)
        .push(") = 1");
    query.push("), hit AS MATERIALIZED (SELECT u.seq FROM meant CROSS JOIN audit AS u ON ");
    // A `+` takes the column's affinity away, with which the index would not be used.
    query.push(USER).push(" = +meant.id");
    query
        .push(" UNION SELECT u.seq FROM audit AS u WHERE ")
        .push(NAME);
    query.push(" = ").push_bind(name).push(")");
    with_what_came_of_it(query);
    query.push(")");
}

/// Selects the hits, and what came of those that are calls.
fn with_what_came_of_it(query: &mut QueryBuilder<Sqlite>) {
    // A `+` takes the column's affinity away, with which the index would not be used.
    query.push(" SELECT seq FROM hit UNION ALL SELECT o.seq FROM hit CROSS JOIN audit AS o ON ");
    query.push(INTENT).push(" = +hit.seq");
}

/// Selects the records of runs in which somebody acted whose name may be like this.
fn where_acted(query: &mut QueryBuilder<Sqlite>, like: &str) {
    query.push("SELECT a.seq FROM audit AS a WHERE a.run IN (SELECT s.run FROM audit AS s WHERE ");
    query.push(ACTOR).push(" IS NOT NULL AND ").push(ACTOR);
    query.push(" LIKE ").push_bind(like.to_owned());
    query.push(")");
}

fn holding(query: &mut QueryBuilder<Sqlite>, before: i64, like: &str) {
    query.push(
        " AND record.seq IN (WITH hit AS MATERIALIZED (SELECT h.seq FROM audit AS h WHERE h.seq < ",
    );
    query.push_bind(before);
    query.push(" AND (h.entry LIKE ").push_bind(like.to_owned());
    query.push(" OR h.run LIKE ").push_bind(like.to_owned());
    query.push("))");
    with_what_came_of_it(query);
    query.push(" UNION ALL ");
    where_acted(query, like);
    query.push(")");
}
