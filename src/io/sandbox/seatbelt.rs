//! The same policy in the words of macOS: a profile for `sandbox-exec`, in which the last rule that fits decides.

use std::path::Path;

use super::spec::JailSpec;
use crate::base::limits::JAIL_OVERSHOOT_BYTES;
use crate::model::policy::Network;

/// The program that confines another one.
pub const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// Devices that commands may write.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx"];

/// Folders of everybody's temporary files, by their real names.
const TEMPORARY: [&str; 3] = ["/private/tmp", "/private/var/tmp", "/private/var/folders"];

/// What the shell counts the sizes of files in.
const SHELL_BLOCK_BYTES: u64 = 512;

/// The command with what confines it in front: resources by the shell, the rest by the profile.
pub fn confined(spec: &JailSpec) -> Vec<String> {
    let blocks = spec.caps.disk_bytes.saturating_add(JAIL_OVERSHOOT_BYTES) / SHELL_BLOCK_BYTES;
    let limits = format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let ours = ["/bin/sh", "-c", &limits, PROGRAM, "-p", &profile(spec)].map(str::to_owned);
    ours.into_iter().chain(spec.argv.iter().cloned()).collect()
}

fn profile(spec: &JailSpec) -> String {
    let writable: Vec<&Path> =
        [&spec.project].into_iter().chain(&spec.writable).map(AsRef::as_ref).collect();
    let hidden = spec.hidden.iter().map(AsRef::as_ref).chain(TEMPORARY.map(Path::new));
    let shown = spec.readable.iter().map(AsRef::as_ref).chain(writable.iter().copied());
    let mut lines = vec!["(version 1)".to_owned(), "(allow default)".to_owned()];
    lines.push("(deny file-write*)".to_owned());
    lines.push(rule("allow file-write*", "subpath", writable.iter().copied()));
    lines.push(rule("allow file-write*", "literal", DEVICES.map(Path::new).into_iter()));
    lines.push(rule("deny file-read*", "subpath", hidden));
    lines.push(rule("allow file-read*", "subpath", shown));
    // A path is followed through folders whose names are all that is seen of them.
    lines.push("(allow file-read-metadata)".to_owned());
    lines.extend(network(&spec.network));
    lines.push("(deny signal (target others))".to_owned());
    if !spec.debug {
        lines.push("(deny mach-priv-task-port)".to_owned());
    }
    lines.join("\n") + "\n"
}

fn rule<'a>(what: &str, filter: &str, paths: impl Iterator<Item = &'a Path>) -> String {
    let filters = paths.map(|path| format!(" ({filter} {})", quoted(&path.to_string_lossy())));
    format!("({what}{})", filters.collect::<String>())
}

/// Hosts other than this machine cannot be told apart, only ports.
fn network(network: &Network) -> Vec<String> {
    let mut lines = vec![
        "(deny network*)".to_owned(),
        "(allow network* (local ip \"localhost:*\"))".to_owned(),
        "(allow network-outbound (remote ip \"localhost:*\"))".to_owned(),
    ];
    match network {
        Network::Private => {}
        Network::Open => lines.clear(),
        Network::Hosts(hosts) => lines.extend(hosts.iter().filter_map(|host| {
            let port = host.rsplit_once(':')?.1;
            Some(format!("(allow network-outbound (remote ip {}))", quoted(&format!("*:{port}"))))
        })),
    }
    lines
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::super::spec::Caps;
    use super::*;
    use crate::model::policy::Limits;

    #[test]
    fn the_policy_is_written_as_a_profile() {
        let spec = JailSpec {
            argv: vec!["make".into(), "test".into()],
            env: Vec::new(),
            cwd: "/p".into(),
            project: "/Users/a/\"p\"".into(),
            writable: vec!["/Users/a/scratch".into()],
            hidden: vec!["/Users/a".into()],
            readable: vec!["/Users/a/.cargo/bin".into()],
            caps: Caps::of(&Limits { disk_mb: Some(1), ..Limits::default() }),
            counted: Vec::new(),
            network: Network::Hosts(vec!["db:5432".into()]),
            debug: false,
            namespaces: None,
            landlock: 0,
            seccomp: false,
            seatbelt: true,
        };
        insta::assert_snapshot!(confined(&spec).join("\n"), @r#"
        /bin/sh
        -c
        ulimit -c 0; ulimit -f 526336; exec "$0" "$@"
        /usr/bin/sandbox-exec
        -p
        (version 1)
        (allow default)
        (deny file-write*)
        (allow file-write* (subpath "/Users/a/\"p\"") (subpath "/Users/a/scratch"))
        (allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/ptmx"))
        (deny file-read* (subpath "/Users/a") (subpath "/private/tmp") (subpath "/private/var/tmp") (subpath "/private/var/folders"))
        (allow file-read* (subpath "/Users/a/.cargo/bin") (subpath "/Users/a/\"p\"") (subpath "/Users/a/scratch"))
        (allow file-read-metadata)
        (deny network*)
        (allow network* (local ip "localhost:*"))
        (allow network-outbound (remote ip "localhost:*"))
        (allow network-outbound (remote ip "*:5432"))
        (deny signal (target others))
        (deny mach-priv-task-port)

        make
        test
        "#);
        let open = JailSpec { network: Network::Open, debug: true, ..spec };
        assert!(!profile(&open).contains("network") && !profile(&open).contains("mach"));
    }
}
