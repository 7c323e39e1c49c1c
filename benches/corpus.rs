//! How much of a corpus of seeded faults the repair engine mends, without any model:
//! `cargo bench --bench corpus -- [LANGUAGE…] [--project NAME] [--fault NAME] [--unseen] [--pairs] [--every N [--seed K]]`.
//! For each fault of `fixtures/corpus` a healthy project gets the fault, `greenloop fix --apply` runs on it as a user would,
//! and hidden tests, which it never saw, judge what it left. Every miss is told by name. With `-- --validate` only the corpus
//! is tried: healthy projects are green, faults turn visible tests red; then the exit code says whether all is well.
//! With `-- --reach` nothing is run: it says whether what was right is among the edits that would be tried.
//! With `-- --fit` neither: it says what to add to the templates' costs so that what was right stands further in front.
//! `-- --corpus FOLDER` takes projects from elsewhere that look like those of `fixtures/corpus`; `tests` in their
//! `faults.toml` names the command that runs them, what they have installed is linked.
//! `-- --wall SECONDS` gives each run of the engine other than its usual time.
//! Faults are committed, so that nothing has what was right; `-- --uncommitted` leaves them in the work tree, as most are
//! when their tests turn red.
//! `-- --engine PATH` lets another `greenloop` loose than the one that was just built, to compare.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' support, which can do more; figures are for reading"
)]

#[path = "corpus/bed.rs"]
mod bed;
#[path = "../tests/it/corpus/seeded.rs"]
mod corpus;
#[path = "corpus/figures.rs"]
mod figures;
#[path = "corpus/fit.rs"]
mod fit;
#[path = "corpus/memory.rs"]
mod memory;
#[path = "corpus/reach.rs"]
mod reach;
#[path = "../tests/it/support.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use bed::{Bed, Tests, Verdict};
use corpus::{Fault, Language, Seeded};
use figures::{Figures, quantile, share};
use fit::Case;
use reach::Reach;

/// What is done with the faults.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Task {
    #[default]
    Mend,
    Validate,
    Reach,
    Fit,
}

/// Which faults to try, and how.
#[derive(Default)]
struct Options {
    /// All when empty.
    languages: Vec<String>,
    project: Option<String>,
    fault: Option<String>,
    unseen: bool,
    /// Only faults in two places.
    pairs: bool,
    task: Task,
    /// One fault of so many in each project, beginning with number `seed`.
    every: usize,
    seed: usize,
    engine: PathBuf,
    /// Whether the last commit has what was right.
    uncommitted: bool,
    /// A folder with other projects.
    corpus: Option<PathBuf>,
    /// Seconds for each run of the engine, for others than the usual.
    wall: Option<u64>,
}

impl Options {
    fn read() -> Options {
        let engine = PathBuf::from(env!("CARGO_BIN_EXE_greenloop"));
        let mut options = Options { every: 1, engine, ..Options::default() };
        let mut args = std::env::args().skip(1);
        let value = |args: &mut dyn Iterator<Item = String>, name: &str| {
            args.next().unwrap_or_else(|| panic!("{name} needs a value"))
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => {}
                "--unseen" => options.unseen = true,
                "--pairs" => options.pairs = true,
                "--validate" => options.task = Task::Validate,
                "--reach" => options.task = Task::Reach,
                "--fit" => options.task = Task::Fit,
                "--uncommitted" => options.uncommitted = true,
                "--engine" => options.engine = value(&mut args, &arg).into(),
                "--corpus" => options.corpus = Some(value(&mut args, &arg).into()),
                "--wall" => options.wall = Some(value(&mut args, &arg).parse().unwrap()),
                "--project" => options.project = Some(value(&mut args, &arg)),
                "--fault" => options.fault = Some(value(&mut args, &arg)),
                "--every" => {
                    options.every = value(&mut args, &arg).parse::<usize>().unwrap().max(1);
                }
                "--seed" => options.seed = value(&mut args, &arg).parse().unwrap(),
                name if Language::ALL.iter().any(|language| language.name() == name) => {
                    options.languages.push(arg);
                }
                _ => panic!(
                    "unknown argument {arg}; languages: python javascript typescript go rust"
                ),
            }
        }
        options
    }

    fn wants(&self, seeded: &Seeded) -> bool {
        let name = seeded.language.name();
        (self.languages.is_empty() || self.languages.iter().any(|wanted| wanted == name))
            && self.project.as_ref().is_none_or(|wanted| *wanted == seeded.name)
            && (seeded.unseen || !self.unseen)
            && !self.faults(seeded).is_empty()
    }

    fn faults<'a>(&self, seeded: &'a Seeded) -> Vec<&'a Fault> {
        let wanted = |fault: &&Fault| {
            self.fault.as_ref().is_none_or(|name| *name == fault.name)
                && (fault.also.is_some() || !self.pairs)
        };
        let (every, seed) = (self.every, self.seed % self.every);
        let all = seeded.faults.iter().filter(wanted).enumerate();
        all.filter(|(at, _)| at % every == seed).map(|(_, fault)| fault).collect()
    }
}

fn main() -> ExitCode {
    let options = Options::read();
    let all = options.corpus.as_deref().map_or_else(corpus::load, corpus::load_from);
    let projects: Vec<Seeded> = all.into_iter().filter(|seeded| options.wants(seeded)).collect();
    if options.task == Task::Fit {
        let cases = |unseen: bool| -> Vec<Case> {
            let some = projects.iter().filter(|seeded| seeded.unseen == unseen);
            let faults = some.flat_map(|seeded| {
                options.faults(seeded).into_iter().map(move |fault| (seeded, fault))
            });
            faults.filter_map(|(seeded, fault)| Case::of(seeded, fault)).collect()
        };
        fit::print(&cases(false), &cases(true));
        return ExitCode::SUCCESS;
    }
    if options.task == Task::Reach {
        projects.iter().for_each(|seeded| reach(seeded, &options.faults(seeded)));
        return ExitCode::SUCCESS;
    }
    let mut figures = Figures::default();
    let mut n_wrong = 0;
    for seeded in &projects {
        let faults = options.faults(seeded);
        println!("{}: {} faults of {}", seeded.name, faults.len(), seeded.faults.len());
        let bed = Bed::make(seeded, &options.engine, options.wall, !options.uncommitted);
        n_wrong += unhealthy(&bed);
        for fault in faults {
            bed.seed(fault);
            if let Err(why) = seen(&bed) {
                n_wrong += 1;
                println!("  NO FAULT {}: {why}", fault.name);
            } else if options.task == Task::Mend {
                let trial = bed.fix(fault);
                if trial.verdict != Verdict::Correct {
                    println!("  {} {}: {}", trial.verdict.name(), fault.name, trial.told);
                }
                figures.add(seeded, fault, &trial);
            }
            bed.heal();
        }
    }
    if options.task == Task::Mend {
        figures.print();
    }
    println!("\n{n_wrong} mistakes in the corpus");
    ExitCode::from(u8::from(n_wrong > 0))
}

/// Prints what is among the edits; names what is not, unless nobody is to look.
fn reach(seeded: &Seeded, faults: &[&Fault]) {
    let all = faults.iter().filter_map(|fault| Some((fault, Reach::of(seeded, fault)?)));
    let all: Vec<(&&Fault, Reach)> = all.collect();
    let far = all.iter().filter(|(_, reach)| reach.known.is_none());
    let names: Vec<&str> = far.map(|(fault, _)| fault.name.as_str()).collect();
    let places: Vec<f64> =
        all.iter().filter_map(|(_, reach)| Some(reach.whole_file? as f64)).collect();
    println!(
        "{}: {} of {} among the edits; of a whole file {}, their places {:.0} and {:.0} (median and p95)",
        seeded.name,
        share(all.len() - names.len(), all.len()),
        all.len(),
        share(places.len(), all.len()),
        quantile(places.clone(), 0.5),
        quantile(places, 0.95),
    );
    if !seeded.unseen {
        names.iter().for_each(|name| println!("  {name}"));
    }
}

/// Mistakes of the project itself.
fn unhealthy(bed: &Bed<'_>) -> usize {
    let suites = [("visible", bed.visible()), ("hidden", bed.hidden())];
    let red = suites.iter().filter(|(_, tests)| *tests != Tests::Green);
    red.map(|(name, tests)| println!("  NOT HEALTHY: the {name} tests are {tests:?}")).count()
}

/// That the visible tests run and show the fault.
fn seen(bed: &Bed<'_>) -> Result<(), &'static str> {
    match bed.visible() {
        Tests::Red => Ok(()),
        Tests::Green => Err("no visible test is red"),
        Tests::Broken => Err("it does not compile"),
    }
}
