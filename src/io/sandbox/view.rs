//! What a command sees of people's own folders: toolchains, packages that were fetched, and what was asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::io::linked;

/// Folders that hold people's own things, the user's or others'.
const HOMES: [&str; 3] = ["/home", "/root", "/Users"];

/// Variables of our own environment that name more folders like a home.
const PRIVATE: [&str; 4] = ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];

/// What is shown of the home folder. None of it holds a secret by custom.
const SHOWN: [&str; 43] = [
    ".asdf",
    ".bun",
    ".cabal/packages",
    ".cache/ms-playwright",
    ".cache/pip",
    ".cache/puppeteer",
    ".cache/uv",
    ".composer/cache",
    ".deno",
    ".dotnet",
    ".fnm",
    ".gem/ruby",
    ".ghcup",
    ".goenv",
    ".gradle/caches",
    ".gradle/wrapper",
    ".hex/packages",
    ".jenv",
    ".julia/packages",
    ".local/bin",
    ".local/lib",
    ".local/pipx",
    ".local/share/fnm",
    ".local/share/gem",
    ".local/share/mise",
    ".local/share/pipx",
    ".local/share/pnpm",
    ".local/share/uv",
    ".local/share/virtualenvs",
    ".m2/repository",
    ".m2/wrapper",
    ".npm/_cacache",
    ".nuget/packages",
    ".nvm",
    ".opam",
    ".pub-cache/hosted",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".sdkman/candidates",
    ".stack",
    ".volta",
    "go/pkg",
];

/// What is shown of cargo's own folder, which also holds tokens.
const SHOWN_OF_CARGO: [&str; 5] = ["bin", "registry", "git", "config", "config.toml"];

/// Variables that name the home of a toolchain.
const TOOL_HOMES: [&str; 7] =
    ["RUSTUP_HOME", "PYENV_ROOT", "VIRTUAL_ENV", "JAVA_HOME", "NVM_DIR", "GOPATH", "GOCACHE"];

/// Links followed from a program to what it is.
const LINKS_MAX: usize = 8;

/// What is hidden of the file system and what is shown of that all the same.
#[derive(Debug, PartialEq, Eq)]
pub struct View {
    /// Folders shown empty; none lies in another.
    pub hidden: Vec<PathBuf>,
    /// Files and folders that can be read, wherever they lie; none lies in another.
    pub shown: Vec<PathBuf>,
}

/// What is known of a command when its view is made.
pub struct Needs<'a> {
    /// Its environment.
    pub env: &'a [(String, String)],
    pub program: &'a str,
    pub cwd: &'a Path,
    /// What it needs beside the tools it can be seen to use.
    pub readable: Vec<PathBuf>,
    /// What the project is linked to, unless it is somebody's own.
    pub linked: Vec<PathBuf>,
    /// The copy of the project, where it is not at the project's own path: what lies in it says nothing of the user.
    pub copy: Option<&'a Path>,
}

impl Needs<'_> {
    fn var(&self, name: &str) -> Option<PathBuf> {
        let (_, value) = self.env.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then(|| value.into())
    }

    fn home(&self) -> Option<PathBuf> {
        self.var("HOME")
    }

    fn cargo_home(&self) -> Option<PathBuf> {
        self.var("CARGO_HOME").or_else(|| Some(self.home()?.join(".cargo")))
    }
}

impl View {
    /// `own` looks up a variable of our own environment.
    pub fn of(needs: &Needs<'_>, own: &dyn Fn(&str) -> Option<PathBuf>) -> View {
        let private = PRIVATE.iter().filter_map(|name| own(name));
        let homes = HOMES.iter().map(PathBuf::from).chain(needs.home()).chain(needs.cargo_home());
        // Somebody whose home is all there is hides nothing by it.
        let hidden =
            homes.chain(private).filter(|folder| folder.is_dir() && folder.parent().is_some());
        let hidden = outermost(hidden.collect());
        let linked = needs.linked.iter().cloned().chain(in_place(needs));
        let linked = linked.filter(|path| !is_private(path, needs, own));
        let shown = needs.readable.iter().cloned().chain(tools(needs, &hidden)).chain(linked);
        // What holds a hidden folder would show it again.
        let shown = shown.filter(|path| !hidden.iter().any(|folder| folder.starts_with(path)));
        View { shown: outermost(shown.filter(|path| path.exists()).collect()), hidden }
    }
}

/// Those that lie in no other.
fn outermost(paths: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !kept.last().is_some_and(|outer| path.starts_with(outer)) {
            kept.push(path);
        }
    }
    kept
}

/// Folders of the programs a command may need: those on its `PATH`, that of the program itself, the homes of toolchains
/// and the packages that were fetched. For a `bin`, or the `shims` of a version manager, it is the folder around it, which
/// holds the rest of the tool.
fn tools(needs: &Needs<'_>, hidden: &[PathBuf]) -> Vec<PathBuf> {
    let is_shared = |folder: &Path| {
        let is_home =
            folder.parent().is_none_or(|above| HOMES.iter().any(|homes| above == Path::new(homes)));
        is_home
            || folder.ends_with(".local")
            || Some(folder) == needs.cargo_home().as_deref()
            || hidden.iter().any(|hidden| hidden.starts_with(folder))
    };
    let is_part = |bin: &Path| bin.ends_with("bin") || bin.ends_with("shims");
    let around = |bin: PathBuf| match bin.parent() {
        Some(parent) if is_part(&bin) && !is_shared(parent) => parent.to_path_buf(),
        Some(_) | None => bin,
    };
    let on_path = needs.var("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).filter(|folder| folder.is_absolute());
    let below = |top: Option<PathBuf>, names: &'static [&str]| {
        top.into_iter().flat_map(|top| names.iter().map(move |name| top.join(name)))
    };
    on_path
        .chain(program_folders(needs))
        .map(around)
        .chain(TOOL_HOMES.iter().filter_map(|name| needs.var(name)))
        .chain(below(needs.home(), &SHOWN))
        .chain(below(needs.cargo_home(), &SHOWN_OF_CARGO))
        .collect()
}

/// Packages of Python that are installed in place for a program or the active environment.
fn in_place(needs: &Needs<'_>) -> Vec<PathBuf> {
    let of_programs = program_folders(needs).into_iter();
    let prefixes = of_programs.filter_map(|folder| folder.parent().map(Path::to_path_buf));
    let is_copy = |prefix: &PathBuf| needs.copy.is_some_and(|copy| prefix.starts_with(copy));
    let prefixes = prefixes.chain(needs.var("VIRTUAL_ENV")).filter(|prefix| !is_copy(prefix));
    prefixes.flat_map(|prefix| linked::editable(&prefix)).collect()
}

/// Whether showing a folder that something is linked to would show what is somebody's own: a home or what holds one, what
/// has a hidden name in one, and the folders of programs' own data.
fn is_private(path: &Path, needs: &Needs<'_>, own: &dyn Fn(&str) -> Option<PathBuf>) -> bool {
    let above = HOMES.iter().map(Path::new);
    let homes = needs.home().into_iter().chain([PathBuf::from("/root")]);
    let is_home_of_somebody = |folder: &Path| {
        folder
            .parent()
            .is_some_and(|parent| ["/home", "/Users"].iter().any(|at| parent == Path::new(at)))
    };
    let mut around =
        homes.chain(path.ancestors().filter(|at| is_home_of_somebody(at)).map(Path::to_path_buf));
    let mut data = PRIVATE.iter().filter_map(|name| own(name)).chain(needs.cargo_home());
    let holds = |folder: &Path| folder.starts_with(path);
    above.into_iter().any(holds)
        || around.any(|home| {
            let inside = path.strip_prefix(&home).ok().and_then(|inside| inside.iter().next());
            holds(&home) || inside.is_some_and(|name| name.to_string_lossy().starts_with('.'))
        })
        || data.any(|folder| holds(&folder) || path.starts_with(folder))
}

/// The folders of a program and of what it links to: a virtual environment's Python is a link.
fn program_folders(needs: &Needs<'_>) -> Vec<PathBuf> {
    let on_path = || {
        let path = needs.var("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join(needs.program))
            .find(|at| at.is_file())
    };
    let named = match needs.program.contains('/') {
        true => Some(needs.cwd.join(needs.program)),
        false => on_path(),
    };
    let chain =
        std::iter::successors(named, |path| Some(path.parent()?.join(fs::read_link(path).ok()?)));
    chain.take(LINKS_MAX).filter_map(|path| path.parent()?.canonicalize().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folders: &[PathBuf]) {
        folders.iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
    }

    #[test]
    fn tools_and_packages_are_shown_and_what_lies_beside_them_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let state = dir.path().join("state");
        let at = |name: &str| home.join(name);
        let names = [
            ".cargo/bin",
            ".cargo/registry",
            ".local/bin",
            ".local/share/keyrings",
            ".rustup",
            ".ssh",
            "bin",
            "tool/bin",
            "manager/shims",
            "asked",
            "near/.git",
        ];
        make(&names.map(at));
        make(std::slice::from_ref(&state));
        fs::write(at(".cargo/credentials.toml"), "x").unwrap();
        let path =
            ["bin", "tool/bin", ".local/bin", ".cargo/bin", "manager/shims", "gone/bin"].map(at);
        let path = std::env::join_paths(path).unwrap().into_string().unwrap();
        let env =
            [("HOME".to_owned(), home.to_str().unwrap().to_owned()), ("PATH".to_owned(), path)];
        let needs = Needs {
            env: &env,
            program: "true",
            cwd: Path::new("/"),
            readable: vec![at("asked"), home.clone()],
            linked: ["near", ".ssh", ".cargo", "", "near/.git"].map(at).to_vec(),
            copy: None,
        };
        let own = |name: &str| (name == "XDG_STATE_HOME").then(|| state.clone());
        let View { hidden, shown } = View::of(&needs, &own);
        let hidden: Vec<_> = hidden.iter().filter(|path| path.starts_with(dir.path())).collect();
        assert_eq!(hidden, [&home, &state]);
        let expected = [
            ".cargo/bin",
            ".cargo/registry",
            ".local/bin",
            ".rustup",
            "asked",
            "bin",
            "manager",
            "near",
            "tool",
        ];
        assert_eq!(shown, expected.map(at));
    }

    #[test]
    fn what_is_somebodys_own_is_not_shown_for_being_linked() {
        let env = [("HOME".to_owned(), "/home/ada".to_owned())];
        let (readable, linked) = (Vec::new(), Vec::new());
        let needs =
            Needs { env: &env, program: "true", cwd: Path::new("/"), readable, linked, copy: None };
        let own = |name: &str| (name == "XDG_STATE_HOME").then(|| "/var/ada".into());
        let is_private = |path: &str| is_private(Path::new(path), &needs, &own);
        for path in [
            "/",
            "/home",
            "/home/ada",
            "/home/eve",
            "/root",
            "/home/ada/.aws",
            "/home/eve/.x/y",
            "/root/.ssh",
            "/var/ada/x",
            "/var",
        ] {
            assert!(is_private(path), "{path}");
        }
        for path in
            ["/home/ada/src/near", "/home/ada/src/.hidden", "/root/near", "/srv/near", "/tmp/near"]
        {
            assert!(!is_private(path), "{path}");
        }
    }

    #[test]
    fn a_path_in_another_goes_with_it() {
        let all = ["/a", "/a/b", "/a-b", "/c/d", "/c"].map(PathBuf::from).into();
        assert_eq!(outermost(all), ["/a", "/a-b", "/c"].map(PathBuf::from));
    }
}
