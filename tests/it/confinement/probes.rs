//! Commands that try to get out of a sandbox or to use it up: each is stopped, and the run of its check tells. A bomb
//! has an end of its own, should the sandbox fail.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command as Program;

use greenloop::base::cancel::CancelToken;
use greenloop::base::ids::CheckId;
use greenloop::base::path::RepoPath;
use greenloop::io::checks::{self, Select};
use greenloop::io::worlds::World;
use greenloop::model::check::{Check, CheckEnd, CheckRun, Runner};
use greenloop::model::policy::{Doors, Limits, Policy, Resource};
use greenloop::model::report::TestOutcome;

use super::super::place::{Place, rungs, temporary, write};

const LIMITS: Limits = Limits { memory_mb: Some(256), processes: Some(64), disk_mb: Some(32) };

/// A run of a check that is this command, with what it printed.
fn run(place: &Place, world: &World, argv: &[&str], policy: Policy) -> (CheckRun, String) {
    let check = Check {
        id: CheckId::new("probe"),
        runner: Runner::Command,
        dir: RepoPath::root(),
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        env: Default::default(),
        timeout_ms: 120_000,
        policy,
        why: String::new(),
        on_request: false,
        configured: false,
        report: Vec::new(),
    };
    let cancel = CancelToken::new();
    let run = checks::run(&place.store, world, &check, Select::All, &cancel, &mut |_| {}).unwrap();
    let text = place.store.blob(&run.output).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    (run, text)
}

fn policy() -> Policy {
    Policy { limits: LIMITS, doors: Doors::default() }
}

/// Runs a Python program on every rung. What it prints is passed on with the words of what was enforced.
fn each(program: &str, args: &[&str], told: &mut dyn FnMut(&str, &Place, CheckRun, &str)) {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let argv = [&["/usr/bin/python3", "-c", program], args].concat();
        let (run, text) = run(&place, &world, &argv, policy());
        told(rung, &place, run, &text);
    }
}

/// The program ended by itself, and what it tried was refused with these words.
fn assert_refused(rung: &str, run: &CheckRun, text: &str, words: &[&str], by: &str) {
    assert_eq!(run.end, CheckEnd::Completed, "{rung}: {text}");
    assert_eq!(run.report.cases[0].outcome, TestOutcome::Failed, "{rung}: {text}");
    assert!(words.iter().any(|words| text.contains(words)), "{rung}: {text}");
    let enforced = run.enforced.join(", ");
    assert!(enforced.contains(by), "{rung}: {enforced}");
}

/// The sandbox ended it, and what it wrote is not a report of its own.
fn assert_over(rung: &str, run: &CheckRun, text: &str, what: Resource, limit: u64) {
    assert_eq!(run.end, CheckEnd::OverLimit { what, limit }, "{rung}: {text}");
    assert!(!run.report.complete && run.report.cases.is_empty(), "{rung}");
}

#[test]
fn writing_outside() {
    let outside = tempfile::TempDir::new_in(temporary()).unwrap();
    write(&outside.path().join("file"), "mine");
    let path = outside.path().join("file");
    let program = "import sys; open(sys.argv[1], 'w').write('spoilt')";
    each(program, &[path.to_str().unwrap()], &mut |rung, _, run, text| {
        // Below `/tmp`, which is private, there is nothing to be written.
        let words = ["Read-only file system", "Permission denied", "No such file"];
        assert_refused(rung, &run, text, &words, "writes confined");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine", "{rung}");
    });
}

#[test]
fn reading_a_credential_file() {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let hidden = tempfile::Builder::new().prefix(".probe").tempdir_in(&home).unwrap();
    let path = hidden.path().join("credentials");
    write(&path, "the secret");
    let program = "import sys; print(open(sys.argv[1]).read())";
    each(program, &[path.to_str().unwrap()], &mut |rung, _, run, text| {
        let words = ["No such file", "Permission denied"];
        assert_refused(rung, &run, text, &words, "home hidden");
        assert!(!text.contains("the secret"), "{rung}");
    });
}

#[test]
fn reaching_the_network() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    tcp.set_nonblocking(true).unwrap();
    let (to_tcp, to_udp) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    let program = "\
import socket, sys
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(sys.argv[2])))
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(('127.0.0.1', int(sys.argv[1])))
except OSError as error:
    print(error)
s = socket.socket()
try:
    s.sendto(b'x', 0x20000000, ('127.0.0.1', int(sys.argv[1])))
except OSError as error:
    print(error)
socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)";
    let ports = [to_tcp.to_string(), to_udp.to_string()];
    each(program, &[&ports[0], &ports[1]], &mut |rung, _, run, text| {
        let words = ["Connection refused", "Permission denied"];
        assert_refused(rung, &run, text, &words, "network");
        assert!(udp.recv(&mut [0; 8]).is_err(), "{rung}: a datagram came");
        assert!(tcp.accept().is_err(), "{rung}: somebody connected");
    });
}

#[test]
fn a_fork_bomb() {
    let program = "\
import os, signal
for n in range(3000):
    try:
        if os.fork() == 0:
            signal.pause()
    except OSError:
        pass
signal.pause()";
    each(program, &[], &mut |rung, _, run, text| {
        assert_over(rung, &run, text, Resource::Processes, 64);
    });
}

#[test]
fn a_memory_bomb() {
    // Alone, and shared out among processes of which none takes too much.
    let program = "\
import os, signal, sys
held = []
for n in range(int(sys.argv[1])):
    if os.fork() == 0:
        for n in range(int(sys.argv[2])):
            held.append(bytearray(os.urandom(4096)) * 256 * 16)
        signal.pause()
signal.pause()";
    for shares in [["1", "128"], ["16", "8"]] {
        each(program, &shares, &mut |rung, _, run, text| {
            assert_over(rung, &run, text, Resource::Memory, 256);
        });
    }
}

#[test]
fn a_file_in_memory() {
    let program = "\
import signal
with open('/dev/shm/bomb', 'wb') as file:
    for n in range(400):
        file.write(bytes(1 << 20))
signal.pause()";
    for (rung, abilities) in rungs() {
        // Without mounts of its own there is no place in memory it may write.
        if abilities.namespaces {
            let place = Place::new(&abilities, &[("a", "1")]);
            let argv = ["/usr/bin/python3", "-c", program];
            let (run, text) = run(&place, &place.world(), &argv, policy());
            assert_over(rung, &run, &text, Resource::Memory, 256);
        }
    }
}

#[test]
fn filling_the_disk() {
    let one_file = "\
import signal
with open('bomb', 'wb') as file:
    for n in range(200):
        file.write(bytes(1 << 20))
        file.flush()
signal.pause()";
    // One that gives up by itself is told all the same.
    let many_files = "\
import os
os.mkdir('bombs')
for n in range(200):
    open(f'bombs/{n}', 'wb').write(bytes(1 << 20))
raise SystemExit(1)";
    for program in [one_file, many_files] {
        each(program, &[], &mut |rung, _, run, text| {
            assert_over(rung, &run, text, Resource::Disk, 32);
        });
    }
}

#[test]
fn a_surviving_grandchild() {
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let (mut command, mut reader) = super::family(&world);
        command.argv[2] = super::FAMILY.replace("wait\n", "exit 1");
        let argv: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let (run, text) = run(&place, &world, &argv, policy());
        assert_refused(rung, &run, &text, &[""], "process tree");
        super::assert_extinct(&mut reader, 1, rung);
    }
}

/// Attaches to the process given, and reads its memory.
const TRACE: &str = "\
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def attach(pid):
    done = libc.ptrace(16, pid, None, None)
    print(os.strerror(ctypes.get_errno()) if done else 'attached')
    return done
def look(pid):
    try:
        open(f'/proc/{pid}/environ').read(), os.listdir(f'/proc/{pid}/fd')
        print('looked')
    except OSError as error:
        print(error.strerror)
if sys.argv[1] == 'parent':
    attach(os.getppid()), look(os.getppid())
    raise SystemExit(1)
reader, writer = os.pipe()
sibling = os.fork()
if sibling == 0:
    os.read(reader, 1)
    os._exit(0)
raise SystemExit(1 if attach(sibling) else 0)";

#[test]
fn tracing_a_sibling() {
    each(TRACE, &["sibling"], &mut |rung, _, run, text| {
        assert_refused(rung, &run, text, &["Operation not permitted"], "system calls filtered");
        assert!(!text.contains("attached"), "{rung}: {text}");
    });
    let doors = Doors { debug: true, ..Doors::default() };
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let traced = |whom| {
            let argv = ["/usr/bin/python3", "-c", TRACE, whom];
            run(&place, &world, &argv, Policy { limits: LIMITS, doors: doors.clone() })
        };
        let (run, text) = traced("sibling");
        assert_eq!(run.report.cases[0].outcome, TestOutcome::Passed, "{rung}: {text}");
        assert!(run.enforced.contains(&"OPEN: tracing of processes".to_owned()), "{rung}");
        // Whoever looks after the sandbox is in nobody's reach.
        let (_, text) = traced("parent");
        assert!(!text.contains("attached") && !text.contains("looked"), "{rung}: {text}");
    }
}

#[test]
fn escaping_by_a_link() {
    let outside = tempfile::TempDir::new_in(temporary()).unwrap();
    write(&outside.path().join("file"), "mine");
    let program = "\
import os, sys
os.symlink(sys.argv[1], 'way')
try:
    open('way/new', 'w')
except OSError as error:
    print(error)
os.rename('way/file', 'taken')";
    each(program, &[outside.path().to_str().unwrap()], &mut |rung, _, run, text| {
        let words = [
            "Read-only file system",
            "Permission denied",
            "Invalid cross-device link",
            "No such file",
        ];
        assert_refused(rung, &run, text, &words, "writes confined");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{rung}");
        assert_eq!(fs::read_to_string(outside.path().join("file")).unwrap(), "mine", "{rung}");
    });
}

#[test]
fn what_is_privileged() {
    let program = "\
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
CALLS = dict(unshare=272, clone=56, mount=165, bpf=321, keyctl=250, userfaultfd=323, perf=298, io_uring=425)
for name, number in CALLS.items():
    flag = 0x10000000 if name in ('unshare', 'clone') else 0
    for bit in (0, 0x40000000):
        done = libc.syscall(number | bit, flag, 0, 0, 0, 0)
        if done >= 0:
            os._exit(0)
        print(name, ctypes.get_errno())
print(open('/proc/self/status').read())
raise SystemExit(1)";
    each(program, &[], &mut |rung, _, run, text| {
        assert_refused(rung, &run, text, &["CapEff:\t0000000000000000"], "system calls filtered");
        let n_refused = text.lines().filter(|line| line.ends_with(" 1")).count();
        assert_eq!(n_refused, 16, "{rung}: {text}");
        for set in ["CapInh", "CapPrm", "CapAmb"] {
            assert!(text.contains(&format!("{set}:\t0000000000000000")), "{rung}: {text}");
        }
    });
}

/// Looks for a word in its own environment and in everybody else's.
const ENVIRONMENTS: &str = "\
import glob
found = 0
for path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):
    try:
        found += b'the-' + b'word' in open(path, 'rb').read()
    except OSError:
        pass
print('found', found)
raise SystemExit(1)";

/// The process that `a_secret_in_our_environment` starts; run as a test it does nothing.
#[test]
fn be_somebody_with_a_secret() {
    if std::env::var_os("PROBE_API_TOKEN").is_some() {
        each(ENVIRONMENTS, &[], &mut |rung, _, run, text| {
            assert_refused(rung, &run, text, &["found 0\n"], "");
        });
    }
}

#[test]
fn a_secret_in_our_environment() {
    let test = "confinement::probes::be_somebody_with_a_secret";
    let output = Program::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("PROBE_API_TOKEN", "the-word")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// The same for somebody without privileges, whom the kernel lets do other things.
#[test]
fn by_somebody_unprivileged() {
    if !nix::unistd::getuid().is_root() {
        return;
    }
    let dir = tempfile::tempdir_in(temporary()).unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    // Programs of an administrator may lie where nobody else comes.
    let copy = |from: PathBuf, name: &str| {
        let to = dir.path().join(name);
        fs::copy(from, &to).unwrap();
        to
    };
    let tests = copy(std::env::current_exe().unwrap(), "tests");
    let program = copy(env!("CARGO_BIN_EXE_greenloop").into(), "greenloop");
    for path in [dir.path(), &home] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
    }
    let output = Program::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(tests)
        .arg("confinement::probes::")
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("GREENLOOP_TEST_DIR", dir.path())
        .env("GREENLOOP_TEST_PROGRAM", program)
        .env_remove("CARGO_HOME")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("0 failed"), "{text}");
    assert!(!text.contains(" 0 passed"), "{text}");
}
