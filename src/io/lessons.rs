//! The lessons of all projects of this user, in one SQLite file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::base::limits::LESSONS_KEPT_MAX;
use crate::logic::lessons;
use crate::model::failure::Failure;
use crate::model::lesson::Lesson;

/// How long a writer waits for another process's write.
const BUSY: Duration = Duration::from_secs(2);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS lessons (
        id   INTEGER PRIMARY KEY AUTOINCREMENT,
        body TEXT    NOT NULL
    );
";

/// Opened for each use: they are told and asked for seldom.
pub struct Lessons {
    path: PathBuf,
}

impl Lessons {
    /// The file lies beside the state folders of projects.
    pub fn beside(state: &Path) -> Lessons {
        Lessons { path: state.with_file_name("lessons.sqlite") }
    }

    /// All of them with their numbers, in the order in which they were first told. One that an older or newer version
    /// wrote in another form is left out.
    pub fn all(&self) -> Result<Vec<(i64, Lesson)>, Failure> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let connection = self.open()?;
        rows(&connection).map_err(|error| self.unusable(&error))
    }

    /// Adds what was told to what is known. The oldest go when there are too many.
    pub fn add(&self, told: &[Lesson]) -> Result<(), Failure> {
        let connection = self.open()?;
        let add = || {
            let adding = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
            for lesson in told {
                let known =
                    rows(&adding)?.into_iter().find(|(_, known)| known.says_the_same(lesson));
                let id = known.as_ref().map(|(id, _)| *id);
                let mut all: Vec<Lesson> = known.into_iter().map(|(_, known)| known).collect();
                lessons::add(&mut all, lesson.clone());
                let body = all.first().and_then(|lesson| serde_json::to_string(lesson).ok());
                adding
                    .execute("INSERT OR REPLACE INTO lessons VALUES (?1, ?2)", params![id, body])?;
            }
            adding.execute(
                "DELETE FROM lessons WHERE id NOT IN (SELECT id FROM lessons ORDER BY id DESC LIMIT ?1)",
                params![LESSONS_KEPT_MAX as i64],
            )?;
            adding.commit()
        };
        add().map_err(|error| self.unusable(&error))
    }

    /// Forgets one, or all; how many there were.
    pub fn delete(&self, id: Option<i64>) -> Result<usize, Failure> {
        let connection = self.open()?;
        let done = match id {
            Some(id) => connection.execute("DELETE FROM lessons WHERE id = ?1", params![id]),
            None => connection.execute("DELETE FROM lessons", params![]),
        };
        done.map_err(|error| self.unusable(&error))
    }

    fn open(&self) -> Result<Connection, Failure> {
        let open = || {
            let connection = Connection::open(&self.path)?;
            connection.busy_timeout(BUSY)?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        };
        open().map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &rusqlite::Error) -> Failure {
        Failure::environment(
            format!("the lessons in {} cannot be used: {error}", self.path.display()),
            "Make the file writable, or move it away; work goes on without them.",
        )
    }
}

fn rows(connection: &Connection) -> rusqlite::Result<Vec<(i64, Lesson)>> {
    let mut select = connection.prepare("SELECT id, body FROM lessons ORDER BY id")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let read = |(id, body): (i64, String)| Some((id, serde_json::from_str(&body).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}
