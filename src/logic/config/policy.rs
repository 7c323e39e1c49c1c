//! The keys of `[sandbox]`, each of which may stand in a `[[check]]` instead.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use toml::de::DeValue;

use super::reader::{Reader, Taken, Value, count, flag, texts};
use super::{Key, Takes};
use crate::model::policy::{Doors, Limits, Network, Policy};

/// The most megabytes a limit can be.
const MEGABYTES_MAX: u64 = 1 << 30;

const fn key(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { table: "sandbox", name, takes, doc }
}

pub(super) const KEYS: &[Key] = &[
    key(
        "memory_mb",
        Takes::Count(MEGABYTES_MAX),
        "Memory for all processes together; half of the machine's, but at least 4096, when left out.",
    ),
    key(
        "processes",
        Takes::Count(1_000_000),
        "Processes at the same time; 512 when left out. Each may have 16 threads on average.",
    ),
    key("disk_mb", Takes::Count(MEGABYTES_MAX), "Files written by one run; 4096 when left out."),
    key("writable", Takes::Paths, "Door: folders outside the project that may be written."),
    key("readable", Takes::Paths, "Door: files and folders in the home folder that may be read."),
    key(
        "pass_env",
        Takes::Texts,
        "Door: variables passed on to it. With `*` at the end of a name, those that look secret are left out.",
    ),
    key("network", Takes::Network, "Door: true for the whole network, or a list of `name:port`."),
    key("debug", Takes::Flag, "Door: lets processes trace each other; false when left out."),
];

impl Reader<'_> {
    pub(super) fn sandbox(&mut self, value: &Value<'_>) -> Policy {
        let DeValue::Table(table) = value.get_ref() else {
            self.error("sandbox", value, "is a table: write `[sandbox]`");
            return Policy::default();
        };
        policy(&mut self.table("sandbox", table), &Policy::default())
    }
}

/// What the keys say, and what `all` says where they say nothing.
pub(super) fn policy(taken: &mut BTreeMap<&'static str, Taken>, all: &Policy) -> Policy {
    let Policy { limits, doors } = all.clone();
    Policy {
        limits: Limits {
            memory_mb: count(taken.remove("memory_mb")).or(limits.memory_mb),
            processes: count(taken.remove("processes")).or(limits.processes),
            disk_mb: count(taken.remove("disk_mb")).or(limits.disk_mb),
        },
        doors: Doors {
            writable: texts(taken.remove("writable")).unwrap_or(doors.writable),
            readable: texts(taken.remove("readable")).unwrap_or(doors.readable),
            pass_env: texts(taken.remove("pass_env")).unwrap_or(doors.pass_env),
            network: network(taken.remove("network")).unwrap_or(doors.network),
            debug: flag(taken.remove("debug")).unwrap_or(doors.debug),
        },
    }
}

fn network(taken: Option<Taken>) -> Option<Network> {
    if let Some(Taken::Network(network)) = taken { Some(network) } else { None }
}

/// An absolute path, or one below the home folder.
pub(super) fn is_path(text: &str) -> bool {
    let rest = text.strip_prefix("~/").or_else(|| text.strip_prefix('/'));
    rest.is_some_and(|rest| !rest.is_empty() && rest.split('/').all(|part| part != ".."))
}

/// A name, a colon and a port. An address other than our own has no name to stand in for.
pub(super) fn is_host(text: &str) -> bool {
    let is_name = |host: &str| {
        let is_plain = |ch: char| ch.is_ascii_alphanumeric() || ".-_".contains(ch);
        let is_foreign =
            host.parse::<Ipv4Addr>().is_ok_and(|address| address != Ipv4Addr::LOCALHOST);
        !host.is_empty() && host.chars().all(is_plain) && !is_foreign
    };
    text.rsplit_once(':')
        .is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
}
