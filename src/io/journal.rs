//! The journal: one SQLite file per project with every event of every run, append-only, each row chained to the one
//! before it by hash. Nothing that happened is known anywhere else.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::fault::{self, FaultPoint};
use super::store;
use crate::base::ids::RunId;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};

/// The stored form of events. Raised when an old reader would misread new rows; rows of a later version are refused.
const VERSION: i64 = 1;
/// How long a writer waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
        run     TEXT    NOT NULL,
        seq     INTEGER NOT NULL,
        at_ms   INTEGER NOT NULL,
        version INTEGER NOT NULL,
        body    TEXT    NOT NULL,
        hash    TEXT    NOT NULL,
        PRIMARY KEY (run, seq)
    ) WITHOUT ROWID;
";

/// Shared between threads; several processes may have the same file open.
pub struct Journal {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// SQLite's number for what others wrote until now.
    seen: AtomicI64,
}

impl Journal {
    /// Opens or creates the journal file.
    pub fn open(path: &Path) -> Result<Journal, Failure> {
        let fail = |error| unusable(path, &error);
        let connection = Connection::open(path).map_err(fail)?;
        connection.busy_timeout(BUSY).map_err(fail)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
        connection.execute_batch(SCHEMA).map_err(fail)?;
        let seen = AtomicI64::new(others_version(&connection).map_err(fail)?);
        Ok(Journal { path: path.to_owned(), connection: Mutex::new(connection), seen })
    }

    /// Whether another process, or another journal of this one, added anything since this was asked last, or since the
    /// journal was opened. Cheap.
    pub fn has_changed(&self) -> Result<bool, Failure> {
        let now = others_version(&self.lock()).map_err(|error| unusable(&self.path, &error))?;
        Ok(self.seen.swap(now, Ordering::Relaxed) != now)
    }

    /// How many events the newest runs have, newest first.
    pub fn lengths(&self, n_max: usize) -> Result<Vec<(RunId, usize)>, Failure> {
        let connection = self.lock();
        let rows = connection
            .prepare_cached(
                "SELECT run, MAX(seq) FROM events GROUP BY run ORDER BY run DESC LIMIT ?1",
            )
            .and_then(|mut select| {
                select
                    .query_map([n_max as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<Vec<(String, i64)>, _>>()
            })
            .map_err(|error| unusable(&self.path, &error))?;
        Ok(rows.iter().filter_map(|(name, n)| Some((RunId::parse(name)?, *n as usize))).collect())
    }

    /// Adds an event to the end of a run and says the how-many-th it is. When this returns, the event survives a crash of the
    /// machine.
    pub fn append(&self, run: RunId, event: &Event, at_ms: u64) -> Result<usize, Failure> {
        fault::pass(FaultPoint::BeforeAppend);
        let body = serde_json::to_string(event).map_err(|error| damaged(&self.path, error))?;
        let connection = self.lock();
        // Another process may add to the same run.
        let append = || {
            let adding = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
            let last = last_row(&adding, run)?;
            let (seq, before) = last.map_or((1, String::new()), |(seq, hash)| (seq + 1, hash));
            adding.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
                params![run.to_string(), seq, at_ms as i64, VERSION, body, chained(&before, &body)],
            )?;
            adding.commit()?;
            Ok(seq)
        };
        let seq: i64 = append().map_err(|error| unusable(&self.path, &error))?;
        fault::pass(FaultPoint::AfterAppend);
        Ok(seq as usize)
    }

    /// The events of one run, in order; an error when a row was changed, lost or written by a later version.
    pub fn events(&self, run: RunId) -> Result<Vec<Event>, Failure> {
        Ok(self.history(run)?.into_iter().map(|(_, event)| event).collect())
    }

    /// The same with the time of each, in milliseconds since 1970.
    pub fn history(&self, run: RunId) -> Result<Vec<(u64, Event)>, Failure> {
        let connection = self.lock();
        let rows = connection
            .prepare_cached(
                "SELECT seq, version, body, hash, at_ms FROM events WHERE run = ?1 ORDER BY seq",
            )
            .and_then(|mut select| {
                select.query_map([run.to_string()], read_row)?.collect::<Result<Vec<Row>, _>>()
            })
            .map_err(|error| unusable(&self.path, &error))?;
        self.verified(run, rows)
    }

    /// The newest runs, newest first.
    pub fn latest(&self, n_max: usize) -> Result<Vec<RunId>, Failure> {
        let connection = self.lock();
        let names = connection
            .prepare_cached("SELECT DISTINCT run FROM events ORDER BY run DESC LIMIT ?1")
            .and_then(|mut select| {
                select
                    .query_map([n_max as i64], |row| row.get(0))?
                    .collect::<Result<Vec<String>, _>>()
            })
            .map_err(|error| unusable(&self.path, &error))?;
        Ok(names.iter().filter_map(|name| RunId::parse(name)).collect())
    }

    fn verified(&self, run: RunId, rows: Vec<Row>) -> Result<Vec<(u64, Event)>, Failure> {
        let mut before = String::new();
        let mut events = Vec::with_capacity(rows.len());
        for (row, expected) in rows.into_iter().zip(1..) {
            if row.version > VERSION {
                return Err(later_version(&self.path));
            }
            if row.seq != expected || row.hash != chained(&before, &row.body) {
                return Err(damaged(&self.path, format!("run {run}, event {expected}")));
            }
            let event =
                serde_json::from_str(&row.body).map_err(|error| damaged(&self.path, error))?;
            events.push((row.at_ms as u64, event));
            before = row.hash;
        }
        Ok(events)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Row {
    seq: i64,
    version: i64,
    body: String,
    hash: String,
    at_ms: i64,
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: row.get(0)?,
        version: row.get(1)?,
        body: row.get(2)?,
        hash: row.get(3)?,
        at_ms: row.get(4)?,
    })
}

fn others_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

fn last_row(connection: &Connection, run: RunId) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached("SELECT seq, hash FROM events WHERE run = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([run.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn chained(before: &str, body: &str) -> String {
    store::digest(&format!("{before}\n{body}"))
}

fn unusable(path: &Path, error: &rusqlite::Error) -> Failure {
    Failure::environment(
        format!("the journal {} cannot be used: {error}", path.display()),
        "Check that the folder is writable and the disk has room.",
    )
}

fn damaged(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::Environment,
        format!("the journal {} is damaged: {what}", path.display()),
        "Move the file away to start anew; your project is not affected.",
    )
}

fn later_version(path: &Path) -> Failure {
    Failure::environment(
        format!("the journal {} was written by a later version of greenloop", path.display()),
        "Update this greenloop, or move the file away to start anew.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.sqlite")).unwrap();
        (folder, journal)
    }

    #[test]
    fn what_was_appended_is_read_in_order_by_another_process() {
        let (folder, journal) = journal();
        for (run, event) in
            [(7, Event::CancelRequested), (9, Event::WallSpent), (7, Event::WallSpent)]
        {
            journal.append(RunId(run), &event, 1).unwrap();
        }
        let other = Journal::open(&folder.path().join("journal.sqlite")).unwrap();
        assert_eq!(other.events(RunId(7)).unwrap(), [Event::CancelRequested, Event::WallSpent]);
        assert_eq!(other.latest(10).unwrap(), [RunId(9), RunId(7)]);
        assert_eq!(other.latest(1).unwrap(), [RunId(9)]);
    }

    #[test]
    fn what_others_add_is_noticed_once() {
        let (folder, journal) = journal();
        let other = Journal::open(&folder.path().join("journal.sqlite")).unwrap();
        let noticed = || journal.has_changed().unwrap();
        journal.append(RunId(1), &Event::WallSpent, 1).unwrap();
        assert!(!noticed(), "our own");
        other.append(RunId(2), &Event::WallSpent, 1).unwrap();
        other.append(RunId(2), &Event::WallSpent, 1).unwrap();
        assert!(noticed() && !noticed());
        assert_eq!(journal.lengths(9).unwrap(), [(RunId(2), 2), (RunId(1), 1)]);
        assert_eq!(journal.lengths(1).unwrap(), [(RunId(2), 2)]);
    }

    #[test]
    fn two_processes_add_to_one_run() {
        let (folder, journal) = journal();
        let other = Journal::open(&folder.path().join("journal.sqlite")).unwrap();
        std::thread::scope(|scope| {
            for journal in [&journal, &other] {
                scope.spawn(|| {
                    for _ in 0..20 {
                        journal.append(RunId(1), &Event::WallSpent, 1).unwrap();
                    }
                });
            }
        });
        assert_eq!(journal.events(RunId(1)).unwrap().len(), 40);
    }

    #[test]
    fn a_changed_row_is_noticed() {
        for damage in [
            "UPDATE events SET body = replace(body, 'cancel-requested', 'wall-spent') WHERE seq = 1",
            "DELETE FROM events WHERE seq = 1",
            "UPDATE events SET version = 99",
        ] {
            let (_folder, journal) = journal();
            journal.append(RunId(1), &Event::CancelRequested, 1).unwrap();
            journal.append(RunId(1), &Event::WallSpent, 2).unwrap();
            journal.lock().execute(damage, []).unwrap();
            assert!(journal.events(RunId(1)).is_err(), "{damage}");
        }
    }

    #[test]
    fn a_file_that_is_no_journal_is_refused_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        std::fs::write(
            &path,
            "not a database, but long enough to be looked at as one by the reader",
        )
        .unwrap();
        let Err(failure) = Journal::open(&path) else { panic!("opened") };
        assert!(failure.message.contains("cannot be used"), "{failure}");
    }
}
