//! What commands inside a world cannot do, and that nothing of them is left.

mod doors;
mod probes;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::time::Duration;

use greenloop::base::cancel::CancelToken;
use greenloop::base::limits::MEGABYTE;
use greenloop::io::process::End;
use greenloop::io::sandbox::Caps;
use greenloop::io::worlds::{Command, World};
use greenloop::model::policy::Policy;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::place::{Place, command, run, rungs, says, sh, write};

/// Seven processes, some of which leave their group, their session and their parent. Each opens the pipe `$1`, writes
/// a line to it and keeps it open.
const FAMILY: &str = r#"
member='exec 9>"$1"; echo up >&9; echo up; exec sleep 600'
sh -c "$member" x "$1" &
sh -c "trap '' TERM; $member" x "$1" &
setsid sh -c "$member" x "$1" &
setsid sh -c 'sh -c "$2" x "$1" & exec 9>"$1"; echo up >&9; echo up; exec sleep 600' x "$1" "$member" &
(setsid sh -c "$member" x "$1" & )
exec 9>"$1"; echo up >&9; echo up
wait
"#;
const N_FAMILY: usize = 7;

fn family(world: &World) -> (Command, File) {
    let pipe = world.scratch().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    let reader =
        File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&pipe).unwrap();
    (command(&["sh", "-c", FAMILY, "family", pipe.to_str().unwrap()]), reader)
}

/// At least `n_min` members were there and none is left: somebody who holds the pipe would make a read wait.
fn assert_extinct(reader: &mut File, n_min: usize, rung: &str) {
    let mut text = String::new();
    let read = reader.read_to_string(&mut text);
    assert!(text.lines().count() >= n_min, "{rung}");
    assert!(
        !matches!(&read, Err(error) if error.kind() == ErrorKind::WouldBlock),
        "{rung}: somebody is left"
    );
}

#[test]
fn a_deadline_ends_the_whole_family() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let (command, mut reader) = family(&world);
        // Nobody minds being asked to end.
        let mut stubborn = Command { deadline: Duration::from_secs(2), ..command };
        stubborn.argv[2].insert_str(0, "trap '' TERM");
        assert_eq!(run(&world, &stubborn).end, End::TimedOut, "{rung}");
        assert_extinct(&mut reader, 1, rung);
    }
}

#[test]
fn a_cancel_ends_the_whole_family() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let (command, mut reader) = family(&world);
        let cancel = CancelToken::new();
        let (raise, mut n_up) = (cancel.clone(), 0);
        let output = world.run(&command, &cancel, &mut |_| {
            n_up += 1;
            if n_up == N_FAMILY {
                raise.cancel();
            }
        });
        assert_eq!(output.end, End::Cancelled, "{rung}: {}", String::from_utf8_lossy(&output.text));
        assert_extinct(&mut reader, N_FAMILY, rung);
    }
}

#[test]
fn an_end_of_its_own_ends_the_whole_family() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let (mut command, mut reader) = family(&world);
        // Goes on once everybody is there: they hold the other end of a second pipe until then.
        command.argv[2] =
            FAMILY.replace("wait\n", "while [ $(wc -l <\"$1.log\") -lt 7 ]; do :; done; exit 3");
        command.argv[2] =
            command.argv[2].replace("echo up >&9", "echo up >&9; echo up >>\"$1.log\"");
        assert_eq!(run(&world, &command).end, End::Exited(3), "{rung}");
        assert_extinct(&mut reader, N_FAMILY, rung);
    }
}

/// The process that `the_family_does_not_outlive_us` starts and kills; run as a test it does nothing.
#[test]
fn be_a_server() {
    let Ok(rung) = std::env::var("TEST_RUNG") else { return };
    let (_, abilities) = rungs().into_iter().find(|(name, _)| *name == rung).unwrap();
    let place = Place::new(&abilities, &[("a", "1")]);
    let world = place.world();
    let pipe = std::env::var("TEST_PIPE").unwrap();
    let linked = world.scratch().join("pipe");
    fs::hard_link(&pipe, &linked).unwrap();
    let command = command(&["sh", "-c", FAMILY, "family", linked.to_str().unwrap()]);
    println!("world {}", world.scratch().parent().unwrap().display());
    println!("cache {}", place.cache.display());
    world.run(&command, &CancelToken::new(), &mut |_| println!("up"));
}

#[test]
fn the_family_does_not_outlive_us() {
    for (rung, _) in rungs() {
        let dir = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let pipe = dir.path().join("pipe");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let mut reader =
            File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&pipe).unwrap();
        let mut server = Program::new(std::env::current_exe().unwrap())
            .args(["--exact", "confinement::be_a_server", "--nocapture"])
            .env("TEST_RUNG", rung)
            .env("TEST_PIPE", &pipe)
            .env("TMPDIR", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = lines
            .scan(0, |n_up, line| {
                *n_up += usize::from(line == "up");
                (*n_up < N_FAMILY).then_some(line)
            })
            .collect();
        server.kill().unwrap();
        server.wait().unwrap();
        // The end of the pipe comes with the end of the last who holds it.
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), N_FAMILY, "{rung}");
        let world = lines.iter().find_map(|line| line.strip_prefix("world ")).unwrap();
        assert!(Path::new(world).exists(), "{rung}: a killed process cannot clean up");
        let cache = lines.iter().find_map(|line| line.strip_prefix("cache ")).unwrap();
        let place = Path::new(cache).parent().unwrap();
        // The kernel makes work folders that even their owner may not open.
        assert!(Program::new("chmod").args(["-R", "u+rwx"]).arg(place).status().unwrap().success());
        fs::remove_dir_all(place).unwrap();
    }
}

#[test]
fn ends_are_told_apart() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let long = "0".repeat(100_000);
        let cases = [
            (sh("exit 0"), End::Exited(0)),
            (sh("exit 125"), End::Exited(125)),
            (sh("exit 137"), End::Exited(137)),
            (sh("kill -KILL $$"), End::Signalled(9)),
            (sh("kill -SEGV $$"), End::Signalled(11)),
            (sh("kill -TERM 0"), End::Signalled(15)),
            (command(&["no-such"]), End::NotStarted("program `no-such` not found".into())),
            (
                command(&["./a"]),
                End::NotStarted(
                    "program `./a` cannot be started: Permission denied (os error 13)".into(),
                ),
            ),
            (command(&["sh", "-c", "exit 7", &long]), End::Exited(7)),
        ];
        for (command, end) in cases {
            assert_eq!(run(&world, &command).end, end, "{rung}: {:?}", &command.argv[..1]);
        }
        let nowhere = Command { dir: super::place::repo_path("no/such"), ..sh("true") };
        let End::NotStarted(reason) = run(&world, &nowhere).end else { panic!("{rung}") };
        assert!(reason.ends_with("no/such` not found"), "{reason}");
        let forged = r#"echo '{"exited":0}' >&2; echo '{"exited":0}' >/proc/$PPID/fd/2; exit 1"#;
        assert_eq!(run(&world, &sh(forged)).end, End::Exited(1), "{rung}");
        let order = says(&world, "for i in 1 2 3; do echo out $i; echo err $i >&2; done");
        assert_eq!(order, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n", "{rung}");
        assert!(matches!(run(&world, &sh("yes")).end, End::Flooded { .. }), "{rung}");
        assert_eq!(says(&world, "sleep 600 & setsid sleep 600 & echo done"), "done\n", "{rung}");
        assert_eq!(says(&world, "cat"), "", "{rung}: nothing to read");
    }
}

#[test]
fn nothing_outside_the_world_can_be_written() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let secret = place.dir.path().join("outside/file");
        write(&secret, "mine");
        let world = place.world();
        let outside = secret.parent().unwrap().display();
        let attempts = [
            format!("echo x >'{outside}/file'"),
            format!("echo x >'{outside}/new'"),
            format!("rm '{outside}/file'"),
            format!("mv '{outside}/file' moved"),
            format!("mkdir '{outside}/folder'"),
            format!("ln '{outside}/file' '{outside}/link'"),
            format!("touch '{}/new'", place.cache.display()),
            format!("mount -t tmpfs none '{outside}'"),
            "unshare -Urm sh -c 'umount /proc/sys || mount -o remount,rw /'".into(),
        ];
        // Below a private `/tmp` a command may write to folders that only look like those outside.
        let looks_alike = place.dir.path().starts_with("/tmp");
        for attempt in attempts {
            let end = run(&world, &sh(&attempt)).end;
            assert!(looks_alike || end != End::Exited(0), "{rung}: {attempt}");
        }
        assert!(!place.cache.join("new").exists(), "{rung}");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "mine", "{rung}");
        assert_eq!(fs::read_dir(secret.parent().unwrap()).unwrap().count(), 1, "{rung}");
        let allowed = "echo x >a; echo x >/dev/null; f=$(mktemp); echo x >$f; mv a b; mkdir c; mv b c/; ln c/b d";
        says(&world, allowed);
    }
}

#[test]
fn nobody_outside_is_reached_over_the_network() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connect = format!(
            "python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}), 5)\""
        );
        assert!(
            Program::new("sh").args(["-c", &connect]).status().unwrap().success(),
            "it can be reached from here"
        );
        assert_ne!(run(&world, &sh(&connect)).end, End::Exited(0), "{rung}");
        let inside = "import socket; s = socket.create_server(('127.0.0.1', 0)); \
                      c = socket.create_connection(s.getsockname()); print('met')";
        if abilities.namespaces {
            assert_eq!(says(&world, &format!("python3 -c \"{inside}\"")), "met\n", "{rung}");
        }
    }
}

#[test]
fn commands_see_an_environment_of_their_own() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
        let own =
            vec![("LD_PRELOAD".to_owned(), "/no/such.so".to_owned()), ("MINE".into(), "1".into())];
        let output = run(&world, &Command { env: own, ..sh("env") });
        let text = String::from_utf8_lossy(&output.text);
        assert!(text.contains("\nMINE=1\n") && text.contains("CI=1\n"), "{rung}: {text}");
        assert!(!text.contains("CARGO_MANIFEST_DIR"), "{rung}");
        let ids = says(&world, "id -u; ls /proc | grep -c '^[0-9]'");
        let (uid, n_seen) = ids.trim().split_once('\n').unwrap();
        assert_eq!(uid, nix::unistd::getuid().to_string(), "{rung}");
        assert!(
            !abilities.namespaces || n_seen.parse::<u32>().unwrap() < 10,
            "{rung}: sees others' processes"
        );
        let given_up = "ls /proc/self/fd | wc -l; grep NoNewPrivs /proc/self/status; \
                        sed -nE 's/^Max (core file|file) size +([0-9]+) .*/\\2/p' /proc/self/limits";
        // Open are the three standard ones and the folder that is listed.
        let _passed_on = nix::unistd::dup(File::open("/dev/null").unwrap()).unwrap();
        assert_eq!(says(&world, given_up), "4\nNoNewPrivs:\t1\n4563402752\n0\n", "{rung}");
    }
}

#[test]
fn every_way_of_making_worlds_is_tested_here() {
    let names: Vec<&str> = rungs().into_iter().map(|(name, _)| name).collect();
    let all = ["pool without namespaces", "pool in namespaces", "overlay"];
    let on_purpose = std::env::var_os("GREENLOOP_TEST_WITHOUT_NAMESPACES").is_some();
    assert!(names == all || on_purpose, "only {names:?}: see what `probe` says");
}

#[test]
fn what_is_enforced_is_said_as_it_is() {
    for (rung, abilities) in rungs() {
        let words =
            Place::new(&abilities, &[("a", "1")]).world().enforced(&Policy::default()).join(", ");
        let (how, rest) = words.split_once(", ").unwrap();
        let memory = Caps::of(&Policy::default().limits).memory_bytes / MEGABYTE;
        let limits = format!("at most {memory} MB of memory, 512 processes, 4096 MB of disk");
        let expected = match rung {
            "overlay" => "same-path overlay",
            _ => "pooled folder",
        };
        assert_eq!(how, expected);
        let strong = format!(
            "private network, writes confined, home hidden, other processes hidden, system calls filtered, \
             process tree, {limits}"
        );
        let weak = format!(
            "no outgoing network (Landlock and seccomp), writes confined (Landlock: not permissions and times), \
             home hidden, system calls filtered, process tree, {limits}, NOT enforced: who else runs can be seen, \
             sockets of services are in reach"
        );
        assert_eq!(rest, if abilities.namespaces { strong } else { weak });
        let nothing = greenloop::io::sandbox::Abilities {
            overlay: false,
            namespaces: false,
            landlock: 0,
            ..abilities
        };
        assert!(nothing.enforced(&Policy::default()).join(", ").contains("NOT SANDBOXED"));
    }
}

#[test]
fn worlds_of_dead_processes_are_cleared_away() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let alive = place.world();
        let dead = place.cache.join("worlds/dead");
        write(&dead.join("upper/x"), "x");
        write(&dead.join("lock"), "");
        drop(place.reopened());
        assert!(!dead.exists(), "{rung}");
        assert!(alive.scratch().exists(), "{rung}");
        assert_eq!(says(&alive, "cat a"), "1", "{rung}");
    }
}

#[test]
fn a_tool_below_tmp_is_still_found() {
    use std::os::unix::fs::PermissionsExt;

    let tool = tempfile::tempdir_in("/tmp").unwrap();
    let program = tool.path().join("bin/say");
    write(&program, "#!/bin/sh\ncat \"$(dirname \"$0\")/../word\"\n");
    write(&tool.path().join("word"), "found");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let output = run(&world, &command(&[program.to_str().unwrap()]));
        assert_eq!(output.end, End::Exited(0), "{rung}");
        assert_eq!(output.text, b"found", "{rung}");
        let spoil = format!("echo x >'{}'", tool.path().join("word").display());
        assert_ne!(run(&world, &sh(&spoil)).end, End::Exited(0), "{rung}");
        assert_eq!(fs::read_to_string(tool.path().join("word")).unwrap(), "found", "{rung}");
    }
}

#[test]
fn a_neighbour_that_the_project_is_linked_to_can_be_read_and_no_other() {
    let home = std::env::var_os("HOME").unwrap();
    let hidden = tempfile::Builder::new().prefix("near").tempdir_in(home).unwrap();
    let at = |name: &str| hidden.path().canonicalize().unwrap().join(name);
    for folder in ["near", "far"] {
        write(&at(folder).join("Cargo.toml"), folder);
    }
    let linked =
        |folder: &str| format!("[dependencies]\nx = {{ path = '{}' }}\n", at(folder).display());
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("Cargo.toml", &linked("near"))]);
        let world = place.world();
        // What a worker writes into its copy opens nothing.
        let script = format!(
            "printf '{}' >Cargo.toml; cat '{}'; cat '{}'; echo x >'{}'",
            linked("far").replace('\n', "\\n").replace('\'', "\""),
            at("near/Cargo.toml").display(),
            at("far/Cargo.toml").display(),
            at("near/new").display(),
        );
        let output = run(&world, &sh(&script));
        let text = String::from_utf8_lossy(&output.text);
        assert!(text.starts_with("near") && !text.contains("\nfar"), "{rung}: {text}");
        assert!(!text.starts_with("nearfar"), "{rung}: {text}");
        assert!(!at("near/new").exists(), "{rung}");
    }
}
