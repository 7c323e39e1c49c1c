//! What is enforced on a command, and which doors are open, in words for people.

use super::spec::Caps;
use super::{Abilities, LANDLOCK_ABI_SOCKETS, LANDLOCK_ABI_TCP};
use crate::base::limits::MEGABYTE;
use crate::model::policy::{Doors, Network, Policy};

impl Abilities {
    /// What is enforced on a command under this policy, what cannot be, and which doors are open.
    pub fn enforced(&self, policy: &Policy) -> Vec<String> {
        let mut words = vec![if self.overlay { "same-path overlay" } else { "pooled folder" }];
        words.extend(self.network(policy.doors.network == Network::Open));
        if self.seatbelt {
            words.extend(["writes confined (Seatbelt)", "home hidden"]);
        } else if self.namespaces {
            words.extend(["writes confined", "home hidden", "other processes hidden"]);
        } else if self.landlock > 0 {
            words.push("writes confined (Landlock: not permissions and times)");
            words.push("home hidden");
        } else {
            words.push("NOT SANDBOXED: reads, writes and network are open");
        }
        words.extend(self.seccomp.then_some("system calls filtered"));
        words.push(if cfg!(target_os = "linux") { "process tree" } else { "process group" });
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend(cfg!(target_os = "linux").then(|| caps(&Caps::of(&policy.limits))));
        words.extend(self.not_enforced().map(|what| format!("NOT enforced: {what}")));
        words.extend(open(&policy.doors, self.namespaces));
        words
    }

    fn network(&self, is_open: bool) -> Option<&'static str> {
        match (self.namespaces, self.seccomp) {
            _ if is_open => None,
            _ if self.seatbelt => Some("network confined to this machine (Seatbelt)"),
            (true, _) => Some("private network"),
            (false, true) if self.landlock > 0 => {
                Some("no outgoing network (Landlock and seccomp)")
            }
            (false, false) if self.landlock >= LANDLOCK_ABI_TCP => {
                Some("no outgoing TCP (Landlock)")
            }
            (false, _) => None,
        }
    }

    /// Whether writes and the network are confined at all.
    pub fn confine(&self) -> bool {
        self.namespaces || self.landlock > 0 || self.seatbelt
    }

    /// What a weaker sandbox lets through; `None` when it is nothing we know of, or everything.
    pub fn not_enforced(&self) -> Option<String> {
        if self.namespaces || !self.confine() {
            return None;
        }
        let mut gaps = vec!["who else runs can be seen"];
        if self.seatbelt {
            gaps.push("services of this machine are in reach");
        } else if self.landlock < LANDLOCK_ABI_SOCKETS {
            gaps.push("sockets of services are in reach");
        }
        gaps.extend(
            (!self.seccomp && !self.seatbelt).then_some("networks other than TCP are in reach"),
        );
        gaps.extend((!cfg!(target_os = "linux")).then_some("memory and processes are not limited"));
        Some(gaps.join(", "))
    }
}

fn caps(caps: &Caps) -> String {
    let megabytes = |bytes: u64| bytes / MEGABYTE;
    format!(
        "at most {} MB of memory, {} processes, {} MB of disk",
        megabytes(caps.memory_bytes),
        caps.processes,
        megabytes(caps.disk_bytes)
    )
}

/// One text for each door that is open. Without a network of its own a sandbox tells ports apart and not hosts.
pub fn open(doors: &Doors, own_network: bool) -> Vec<String> {
    let mut words = Vec::new();
    match &doors.network {
        Network::Private => {}
        Network::Open => words.push("the whole network".to_owned()),
        Network::Hosts(hosts) if own_network => {
            words.push(format!("network to {}", hosts.join(", ")));
        }
        Network::Hosts(hosts) => {
            let ports: Vec<&str> =
                hosts.iter().filter_map(|host| host.rsplit(':').next()).collect();
            words.push(format!("TCP to port {} of any host", ports.join(", ")));
        }
    }
    let mut listed = |what: &str, names: &[String]| {
        if !names.is_empty() {
            words.push(format!("{what} {}", names.join(", ")));
        }
    };
    listed("writes to", &doors.writable);
    listed("reads of", &doors.readable);
    listed("variables", &doors.pass_env);
    if doors.debug {
        words.push("tracing of processes".to_owned());
    }
    words.into_iter().map(|door| format!("OPEN: {door}")).collect()
}
