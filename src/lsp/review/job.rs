//! Collects what drawing a file needs, so that it can be drawn without any lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tower_lsp::lsp_types::{Location, Url};

use super::evidence::Applied;
use super::red::RedPlace;
use super::side::{Look, Side, Source};
use super::view::line_start;
use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::base::text::Encoding;
use crate::engine::{EngineHandle, Review, RunView};
use crate::logic::review::Reader;
use crate::lsp::board::Board;
use crate::lsp::capabilities::Capabilities;
use crate::lsp::documents::{Document, Text};
use crate::lsp::findings::Finding;
use crate::lsp::session::State;
use crate::lsp::started::Seen;
use crate::model::proposal::{ChangeKind, FileChange};

/// What a view was drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The revision of the open document's text; `None` for the file on disk.
    pub text: Option<u64>,
    pub board: u64,
}

/// Everything that drawing all files of all projects needs.
pub struct Jobs {
    pub files: Vec<Job>,
    /// Texts for which nothing is proposed, by project root.
    pub elsewhere: BTreeMap<PathBuf, Vec<Elsewhere>>,
}

/// A text for which a run proposes nothing, as the run saw it and as it is on the screen.
pub struct Elsewhere {
    pub run: RunId,
    pub path: RepoPath,
    pub seen: Seen,
    pub now: Arc<Text>,
}

/// Everything that drawing one file needs.
pub struct Job {
    pub root: PathBuf,
    pub path: RepoPath,
    pub key: Key,
    pub side: Side,
    pub encoding: Encoding,
    /// The project's proposals that still count.
    pub proposals: Vec<Arc<Review>>,
    /// What they do to this file.
    pub reviews: Vec<ReviewJob>,
    pub findings: Vec<FindingJob>,
    /// What is in the texts, as far as known.
    pub applied: Arc<Applied>,
    /// For editors that show them: the red tests that each proposal turns green.
    pub red: HashMap<RunId, Vec<RedPlace>>,
    /// As in the editor's capabilities.
    pub diagnostic_data: bool,
    pub code_descriptions: bool,
}

/// The part of a proposal that changes one file.
pub struct ReviewJob {
    pub view: Arc<RunView>,
    pub review: Arc<Review>,
    /// Index into the review's files.
    pub file: usize,
    /// Decisions of the proposal before this file's.
    pub n_before: usize,
    pub n_total: usize,
    /// One per decision the file takes.
    pub settled: Vec<bool>,
    pub places: Places,
    reader: SharedReader,
}

/// Reads the hunks of one file in its texts; made by the first who needs it.
pub type SharedReader = Arc<OnceLock<Reader>>;

impl ReviewJob {
    pub fn reader(&self) -> &Reader {
        let (change, file) =
            (&self.review.proposal.files[self.file], &self.review.files[self.file]);
        self.reader.get_or_init(|| Reader::new(&file.before, &change.hunks))
    }
}

/// Where the file of a change is or was.
pub struct Places {
    /// At the change's path.
    pub here: Side,
    /// Where a renamed file comes from.
    pub from: Option<Side>,
    /// The same files by other names, in more documents.
    pub others: Vec<Side>,
}

pub struct FindingJob {
    pub finding: Arc<Finding>,
    pub since: Arc<Since>,
    /// The text the finding's line refers to; `None` when the file was not open then, or its text is not kept.
    pub seen: Option<Arc<Text>>,
    /// For editors that show them.
    pub frames: Vec<Location>,
}

/// The project's texts that an editor showed, as a run saw them.
#[derive(Default)]
pub struct Since {
    files: Vec<(Side, Seen)>,
    edited: OnceLock<bool>,
}

impl Since {
    /// Whether one of them is another now, so that the run's results are about texts of the past. Undone edits are none.
    pub fn is_edited(&self) -> bool {
        let is_other = |(side, seen): &(Side, Seen)| match side.look() {
            Look::Text(now) => !seen.is(&now),
            Look::Nothing => true,
            Look::Unreadable => false,
        };
        *self.edited.get_or_init(|| self.files.iter().any(is_other))
    }
}

impl State {
    /// One job per file that has something to show, open or not.
    pub fn jobs(&self, capabilities: &Capabilities) -> Jobs {
        let files = self.boards.keys().flat_map(|root| self.jobs_of(root, capabilities));
        Jobs { files: files.collect(), elsewhere: self.elsewhere() }
    }

    fn jobs_of(&self, root: &Path, capabilities: &Capabilities) -> Vec<Job> {
        let Some(material) = self.material(root) else { return Vec::new() };
        let mut jobs = Vec::new();
        for path in material.paths() {
            let file = path.under(root);
            let open: Vec<&Document> = self.documents.at(&file).collect();
            if open.is_empty() {
                jobs.extend(
                    self.uri_of(root, &path)
                        .map(|uri| self.job(&material, &path, uri, None, capabilities)),
                );
            }
            let of_document = |document: &&Document| {
                self.job(&material, &path, document.uri.clone(), Some(document), capabilities)
            };
            jobs.extend(open.iter().map(of_document));
        }
        jobs
    }

    /// The project of an open document and what a view of it must be drawn from; `None` when it belongs to no project
    /// or is not in step with the editor.
    pub fn key_of(&self, document: &Document) -> Option<(&Path, Key)> {
        let file = document.path.as_deref().filter(|_| document.in_sync)?;
        let around = self.boards.iter().filter(|(root, _)| file.starts_with(root));
        let (root, board) = around.max_by_key(|(root, _)| root.as_os_str().len())?;
        Some((root, Key { text: Some(document.revision), board: board.revision() }))
    }

    /// The job of an open document; `None` as for [`State::key_of`].
    pub fn job_of(&self, document: &Document, capabilities: &Capabilities) -> Option<Job> {
        let (root, _) = self.key_of(document)?;
        let path = RepoPath::below(root, document.path.as_deref()?)?;
        Some(self.job(
            &self.material(root)?,
            &path,
            document.uri.clone(),
            Some(document),
            capabilities,
        ))
    }

    /// A run's part that changes one file, whether its proposal still counts or not; as the document `named` shows it, if
    /// the file has more names.
    pub fn review_job(
        &self,
        run: RunId,
        path: &RepoPath,
        named: Option<&Url>,
    ) -> Option<ReviewJob> {
        let (root, view) = self.run(run)?;
        self.review_jobs(&self.material(root)?, view.review.as_ref()?, path, named)
    }

    /// A place for a project's file, by the name of the document that is meant, else by the one the editor knows it by.
    fn side(&self, material: &Material<'_>, path: &RepoPath, named: Option<&Url>) -> Option<Side> {
        let file = path.under(material.root);
        let document = named.and_then(|uri| self.documents.get(uri));
        let document = document.filter(|document| document.path.as_ref() == Some(&file));
        let uri = match document {
            Some(document) => document.uri.clone(),
            None => self.uri_of(material.root, path)?,
        };
        let document = self.documents.get(&uri);
        Some(Side::new(material.engine, path, uri, document))
    }

    /// The open documents that show the file of a place by other names.
    fn others(&self, material: &Material<'_>, path: &RepoPath, place: &Side) -> Vec<Side> {
        let file = path.under(material.root);
        let others = self.documents.at(&file).filter(|document| document.uri != place.uri);
        let side = |document: &Document| {
            Side::new(material.engine, path, document.uri.clone(), Some(document))
        };
        others.map(side).collect()
    }

    fn material<'a>(&'a self, root: &'a Path) -> Option<Material<'a>> {
        let board = self.boards.get(root)?;
        let engine = self.projects.engine_at(root)?;
        let mut material =
            Material { root, board, engine, reviews: board.reviews(), since: BTreeMap::new() };
        let runs: BTreeSet<RunId> = board.findings().iter().map(|finding| finding.run).collect();
        material.since =
            runs.into_iter().map(|run| (run, Arc::new(self.since(&material, run)))).collect();
        Some(material)
    }

    fn since(&self, material: &Material<'_>, run: RunId) -> Since {
        let texts = self.started.get(&run).into_iter().flat_map(|started| started.texts.iter());
        let files = texts.filter_map(|(path, text)| {
            let path = RepoPath::below(material.root, path)?;
            Some((self.side(material, &path, None)?, text.clone()))
        });
        Since { files: files.collect(), edited: OnceLock::new() }
    }

    fn job(
        &self,
        material: &Material<'_>,
        path: &RepoPath,
        uri: Url,
        document: Option<&Document>,
        capabilities: &Capabilities,
    ) -> Job {
        let here = material.board.findings().iter().filter(|finding| finding.at.path == *path);
        let related = capabilities.related_information;
        Job {
            root: material.root.to_owned(),
            path: path.clone(),
            key: Key {
                text: document.map(|document| document.revision),
                board: material.board.revision(),
            },
            side: Side::new(material.engine, path, uri, document),
            encoding: capabilities.encoding,
            proposals: material.reviews.clone(),
            reviews: material
                .reviews
                .iter()
                .flat_map(|review| {
                    self.review_jobs(material, review, path, document.map(|known| &known.uri))
                })
                .collect(),
            findings: here.map(|finding| self.finding_job(material, finding, related)).collect(),
            applied: material.board.applied().clone(),
            red: match related {
                true => material
                    .reviews
                    .iter()
                    .map(|review| self.red_of(material.root, material.board, review))
                    .collect(),
                false => HashMap::new(),
            },
            diagnostic_data: capabilities.diagnostic_data,
            code_descriptions: capabilities.code_descriptions,
        }
    }

    fn review_jobs(
        &self,
        material: &Material<'_>,
        review: &Arc<Review>,
        path: &RepoPath,
        named: Option<&Url>,
    ) -> Option<ReviewJob> {
        let files = &review.proposal.files;
        let file = files.iter().position(|file| is_about(file, path))?;
        let run = review.proposal.run;
        // What is in conflict here may well be as it was proposed there.
        let foreign = self.is_foreign(material.board, run);
        let n_items = |files: &[FileChange]| files.iter().map(FileChange::n_items).sum();
        let change = &files[file];
        let here = self.side(material, &change.path, named)?;
        let is_open = matches!(here.source, Source::Open(_));
        let from =
            came_from(change).and_then(|from| Some((from, self.side(material, from, named)?)));
        let mut others = self.others(material, &change.path, &here);
        others.extend(from.iter().flat_map(|(path, side)| self.others(material, path, side)));
        let settled = |hunk| foreign || material.board.is_settled(run, &change.path, hunk);
        Some(ReviewJob {
            view: material.board.run(run)?.clone(),
            review: review.clone(),
            file,
            n_before: n_items(&files[..file]),
            n_total: n_items(files),
            settled: (0..change.n_items()).map(settled).collect(),
            places: Places { here, from: from.map(|(_, side)| side), others },
            // What is not open is rarely read again.
            reader: if is_open {
                material.board.reader(run, file)
            } else {
                SharedReader::default()
            },
        })
    }

    fn finding_job(
        &self,
        material: &Material<'_>,
        finding: &Arc<Finding>,
        related: bool,
    ) -> FindingJob {
        let root = material.root;
        let started = self.started.get(&finding.run);
        let seen = started.and_then(|started| started.texts.get(&finding.at.path.under(root)));
        let others = finding.frames.iter().filter(|frame| related && **frame != finding.at);
        let location = |frame: &crate::model::report::Place| {
            Some(Location::new(
                self.uri_of(root, &frame.path)?,
                line_start(frame.line.saturating_sub(1)),
            ))
        };
        FindingJob {
            finding: finding.clone(),
            since: material.since.get(&finding.run).cloned().unwrap_or_default(),
            seen: seen.and_then(Seen::text).cloned(),
            frames: others.filter_map(location).collect(),
        }
    }
}

/// Whether a change is about the file at a path, now or before.
pub fn is_about(file: &FileChange, path: &RepoPath) -> bool {
    file.path == *path || came_from(file) == Some(path)
}

/// Where a renamed file was before.
fn came_from(file: &FileChange) -> Option<&RepoPath> {
    match &file.kind {
        ChangeKind::Rename { from } => Some(from),
        ChangeKind::Modify | ChangeKind::Create | ChangeKind::Delete => None,
    }
}

/// What the jobs of one project share.
struct Material<'a> {
    root: &'a Path,
    board: &'a Board,
    engine: &'a EngineHandle,
    reviews: Vec<Arc<Review>>,
    /// By the runs whose findings are shown.
    since: BTreeMap<RunId, Arc<Since>>,
}

impl Material<'_> {
    fn paths(&self) -> BTreeSet<RepoPath> {
        let files = || self.reviews.iter().flat_map(|review| &review.proposal.files);
        let changed = files().map(|file| &file.path).chain(files().filter_map(came_from)).cloned();
        changed.chain(self.board.findings().iter().map(|finding| finding.at.path.clone())).collect()
    }
}
