//! Doors that are open let through what they are for, and nothing else; the run tells.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command as Program;
use std::thread;

use greenloop::io::process::End;
use greenloop::io::worlds::Command;
use greenloop::model::policy::{Doors, Network, Policy};

use super::super::place::{Place, git, run, rungs, sh, temporary, write};

fn opened(script: &str, doors: &Doors) -> Command {
    Command { policy: Policy { doors: doors.clone(), ..Policy::default() }, ..sh(script) }
}

fn python(program: &str, doors: &Doors) -> Command {
    let argv = ["/usr/bin/python3", "-c", program].map(str::to_owned).to_vec();
    Command { argv, ..opened("", doors) }
}

#[test]
fn to_files() {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let hidden = tempfile::Builder::new().prefix(".door").tempdir_in(&home).unwrap();
    let outside = tempfile::TempDir::new_in(temporary()).unwrap();
    let path = |name: &str| hidden.path().join(name).to_str().unwrap().to_owned();
    for name in ["shown/file", "one", "kept"] {
        write(&hidden.path().join(name), name);
    }
    let below_home = format!("~/{}/shown", hidden.path().file_name().unwrap().to_str().unwrap());
    let doors = Doors {
        readable: vec![below_home.clone(), path("one")],
        writable: vec![outside.path().to_str().unwrap().to_owned()],
        ..Doors::default()
    };
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let (shown, one, kept) = (path("shown/file"), path("one"), path("kept"));
        let own = outside.path().join(rung);
        let script = format!(
            "cat '{shown}' '{one}'; echo x >'{}'; echo x >>'{one}'; cat '{kept}'",
            own.display()
        );
        let output = run(&world, &opened(&script, &doors));
        let text = String::from_utf8_lossy(&output.text);
        assert!(text.starts_with("shown/fileone") && !text.contains("kept\n"), "{rung}: {text}");
        assert_eq!(fs::read_to_string(own).unwrap(), "x\n", "{rung}");
        assert_eq!(fs::read_to_string(one).unwrap(), "one", "{rung}");
        assert_ne!(output.end, End::Exited(0), "{rung}: what no door is for is still hidden");
        let told = world.enforced(&opened("", &doors).policy);
        assert!(told.contains(&format!("OPEN: writes to {}", doors.writable[0])), "{told:?}");
        let reads = format!("OPEN: reads of {below_home}, {}", path("one"));
        assert!(told.contains(&reads), "{told:?}");
    }
}

#[test]
fn to_variables() {
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    let doors = Doors { pass_env: vec!["CARGO_MANIFEST_*".into()], ..Doors::default() };
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let output = run(&place.world(), &opened("env", &doors));
        let text = String::from_utf8_lossy(&output.text);
        assert!(text.contains("CARGO_MANIFEST_DIR=") && !text.contains("CARGO_PKG"), "{rung}");
    }
}

/// A server that answers every line in capitals, on the loopback network outside of all sandboxes.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut heard = [0; 5];
            if stream.read_exact(&mut heard).is_ok() {
                stream.write_all(&heard.to_ascii_uppercase()).unwrap();
            }
        }
    });
    port
}

fn ask(port: u16) -> String {
    format!(
        "
import socket
def ask(port):
    with socket.create_connection(('localhost', port), 20) as s:
        s.sendall(b'hello')
        return s.recv(5, socket.MSG_WAITALL).decode()
print(ask({port}), ask({port}))
"
    )
}

#[test]
fn to_hosts() {
    let (port, other) = (server(), server());
    let doors = |network| Doors { network, ..Doors::default() };
    let some = doors(Network::Hosts(vec![format!("localhost:{port}"), "db.test:4".into()]));
    for (rung, abilities) in rungs() {
        let place = Place::new(&abilities, &[("a", "1")]);
        let world = place.world();
        let output = run(&world, &python(&ask(port), &some));
        let text = String::from_utf8_lossy(&output.text);
        assert_eq!((output.end, &*text), (End::Exited(0), "HELLO HELLO\n"), "{rung}");
        assert_ne!(run(&world, &python(&ask(other), &some)).end, End::Exited(0), "{rung}");
        assert_ne!(run(&world, &python(&ask(port), &Doors::default())).end, End::Exited(0));
        let all = doors(Network::Open);
        assert_eq!(run(&world, &python(&ask(other), &all)).end, End::Exited(0), "{rung}");
        let told = |doors: &Doors| world.enforced(&opened("", doors).policy).join(", ");
        assert!(told(&all).contains("OPEN: the whole network"), "{}", told(&all));
        assert!(!told(&all).contains("private network"), "{}", told(&all));
        let what = if abilities.namespaces {
            let name = "import socket; print(socket.gethostbyname('db.test'))";
            let output = run(&world, &python(name, &some));
            assert_eq!(String::from_utf8_lossy(&output.text), "127.0.1.2\n", "{rung}");
            format!("OPEN: network to localhost:{port}, db.test:4")
        } else {
            format!("OPEN: TCP to port {port}, 4 of any host")
        };
        assert!(told(&some).contains(&what), "{}", told(&some));
    }
}

#[test]
fn doors_open_only_where_the_project_is_trusted() {
    let dir = tempfile::TempDir::new_in(temporary()).unwrap();
    let config = "[[check]]\nname = 'sees'\nrunner = 'command'\ncommand = ['sh', '-c', 'test -n \"$SEEN\"']\n\
                  pass_env = ['SEEN']\n";
    write(&dir.path().join("project/greenloop.toml"), config);
    git(&dir.path().join("project"), &["init", "-q"]);
    let greenloop = |args: &[&str]| {
        let output = Program::new(env!("CARGO_BIN_EXE_greenloop"))
            .args(args)
            .arg(dir.path().join("project"))
            .env("XDG_STATE_HOME", dir.path().join("state"))
            .env("XDG_CACHE_HOME", dir.path().join("cache"))
            .env("SEEN", "1")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    };
    let (code, text) = greenloop(&["checks"]);
    assert_eq!(code, Some(2), "{text}");
    let refusal = "greenloop.toml opens the sandbox of check `sees`: OPEN: variables SEEN";
    assert!(text.contains(refusal) && text.contains("--trust"), "{text}");
    let (code, text) = greenloop(&["checks", "--trust"]);
    assert!(code == Some(0) && text.contains("OPEN: variables SEEN"), "{text}");
    let (_, text) = greenloop(&["doctor"]);
    assert!(text.contains("sandbox of sees, where trusted: OPEN: variables SEEN"), "{text}");
    assert!(text.contains("enforced on tests: "), "{text}");
}
