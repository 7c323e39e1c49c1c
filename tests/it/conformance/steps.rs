//! One small interpreter: what each step of a scenario does.

use greenloop::base::ids::{BlobId, CheckId, QuestionId, RunId, StepId, TreeId};
use greenloop::base::path::RepoPath;
use greenloop::model::check::{CheckEnd, CheckRun};
use greenloop::model::event::{Event, Planner};
use greenloop::model::plan::{Plan, Step as PlanStep};
use greenloop::model::proposal::ChangeKind;
use greenloop::model::question::{About, Question};
use greenloop::model::report::{Place, TestCase, TestId, TestOutcome, TestReport};
use greenloop::model::run::Outcome;
use greenloop::model::subset::SubsetVerdict;
use serde_json::{Value, json};

use super::desk::{Desk, Fault};
use super::scenario::{Change, Changes, Checked, Ending, Fate, Step, Verdict};
use crate::sim::engine::Draft;
use crate::sim::text::difference;
use crate::sim::wire::Wire;

impl Desk {
    pub async fn take(&mut self, step: &Step) -> Result<(), Fault> {
        self.note(format!("{step:?}"));
        if self.real.is_some() && self.take_for_real(step).await? {
            return self.settle().await;
        }
        match step {
            Step::Open(path) => self.open(path).await?,
            Step::Close(path) => {
                let at = self.at(path)?;
                self.close(at).await;
            }
            Step::Save(path) => {
                let at = self.at(path)?;
                self.save(at).await;
            }
            Step::Undo(path) => self.jump(path, true).await?,
            Step::Redo(path) => self.jump(path, false).await?,
            Step::Type(typing) => {
                self.type_text(&typing.path, &typing.replace, &typing.with).await?;
            }
            Step::OpenForeign(foreign) => {
                let at = self.add(&foreign.uri, &foreign.text);
                self.editor.documents[at].uri.clone_from(&foreign.uri);
                self.open(&foreign.uri).await?;
            }
            Step::Restart(ending) => self.restart(*ending).await?,
            Step::Propose(changes) => self.propose(changes).await?,
            Step::Action(choosing) => self.choose(choosing).await?,
            Step::Lens(choosing) => self.click(choosing).await?,
            Step::Command(order) => {
                let argument = self.filled_in(&order.argument)?;
                let arguments = if argument.is_null() { json!([]) } else { json!([argument]) };
                self.command(&order.name, arguments).await?;
                // A project opens on a thread of its own.
                let begins = ["greenloop.fix", "greenloop.plan", "greenloop.test.run"]
                    .contains(&order.name.as_str());
                if begins && self.answer["ok"] == true {
                    self.until_asked().await?;
                }
            }
            Step::Answer(given) => {
                let question = self.wire.questions.pop_front().ok_or("no question is open")?;
                let choice = given.choice.as_ref().map(|choice| json!({"title": choice}));
                self.wire.respond(&question, Ok(choice.unwrap_or_default())).await;
            }
            Step::Wait(ms) => self.wire.wait(*ms).await,
            Step::Reply(reply) => self.reply = *reply,
            Step::CancelProgress => {
                let token = self.bars().into_iter().map(|(token, _)| token).next_back();
                let token = token.ok_or("no progress is shown")?;
                self.wire.notify("window/workDoneProgress/cancel", json!({"token": token})).await;
            }
            Step::Run(fate) => self.meet(fate).await?,
            Step::Expect(wanted) => return self.expect(wanted).await,
        }
        self.settle().await
    }

    async fn type_text(&mut self, path: &str, old: &str, new: &str) -> Result<(), Fault> {
        let at = self.at(path)?;
        let text = &self.editor.documents[at].text.string;
        let crlf = old.replace('\n', "\r\n");
        let found = text.find(old).map(|start| start..start + old.len());
        let found = found.or_else(|| text.find(&crlf).map(|start| start..start + crlf.len()));
        let bytes = found.ok_or_else(|| format!("{path} holds no {old:?}: {text:?}"))?;
        // People type no more than what is new.
        let new =
            self.editor.documents[at].normalised(new, self.editor.personality.endings.typed());
        let (old, kept) = difference(&text[bytes.clone()], &new);
        let bytes = bytes.start + old.start..bytes.start + old.end;
        self.editor.type_in(at, bytes, &new[kept], &mut self.rng);
        self.flush(at).await;
        match self.held.take() {
            Some(held) => self.land(held).await,
            None => Ok(()),
        }
    }

    async fn jump(&mut self, path: &str, back: bool) -> Result<(), Fault> {
        let at = self.at(path)?;
        let (step, units) = (self.editor.step(&mut self.rng), self.editor.units);
        let document = &mut self.editor.documents[at];
        let done = if back { document.undo(step, units) } else { document.redo(step, units) };
        if !done {
            return Err(format!("nothing to undo or redo in {path}"));
        }
        self.flush(at).await;
        Ok(())
    }

    async fn restart(&mut self, ending: Ending) -> Result<(), Fault> {
        self.flush_all().await;
        let fresh = Wire::start(&self.engine, self.capabilities.clone());
        let old = std::mem::replace(&mut self.wire, fresh);
        old.end(ending == Ending::Politely).await?;
        self.greet().await?;
        for document in self.editor.documents.iter_mut().filter(|document| document.is_open) {
            let params = document.show();
            self.wire.notify("textDocument/didOpen", params).await;
        }
        if !self.engine.knows_reviews() {
            return Ok(());
        }
        let has_hunks = async |desk: &mut Self| Ok(!desk.hunk_states().await?.is_empty());
        self.until("the opening of the project", has_hunks).await
    }

    pub async fn propose(&mut self, changes: &Changes) -> Result<(), Fault> {
        self.command("greenloop.fix", json!([])).await?;
        self.until_asked().await?;
        self.asked.retain(|asked| !asked.starts_with("FixUntilGreen []"));
        self.proposes(changes)?;
        self.settle().await
    }

    /// Waits until the run of the last answer has reached the engine, if it names one.
    async fn until_asked(&mut self) -> Result<(), Fault> {
        let id = self.answer["taskId"].clone();
        let is_there = async |desk: &mut Self| {
            desk.take_commands();
            Ok(id.is_null() || desk.runs.iter().any(|(run, _)| json!(run) == id))
        };
        self.until("the run", is_there).await
    }

    fn proposes(&mut self, changes: &Changes) -> Result<(), Fault> {
        let (id, texts) = self.runs.last().ok_or("no run was asked for")?;
        let seen = |path: &str| {
            let on_disk = || String::from_utf8(self.engine.read(path)).unwrap();
            texts.get(path).cloned().unwrap_or_else(on_disk)
        };
        let is_there =
            |path: &str| self.editor.documents.iter().any(|document| document.path == path);
        let draft = |(path, change): (&String, &Change)| {
            let (kind, before, after) = match change {
                Change::Text(text) if is_there(path) => {
                    (ChangeKind::Modify, seen(path), text.clone())
                }
                Change::Text(text) => (ChangeKind::Create, String::new(), text.clone()),
                Change::File(file) if file.delete => {
                    (ChangeKind::Delete, seen(path), String::new())
                }
                Change::File(file) if file.left_out => {
                    (ChangeKind::Modify, seen(path), file.text.clone().unwrap_or_default())
                }
                Change::File(file) => {
                    let from = RepoPath::new(&file.from).unwrap();
                    let before = seen(&file.from);
                    let after = file.text.clone().unwrap_or_else(|| before.clone());
                    (ChangeKind::Rename { from }, before, after)
                }
            };
            // What is shown with other line breaks is changed with those too.
            let crlf = before.contains("\r\n") && !after.contains('\r');
            let after = if crlf { after.replace('\n', "\r\n") } else { after };
            let left_out = matches!(change, Change::File(file) if file.left_out);
            Draft { path: RepoPath::new(path).unwrap(), kind, before, after, left_out }
        };
        self.engine.propose(*id, "make it so", changes.iter().map(draft).collect(), &[]);
        Ok(())
    }

    async fn meet(&mut self, fate: &Fate) -> Result<(), Fault> {
        if let Fate::Verdict(verdict) = fate {
            return self.judged(*verdict);
        }
        self.until_asked().await?;
        let id = self.runs.last().ok_or("no run was asked for")?.0;
        match fate {
            Fate::Cancelled => self.engine.end(id, Outcome::Cancelled),
            Fate::Stuck => {
                self.engine.end(id, Outcome::Stuck { reason: "nothing helped".into() });
            }
            Fate::Plans(titles) => self.plans(id, titles),
            Fate::Interrupted => self.engine.interrupt(id, true),
            Fate::Proposes(changes) => self.proposes(changes)?,
            Fate::Checked(checked) => {
                let runs = checked.checks.iter().map(|check| self.check_run(check, checked));
                let runs = runs.collect::<Result<_, Fault>>()?;
                self.engine.report(id, runs, &checked.printed);
            }
            Fate::Verdict(_) => {}
        }
        Ok(())
    }

    fn plans(&mut self, id: RunId, titles: &[String]) {
        let step = |(title, n): (&String, u32)| PlanStep::new(StepId(n), title);
        let steps = titles.iter().zip(1..).map(step).collect();
        let plan = Box::new(Plan { title: "Make it so".into(), intro: String::new(), steps });
        let lessons = Vec::new();
        self.engine.record(id, &Event::PlanMade { plan, by: Planner::BuiltIn, lessons });
        let question =
            Question { id: QuestionId(1), about: About::Plan, wait_ms: None, inquiry: None };
        self.engine.record(id, &Event::Asked { question, at_ms: 0 });
    }

    fn judged(&mut self, verdict: Verdict) -> Result<(), Fault> {
        let (id, hunks) = self.subset.clone().ok_or("no part was to be checked")?;
        let test = TestId { check: CheckId::new("unittest"), name: "test_a".into() };
        let verdict = match verdict {
            Verdict::Green => SubsetVerdict::Green { n_passed: 3 },
            Verdict::Red => SubsetVerdict::Red { still_red: vec![test], broken: Vec::new() },
        };
        let (tree, checks) = (TreeId::new("part"), Vec::new());
        self.engine.record(id, &Event::SubsetChecked { tree, hunks, verdict, checks });
        Ok(())
    }

    fn check_run(&self, check: &str, checked: &Checked) -> Result<CheckRun, Fault> {
        let check = CheckId::new(check);
        let mut cases = Vec::new();
        for (name, place) in &checked.red {
            let line = self.line_of(self.at(&place.path)?, &place.at)? as u32 + 1;
            cases.push(TestCase {
                id: TestId { check: check.clone(), name: name.clone() },
                outcome: TestOutcome::Failed,
                message: "it is not so".into(),
                at: Some(Place { path: RepoPath::new(&place.path).unwrap(), line }),
                frames: Vec::new(),
                duration_ms: 1,
            });
        }
        Ok(CheckRun {
            check,
            tree: TreeId::new("base"),
            end: CheckEnd::Completed,
            report: TestReport { cases, complete: true },
            problems: Vec::new(),
            command: "python3 -m unittest".into(),
            output: BlobId::new("printed"),
            duration_ms: 1,
            enforced: Vec::new(),
            flaky: vec![],
            partial: false,
            setting: String::new(),
            reused: false,
        })
    }

    /// An argument with the names that only this run of the scenario has.
    fn filled_in(&self, argument: &Value) -> Result<Value, Fault> {
        Ok(match argument {
            Value::String(text) if text.starts_with('$') => match text.as_str() {
                "$task" => json!(self.runs.last().ok_or("there is no task")?.0),
                "$task1" => json!(self.runs.first().ok_or("there is no task")?.0),
                "$acceptance" | "$acceptance1" => {
                    let all =
                        self.runs.iter().flat_map(|(id, _)| self.engine.view(*id).run.acceptances);
                    let mut all: Vec<_> = all.map(|known| known.id).collect();
                    all.sort_unstable();
                    let id = if text == "$acceptance" { all.last() } else { all.first() };
                    json!(id.ok_or("nothing was accepted")?)
                }
                other => return Err(format!("{other} stands for nothing")),
            },
            Value::String(text) => json!(text.replace("$root", &self.root.to_string_lossy())),
            Value::Object(fields) => {
                let filled =
                    fields.iter().map(|(key, value)| Ok((key.clone(), self.filled_in(value)?)));
                Value::Object(filled.collect::<Result<_, Fault>>()?)
            }
            other => other.clone(),
        })
    }
}
