//! Worlds show trees, keep outputs, and leave the user's files alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use greenloop::io::process::End;
use proptest::prelude::*;
use tempfile::TempDir;

use super::place::{Place, command, git, portrait, repo_path, run, rungs, says, sh, write};

/// Paths below the project, each with its text, its link, or `*` before it when it is executable.
const LIST: &str = r#"find . -type f -perm -u+x -printf '*%P\n' -o -type f -printf '%P\n' \
                      -o -type l -printf '%P -> %l\n' | LC_ALL=C sort"#;

#[test]
fn a_world_shows_exactly_the_tree() {
    for (rung, abilities) in rungs() {
        let files = [
            ("a.txt", "a\n"),
            ("empty", ""),
            ("deep/er/and/deeper/b", "b"),
            ("odd 'name'\t$x;ü", "odd"),
            ("run.sh", "#!/bin/sh\n"),
            ("out/kept", "ignored"),
            (".gitignore", "out/\n"),
        ];
        let place = Place::new(&abilities, &files);
        fs::set_permissions(place.root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("deep/er", place.root.join("link")).unwrap();
        symlink("/no/such", place.root.join("broken")).unwrap();
        let expected = ".gitignore\n*run.sh\na.txt\nbroken -> /no/such\ndeep/er/and/deeper/b\n\
                        empty\nlink -> deep/er\nodd 'name'\t$x;ü\n";
        let mut expected: Vec<&str> = expected.lines().collect();
        expected.sort_unstable();
        let world = place.world();
        let seen = says(&world, LIST);
        let mut seen: Vec<&str> = seen.lines().collect();
        seen.sort_unstable();
        assert_eq!(seen, expected, "{rung}");
        assert_eq!(says(&world, "cat a.txt deep/er/and/deeper/b link/and/deeper/b"), "a\nbb");
    }
}

#[test]
fn changed_and_removed_files_are_so_inside() {
    for (rung, abilities) in rungs() {
        let files = [
            ("same", "1"),
            ("changed", "1"),
            ("pkg/only", "1"),
            ("file", "1"),
            ("folder/x", "1"),
            ("tool", "1"),
        ];
        let place = Place::new(&abilities, &files);
        says(&place.world(), "true");
        fs::remove_dir_all(place.root.join("pkg")).unwrap();
        fs::remove_dir_all(place.root.join("folder")).unwrap();
        fs::remove_file(place.root.join("file")).unwrap();
        write(&place.root.join("changed"), "2");
        write(&place.root.join("folder"), "2");
        write(&place.root.join("file/y"), "2");
        fs::set_permissions(place.root.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        let world = place.world();
        assert_eq!(says(&world, LIST), "*tool\nchanged\nfile/y\nfolder\nsame\n", "{rung}");
        assert_eq!(
            says(&world, "cat changed folder file/y; ls -d pkg 2>&1 | wc -l; test ! -e pkg"),
            "2221\n"
        );
        drop(world);
        write(&place.root.join("pkg/other"), "3");
        fs::remove_file(place.root.join("folder")).unwrap();
        write(&place.root.join("folder/x"), "3");
        assert_eq!(
            says(&place.world(), LIST),
            "*tool\nchanged\nfile/y\nfolder/x\npkg/other\nsame\n",
            "{rung}"
        );
    }
}

#[test]
fn the_users_files_stay_as_they_are_whatever_a_command_does() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1"), ("src/b", "2")]);
        git(&place.root, &["init", "-q"]);
        git(&place.root, &["add", "."]);
        git(&place.root, &["commit", "-qm", "x"]);
        write(&place.root.join("src/b"), "unsaved");
        let before = portrait(&place.root);
        let world = place.world();
        let root = place.root.display();
        run(
            &world,
            &sh(
                "rm -rf .git a src; echo spoilt >a; mkdir -p src; echo spoilt >src/b; git init; echo x >new",
            ),
        );
        run(
            &world,
            &sh(&format!(
                "cd '{root}' && rm -rf .git a; echo spoilt >'{root}/src/b'; touch '{root}/new'"
            )),
        );
        if abilities.namespaces {
            run(&world, &sh(&format!("chmod 777 '{root}' '{root}/a'; touch '{root}' '{root}/a'")));
        }
        drop(world);
        assert!(portrait(&place.root) == before, "{rung}");
        assert_eq!(says(&place.world(), "cat a src/b; ls -A"), "1unsaveda\nsrc\n", "{rung}");
    }
}

#[test]
fn a_write_keeps_the_executable_bit_and_counts_as_new() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("tool", "#!/bin/sh\necho old\n"), ("gone/x", "x")]);
        fs::set_permissions(place.root.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut world = place.world();
        says(&world, "./tool >built; rm -r gone");
        for (text, path) in
            [("#!/bin/sh\necho new\n", "tool"), ("y", "gone/y"), ("n", "not/there/yet")]
        {
            world.write(&repo_path(path), text.as_bytes()).unwrap();
        }
        assert_eq!(
            says(&world, "./tool; test tool -nt built; cat gone/y not/there/yet; ls gone"),
            "new\nyny\n",
            "{rung}"
        );
    }
}

#[test]
fn a_source_is_never_older_than_what_was_built_from_an_earlier_one() {
    for (rung, abilities) in rungs() {
        let files = [("m.py", "print(1)"), ("t.py", "import m"), (".gitignore", "__pycache__/\n")];
        let place = Place::new(&abilities, &files);
        let world = place.world();
        assert_eq!(says(&world, "python3 t.py"), "1\n");
        world.keep_outputs().unwrap();
        // The same length within the same second is all that Python looks at.
        for n in 2..5 {
            write(&place.root.join("m.py"), &format!("print({n})"));
            let world = place.world();
            let found = says(&world, "ls __pycache__; python3 t.py");
            assert!(
                found.starts_with("m.cpython") && found.ends_with(&format!("{n}\n")),
                "{rung}: {found}"
            );
            world.keep_outputs().unwrap();
        }
    }
}

#[test]
fn kept_outputs_are_fresh_in_the_next_world() {
    for (rung, abilities) in rungs() {
        let makefile = "out/b: a\n\tmkdir -p out && cp a out/b && rm -rf out/d && mkdir out/d \
                        && date +%N >out/d/$$(date +%N)\n";
        let files = [("a", "1"), ("makefile", makefile), (".gitignore", "out/\n")];
        let place = Place::new(&abilities, &files);
        let make = "make -s && cat out/b && ls out/d | wc -l && make -q";
        let world = place.world();
        assert_eq!(says(&world, make), "11\n");
        world.keep_outputs().unwrap();
        let kept = says(&place.world(), "make -q && cat out/d/*");
        for text in ["22", "333"] {
            write(&place.root.join("a"), text);
            let world = place.world();
            assert_eq!(
                run(&world, &sh("make -q")).end,
                End::Exited(1),
                "{rung}: the old output counts as made"
            );
            assert_eq!(says(&world, make), format!("{text}1\n"), "{rung}");
            world.keep_outputs().unwrap();
            let world = place.world();
            assert_ne!(says(&world, "make -q && cat out/d/*"), kept, "{rung}");
            assert_eq!(
                says(&world, "ls out/d | wc -l"),
                "1\n",
                "{rung}: what a folder held before it was made anew"
            );
        }
    }
}

#[test]
fn a_source_that_a_command_changed_counts_as_changed_afterwards() {
    for (rung, abilities) in rungs() {
        let files = [("a", "1"), ("makefile", "out: a\n\t@cp a out\n"), (".gitignore", "out\n")];
        let place = Place::new(&abilities, &files);
        let world = place.world();
        says(&world, "echo other >a; make -s");
        world.keep_outputs().unwrap();
        assert_eq!(
            says(&place.world(), "cat a; make 2>&1 | grep -v [Ww]arning; cat out"),
            "11",
            "{rung}"
        );
    }
}

#[test]
fn only_the_last_world_of_a_base_may_change_it() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1"), (".gitignore", "out\n")]);
        let (first, second) = (place.world(), place.world());
        says(&first, "echo first >out; echo x >a");
        assert_eq!(says(&second, "cat a; ls"), "1a\n", "{rung}");
        first.keep_outputs().unwrap();
        assert_eq!(says(&second, "ls"), "a\n", "{rung}");
    }
}

#[test]
fn a_far_tree_and_a_damaged_cache_are_made_anew() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        says(&place.world(), "true");
        for n in 0..300 {
            write(&place.root.join(format!("many/{n}")), "x");
        }
        assert_eq!(says(&place.world(), "ls many | wc -l; cat a"), "300\n1", "{rung}");
        for part in ["bases", "pool"] {
            for state in ["0/state.json", "0/manifest.json"] {
                let state = place.cache.join(part).join(state);
                if state.exists() {
                    fs::write(state, "{").unwrap();
                }
            }
        }
        assert_eq!(
            says(&place.reopened().enter(&place.snapshot()).unwrap(), "ls many | wc -l"),
            "300\n",
            "{rung}"
        );
    }
}

#[test]
fn installed_dependencies_are_shown_and_stay_as_they_are() {
    for (rung, abilities) in rungs() {
        let files = [
            ("web/package.json", "{}"),
            ("web/node_modules/dep/index.js", "dep"),
            ("web/node_modules/@scope/dep/index.js", "scoped"),
            ("web/node_modules/.cache/old", "old"),
            ("web/part/index.js", "part"),
            (".gitignore", "node_modules/\n"),
        ];
        let place = Place::new(&abilities, &files);
        symlink("../part", place.root.join("web/node_modules/part")).unwrap();
        let before = portrait(&place.root);
        let world = place.world();
        let modules = "web/node_modules";
        let cat = format!("cd {modules} && cat dep/index.js @scope/dep/index.js part/index.js");
        assert_eq!(says(&world, &cat), "depscopedpart", "{rung}");
        // A package of the project itself is the world's, and tools find a place for their caches.
        let write = format!("echo new >web/part/index.js && cat {modules}/part/index.js");
        assert_eq!(says(&world, &write), "new\n", "{rung}");
        let cache = format!("mkdir -p {modules}/.cache/tool && echo x >{modules}/.cache/tool/file");
        says(&world, &cache);
        assert_eq!(says(&world, &format!("cat {modules}/.cache/tool/file")), "x\n", "{rung}");
        run(&world, &sh(&format!("echo x >{modules}/dep/index.js")));
        run(&world, &sh(&format!("rm -r {modules}/dep")));
        world.keep_outputs().unwrap();
        drop(place.world());
        assert!(portrait(&place.root) == before, "{rung}");
    }
}

#[test]
fn any_project_path_will_do() {
    for (rung, abilities) in rungs() {
        for (parent, name) in [
            (Path::new(env!("CARGO_TARGET_TMPDIR")), "a b:c,d\\e=ü 'q'/inner"),
            (Path::new("/tmp"), "project"),
            (Path::new("/var/tmp"), "project"),
        ] {
            let dir = TempDir::new_in(parent).unwrap();
            let place = Place::at(dir, name, &abilities, &[("a", "1"), ("gone", "1")]);
            drop(place.world());
            fs::remove_file(place.root.join("gone")).unwrap();
            let world = place.world();
            assert_eq!(
                says(&world, "ls; pwd"),
                format!("a\n{}\n", world.root().display()),
                "{rung}"
            );
            says(&world, "echo x >kept; echo y >a");
            assert_eq!(says(&world, "cat kept a"), "x\ny\n", "{rung}");
            let scratch = world.scratch().to_path_buf();
            let z = scratch.join("z");
            run(&world, &command(&["sh", "-c", "echo z >\"$1\"", "sh", z.to_str().unwrap()]));
            assert_eq!(fs::read_to_string(z).unwrap(), "z\n");
            drop(world);
            assert!(!scratch.exists());
            assert_eq!(fs::read_to_string(place.root.join("a")).unwrap(), "1");
        }
    }
}

#[test]
fn a_link_in_the_place_of_a_folder_leads_nobody_out() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("src/a", "1"), ("src/b", "1")]);
        let outside = place.dir.path().join("outside");
        write(&outside.join("a"), "mine");
        let mut world = place.world();
        says(&world, &format!("rm -r src; ln -s '{}' src", outside.display()));
        world.write(&repo_path("src/a"), b"2").unwrap();
        assert_eq!(says(&world, "cat src/a"), "2", "{rung}");
        says(&world, &format!("rm -r src; ln -s '{}' src", outside.display()));
        drop(world);
        fs::remove_file(place.root.join("src/b")).unwrap();
        assert_eq!(says(&place.world(), "cat src/a; ls src"), "1a\n", "{rung}");
        assert_eq!(fs::read_to_string(outside.join("a")).unwrap(), "mine", "{rung}");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }
}

#[test]
fn cargo_builds_offline_and_takes_no_old_binary_for_a_new_one() {
    // A workspace of its own: what lies around it cannot be read on every rung.
    let manifest =
        "[workspace]\n[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let source = |n: u32| format!("#[test]\nfn t() {{\n    assert_eq!({n}, 1);\n}}\n");
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("Cargo.toml", manifest), ("src/lib.rs", &source(1))]);
        let test = "cargo test --lib 2>&1";
        let built = |text: &str| text.contains("Compiling p ");
        let world = place.world();
        let text = says(&world, test);
        assert!(built(&text), "{rung}: {text}");
        world.keep_outputs().unwrap();
        let text = says(&place.world(), test);
        assert!(!built(&text), "{rung}: {text}");
        for (n, end) in [(2, 101), (1, 0), (3, 101)] {
            write(&place.root.join("src/lib.rs"), &source(n));
            let world = place.world();
            assert_eq!(run(&world, &sh(test)).end, End::Exited(end), "{rung}: {n}");
            world.keep_outputs().unwrap();
        }
    }
}

/// Paths that get into each other's way.
const RIVALS: [&str; 9] = ["a", "a/b", "a/b/c", "a/b/d", "a/e", "f", "f/g", "f/g/h", "i"];

/// A tree by the texts of its files; the first of two rivals stays.
fn tree() -> impl Strategy<Value = BTreeMap<&'static str, String>> {
    let file = (prop::sample::select(RIVALS.to_vec()), "[xy]{0,2}");
    prop::collection::vec(file, 0..7).prop_map(|files| {
        let mut tree: BTreeMap<&str, String> = BTreeMap::new();
        for (path, text) in files {
            let within = |inner: &str, outer: &str| inner.starts_with(&format!("{outer}/"));
            if !tree.keys().any(|held| within(path, held) || within(held, path)) {
                tree.insert(path, text);
            }
        }
        tree
    })
}

/// Leaves an output in every folder, and spoils what there is.
const BUILD: &str = "exec 2>&1; find . -type d -exec touch {}/o.pyc \\; ; rm -rf a/b; mkdir a/b; \
                     echo spoilt >a/b/c; echo spoilt >i; rm -rf f; mkdir -p f/g; true";

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_came_before_a_world_shows_its_tree(steps in prop::collection::vec((tree(), any::<bool>()), 2..5)) {
        for (rung, abilities) in rungs() {
            let place = Place::new(&abilities, &[]);
            let empty = place.snapshot();
            for (files, keeps) in &steps {
                let changes: Vec<_> =
                    files.iter().map(|(path, text)| (repo_path(path), Some(text.clone().into_bytes()))).collect();
                let world = place.worlds.enter(&place.store.with_files(&empty, &changes).unwrap()).unwrap();
                let list = "find . -type f ! -name '*.pyc' -printf '%P=' -exec cat {} \\; -printf '\\n' | LC_ALL=C sort";
                let expected: String = files.iter().map(|(path, text)| format!("{path}={text}\n")).collect();
                prop_assert_eq!(says(&world, list), expected, "{}", rung);
                let folders = says(&world, "find . -mindepth 1 -type d -empty");
                prop_assert_eq!(folders, "", "{}: empty folders", rung);
                says(&world, BUILD);
                if *keeps {
                    world.keep_outputs().unwrap();
                }
            }
        }
    }
}

/// A tree's files with their modes and texts.
fn listed(place: &Place, tree: &greenloop::base::ids::TreeId) -> Vec<String> {
    let line = |file: greenloop::io::store::TreeFile| {
        let text = String::from_utf8(place.store.blob(&file.blob).unwrap()).unwrap();
        format!("{} {:?} {text}", file.path, file.mode)
    };
    place.store.files(tree).unwrap().into_iter().map(line).collect()
}

#[test]
fn what_commands_left_is_read_and_outputs_are_not() {
    for (rung, abilities) in rungs() {
        let files = [
            ("same", "1"),
            ("edited", "1"),
            ("gone", "1"),
            ("tool", "1"),
            ("file", "1"),
            ("folder/x", "1"),
            ("folder/y", "1"),
            ("emptied/x", "1"),
            ("remade/old", "1"),
            ("moved/deep/x", "1"),
            ("kept.log", "1"),
            ("web/package.json", "{}"),
            ("web/node_modules/dep/index.js", "dep"),
            (".gitignore", "out/\n*.log\nnode_modules/\n"),
        ];
        let place = Place::new(&abilities, &files);
        git(&place.root, &["init", "-q"]);
        git(&place.root, &["add", "--force", "kept.log", "."]);
        git(&place.root, &["commit", "-qm", "x"]);
        // The base is of another tree, so that the world has changes of its own below what commands do.
        drop(place.world());
        write(&place.root.join("new"), "1");
        fs::remove_file(place.root.join("gone")).unwrap();
        let mut world = place.world();
        assert_eq!(world.left_tree().unwrap(), place.snapshot(), "{rung}: untouched");
        world.write(&repo_path("same"), b"1").unwrap();
        says(
            &world,
            "echo 2 >edited; chmod +x tool; rm file; mkdir file; echo 2 >file/z; rm -r folder; echo 2 >folder; \
             rm emptied/x; rm -r remade; mkdir remade; echo 2 >remade/new; mv moved elsewhere; rm kept.log; \
             mkdir -p out/b 'ü'; echo 2 >out/b/x; echo 2 >x.log; ln -s edited link; mkdir empty; touch same; \
             mkfifo pipe; git init -q .; mkdir __pycache__; touch __pycache__/x.pyc; echo 2 >'ü/ ß'",
        );
        let left = world.left_tree().unwrap();
        let expected = [
            ".gitignore Plain out/\n*.log\nnode_modules/\n",
            "edited Plain 2\n",
            "elsewhere/deep/x Plain 1",
            "file/z Plain 2\n",
            "folder Plain 2\n",
            "link Symlink edited",
            "new Plain 1",
            "remade/new Plain 2\n",
            "same Plain 1",
            "tool Executable 1",
            "web/package.json Plain {}",
            "ü/ ß Plain 2\n",
        ];
        assert_eq!(listed(&place, &left), expected, "{rung}");
    }
}

#[test]
fn what_commands_left_has_bounds() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        says(&world, "truncate -s 300M large");
        let failure = world.left_tree().unwrap_err();
        assert_eq!(failure.kind, greenloop::model::failure::FailureKind::Refused, "{rung}");
        says(
            &world,
            "rm large; i=0; mkdir d; while [ $i -le 10000 ]; do : >d/$i; i=$((i+1)); done",
        );
        let failure = world.left_tree().unwrap_err();
        assert!(failure.message.contains("10000 changed files"), "{rung}: {failure}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_a_command_did_its_tree_is_read(before in tree(), after in tree(), wipes in any::<bool>()) {
        for (rung, abilities) in rungs() {
            let place = Place::new(&abilities, &[]);
            let empty = place.snapshot();
            let tree_of = |files: &BTreeMap<&str, String>| {
                let changes: Vec<_> =
                    files.iter().map(|(path, text)| (repo_path(path), Some(text.clone().into_bytes()))).collect();
                place.store.with_files(&empty, &changes).unwrap()
            };
            // The base below the world is of an empty tree, then of the first one.
            drop(place.worlds.enter(&empty).unwrap());
            let world = place.worlds.enter(&tree_of(&before)).unwrap();
            let mut script = String::new();
            for path in before.keys().filter(|path| wipes || !after.contains_key(*path)) {
                script.push_str(&format!("rm {path}; rmdir -p $(dirname {path}) 2>/dev/null; "));
            }
            for (path, text) in &after {
                script.push_str(&format!("mkdir -p $(dirname {path}); printf '{text}' >{path}; "));
            }
            says(&world, &format!("{script} true"));
            prop_assert_eq!(world.left_tree().unwrap(), tree_of(&after), "{}: {}", rung, script);
        }
    }
}
