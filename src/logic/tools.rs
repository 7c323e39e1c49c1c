//! What a model at work may ask for: one table of tools, and what each call means. Paths are those of the project.

use serde_json::{Map, Value, json};

use crate::base::near::near;
use crate::base::path::RepoPath;
use crate::model::transcript::{Arguments, Tool, ToolCall};

/// A call that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// Lines `from` to `to`, counted from 1, both included; all there are when left out.
    Read {
        path: RepoPath,
        from: Option<u32>,
        to: Option<u32>,
    },
    /// What is defined in a file, or which files lie in a folder.
    Outline {
        path: RepoPath,
    },
    /// Lines that a pattern fits, in files that a glob fits.
    Search {
        pattern: String,
        files: Option<String>,
    },
    /// Where a name is defined and used.
    Symbol {
        name: String,
    },
    Edit {
        path: RepoPath,
        old: String,
        new: String,
    },
    /// A whole new text, or a new file.
    Write {
        path: RepoPath,
        text: String,
    },
    Delete {
        path: RepoPath,
    },
    RunTests,
    /// Asks a person.
    Ask {
        text: String,
        options: Vec<String>,
    },
    Done {
        summary: String,
    },
}

struct Entry {
    name: &'static str,
    does: &'static str,
    /// Names, whether they may be null, types and what they mean.
    takes: &'static [(&'static str, bool, &'static str, &'static str)],
}

/// The type of a list of texts.
const TEXTS: &str = "texts";

/// In the order in which they are told, which never changes within a conversation.
const TABLE: &[Entry] = &[
    Entry {
        name: "read",
        does: "Shows a file of the project with line numbers. Long files are cut: ask for the lines you need.",
        takes: &[
            ("path", false, "string", "the file, from the project's folder"),
            ("from", true, "integer", "first line, counted from 1"),
            ("to", true, "integer", "last line"),
        ],
    },
    Entry {
        name: "outline",
        does: "Lists what a file defines, with lines; for a folder, its files.",
        takes: &[("path", false, "string", "file or folder; \".\" is the project's folder")],
    },
    Entry {
        name: "search",
        does: "Finds lines by a regular expression in the files of the project.",
        takes: &[
            ("pattern", false, "string", "a regular expression"),
            ("files", true, "string", "a pattern of files, such as \"src/**/*.py\""),
        ],
    },
    Entry {
        name: "symbol",
        does: "Finds where a function, class, method or variable is defined and used.",
        takes: &[("name", false, "string", "its name")],
    },
    Entry {
        name: "edit",
        does: "Replaces a piece of a file. `old` must stand in the file exactly once, as it is now, with as many lines \
               around it as that takes.",
        takes: &[
            ("path", false, "string", "the file"),
            ("old", false, "string", "the lines as they are, without line numbers"),
            ("new", false, "string", "what goes in their place; empty to remove them"),
        ],
    },
    Entry {
        name: "write",
        does: "Writes a whole file: a new one, or a short one anew.",
        takes: &[
            ("path", false, "string", "the file"),
            ("text", false, "string", "all that it is to hold"),
        ],
    },
    Entry {
        name: "delete",
        does: "Deletes a file.",
        takes: &[("path", false, "string", "the file")],
    },
    Entry {
        name: "run_tests",
        does: "Runs the tests that this step is about on what you have changed so far. They are run anyway when you say \
               that you are done.",
        takes: &[],
    },
    Entry {
        name: ASK,
        does: "Asks the person whose project it is. It may take hours, so ask only what the project cannot tell you and what \
               would be wrong to guess, and only once you have looked.",
        takes: &[
            ("question", false, "string", "one question, in a sentence or two"),
            (
                "options",
                true,
                TEXTS,
                "answers to choose from, a few words each; others may be given",
            ),
        ],
    },
    Entry {
        name: "done",
        does: "Says that the change is complete. The tests are run on it then.",
        takes: &[("summary", false, "string", "what you changed and why, in a sentence or two")],
    },
];

/// The tools of who changes the project, as a model is told of them.
pub fn for_workers(may_ask: bool) -> Vec<Tool> {
    TABLE.iter().filter(|entry| may_ask || entry.name != ASK).map(tool).collect()
}

/// The tools of who only looks at it, and `plan`, which ends that.
pub fn for_planners(plan: Tool, may_ask: bool) -> Vec<Tool> {
    let is_theirs = |entry: &&Entry| LOOKS.contains(&entry.name) || may_ask && entry.name == ASK;
    let looks = TABLE.iter().filter(is_theirs);
    looks.map(tool).chain([plan]).collect()
}

/// A file's name, in bytes, on all file systems in use.
const NAME_BYTES_MAX: usize = 255;

/// The tool that asks a person.
const ASK: &str = "ask";

/// Tools that change nothing and run nothing.
const LOOKS: [&str; 4] = ["read", "outline", "search", "symbol"];

impl Use {
    pub fn only_looks(&self) -> bool {
        match self {
            Use::Read { .. } | Use::Outline { .. } | Use::Search { .. } | Use::Symbol { .. } => {
                true
            }
            Use::Edit { .. }
            | Use::Write { .. }
            | Use::Delete { .. }
            | Use::RunTests
            | Use::Ask { .. }
            | Use::Done { .. } => false,
        }
    }
}

fn tool(entry: &Entry) -> Tool {
    Tool { name: entry.name.to_owned(), description: entry.does.to_owned(), schema: schema(entry) }
}

fn schema(entry: &Entry) -> Value {
    let property = |(name, nullable, kind, does): &(&str, bool, &str, &str)| {
        let is_list = *kind == TEXTS;
        let kind = if is_list { "array" } else { kind };
        let kind = if *nullable { json!([kind, "null"]) } else { json!(kind) };
        let mut value = json!({"type": kind, "description": does});
        if is_list {
            value["items"] = json!({"type": "string"});
        }
        ((*name).to_owned(), value)
    };
    let properties: Map<String, Value> = entry.takes.iter().map(property).collect();
    let required: Vec<&str> = entry.takes.iter().map(|(name, ..)| *name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What a call asks for; else what is wrong with it, for who made it.
pub fn read(call: &ToolCall) -> Result<Use, String> {
    let Some(entry) = TABLE.iter().find(|entry| entry.name == call.name) else {
        let names: Vec<&str> = TABLE.iter().map(|entry| entry.name).collect();
        let meant = near(&call.name, names.iter().copied(), 1);
        let meant =
            meant.first().map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default();
        return Err(format!(
            "there is no tool `{}`.{meant} The tools are {}.",
            call.name,
            names.join(", ")
        ));
    };
    let given = match &call.arguments {
        Arguments::Object(given) => given,
        Arguments::Unreadable { problem, .. } => {
            return Err(format!("the arguments are no JSON object ({problem}): call it again"));
        }
    };
    if let Some(other) = given.keys().find(|key| !entry.takes.iter().any(|(name, ..)| name == key))
    {
        let names: Vec<&str> = entry.takes.iter().map(|(name, ..)| *name).collect();
        return Err(format!("`{}` takes no `{other}`, only: {}", entry.name, names.join(", ")));
    }
    let taken = Taken { entry, given };
    Ok(match entry.name {
        "read" => {
            Use::Read { path: taken.path()?, from: taken.line("from")?, to: taken.line("to")? }
        }
        "outline" => Use::Outline { path: taken.path()? },
        "search" => Use::Search { pattern: taken.text("pattern")?, files: taken.maybe("files")? },
        "symbol" => Use::Symbol { name: taken.text("name")? },
        "edit" => {
            Use::Edit { path: taken.path()?, old: taken.text("old")?, new: taken.text("new")? }
        }
        "write" => Use::Write { path: taken.path()?, text: taken.text("text")? },
        "delete" => Use::Delete { path: taken.path()? },
        "run_tests" => Use::RunTests,
        ASK => Use::Ask { text: taken.text("question")?, options: taken.texts("options")? },
        _ => Use::Done { summary: taken.text("summary")? },
    })
}

struct Taken<'a> {
    entry: &'a Entry,
    given: &'a Map<String, Value>,
}

impl Taken<'_> {
    fn maybe(&self, name: &str) -> Result<Option<String>, String> {
        match self.given.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("`{name}` of `{}` is a text, not {other}", self.entry.name)),
        }
    }

    fn text(&self, name: &str) -> Result<String, String> {
        self.maybe(name)?.ok_or_else(|| format!("`{}` needs `{name}`", self.entry.name))
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let list = match self.given.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(value) => value.as_array().map(|list| list.iter().map(Value::as_str)),
        };
        let texts = list.and_then(|list| list.map(|text| text.map(str::to_owned)).collect());
        texts.ok_or_else(|| format!("`{name}` of `{}` is a list of texts", self.entry.name))
    }

    /// Some models write numbers as texts.
    fn line(&self, name: &str) -> Result<Option<u32>, String> {
        let number = match self.given.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        let number = number
            .ok_or_else(|| format!("`{name}` of `{}` is a line number from 1", self.entry.name))?;
        Ok(Some(number.max(1)))
    }

    fn path(&self) -> Result<RepoPath, String> {
        let text = self.text("path")?;
        let path = RepoPath::new(text.trim());
        // Whatever the disk it may be written to: some tell no case apart.
        let is_name = |part: &str| {
            !part.eq_ignore_ascii_case(".git")
                && part.len() <= NAME_BYTES_MAX
                && !part.contains(char::is_control)
        };
        let is_ours = |path: &RepoPath| path.as_str().split('/').all(is_name);
        path.filter(is_ours).ok_or_else(|| {
            format!("`{text}` is no path inside the project: write it from the project's folder, without `..`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, arguments: Value) -> String {
        let arguments = match arguments {
            Value::Object(map) => Arguments::Object(map),
            other => {
                Arguments::Unreadable { text: other.to_string(), problem: "a number".to_owned() }
            }
        };
        let call = ToolCall { id: "1".to_owned(), name: name.to_owned(), arguments };
        match read(&call) {
            Ok(found) => format!("{found:?}"),
            Err(why) => format!("✗ {why}"),
        }
    }

    #[test]
    fn calls_are_read_or_answered() {
        let cases = [
            (
                "read",
                json!({"path": "./a/b.py", "from": "3"}),
                "Read { path: RepoPath(\"a/b.py\"), from: Some(3), to: None }",
            ),
            ("outline", json!({"path": "."}), "Outline { path: RepoPath(\"\") }"),
            ("run_tests", json!({}), "RunTests"),
            (
                "read",
                json!({"path": "../etc/passwd"}),
                "✗ `../etc/passwd` is no path inside the project: write it from the project's folder, without `..`",
            ),
            (
                "read",
                json!({"path": "/etc/passwd"}),
                "✗ `/etc/passwd` is no path inside the project: write it from the project's folder, without `..`",
            ),
            ("read", json!({"path": 3}), "✗ `path` of `read` is a text, not 3"),
            (
                "read",
                json!({"path": "a", "from": -1}),
                "✗ `from` of `read` is a line number from 1",
            ),
            ("edit", json!({"path": "a", "old": "x"}), "✗ `edit` needs `new`"),
            ("edit", json!({"file": "a"}), "✗ `edit` takes no `file`, only: path, old, new"),
            (
                "reed",
                json!({}),
                "✗ there is no tool `reed`. The tools are read, outline, search, symbol, edit, write, delete, run_tests, ask, done.",
            ),
            (
                "edits",
                json!({}),
                "✗ there is no tool `edits`. Did you mean `edit`? The tools are read, outline, search, symbol, edit, write, delete, run_tests, ask, done.",
            ),
            ("read", json!(3), "✗ the arguments are no JSON object (a number): call it again"),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(check(name, arguments), expected);
        }
    }

    #[test]
    fn every_schema_is_one_that_all_providers_take() {
        for tool in for_workers(true) {
            let properties = tool.schema["properties"].as_object().unwrap();
            let required = tool.schema["required"].as_array().unwrap();
            assert_eq!(properties.len(), required.len(), "{}", tool.name);
            assert_eq!(tool.schema["additionalProperties"], json!(false));
        }
    }
}
