//! What a process gives up for itself and all it starts: resources, privileges, and access outside its folders.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope, path_beneath_rules,
};
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities,
};

use super::super::spec::Caps;
use super::super::{JailSpec, LANDLOCK_ABI_TCP};
use super::linux::Trouble;
use super::watch::threads_max;
use super::{mounts, syscalls};
use crate::base::limits::{JAIL_NICE, JAIL_OPEN_FILES_MAX, JAIL_OVERSHOOT_BYTES};
use crate::model::policy::Network;

/// Devices that commands may use whatever else is refused.
const DEVICES: [&str; 8] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// Folders of everybody's temporary files, in which others' are not to be read.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// Confines the calling thread and all it starts.
pub fn give_up(spec: &JailSpec) -> Result<(), Trouble> {
    stand_back()?;
    limit_resources(&spec.caps, spec.namespaces.is_some())?;
    drop_capabilities()?;
    prctl::set_no_new_privs().map_err(|error| format!("privileges cannot be given up: {error}"))?;
    landlock(spec)?;
    syscalls::refuse(spec)
}

/// The user's own programs come first.
fn stand_back() -> Result<(), Trouble> {
    let stood_back = rustix::process::nice(JAIL_NICE);
    stood_back.map(drop).map_err(|error| format!("the priority cannot be lowered: {error}"))
}

/// No core files, no endless files, no endless list of open files. Files may become a little larger than all may be
/// together, so that the limit is seen and told before a write fails. Processes are counted by the kernel where they
/// are counted apart from the user's others, and where they are not an administrator's.
fn limit_resources(caps: &Caps, counted_apart: bool) -> Result<(), Trouble> {
    let mut limits = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, caps.disk_bytes.saturating_add(JAIL_OVERSHOOT_BYTES)),
        (Resource::RLIMIT_NOFILE, JAIL_OPEN_FILES_MAX),
    ];
    if counted_apart {
        limits.push((Resource::RLIMIT_NPROC, threads_max(caps.processes)));
    }
    for (resource, most) in limits {
        getrlimit(resource)
            .and_then(|(soft, hard)| setrlimit(resource, soft.min(most), hard.min(most)))
            .map_err(|error| format!("{resource:?} cannot be limited: {error}"))?;
    }
    Ok(())
}

/// An administrator's command, too, is left with the rights of an owner.
fn drop_capabilities() -> Result<(), Trouble> {
    let drop_all = || {
        let held = capabilities(None)?;
        if held.permitted.contains(CapabilitySet::SETPCAP) {
            // Kernels know more or fewer of them.
            for bit in 0..u64::BITS {
                let _unknown_here =
                    remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit));
            }
        }
        clear_ambient_capability_set()?;
        let none = CapabilitySet::empty();
        set_capabilities(
            None,
            CapabilitySets { effective: none, permitted: none, inheritable: none },
        )
    };
    drop_all().map_err(|error| format!("capabilities cannot be given up: {error}"))
}

/// Refuses writes outside the project, the writable folders and private temporary ones. Without mounts of its own also
/// reads of what is hidden, and without a network of its own connections over TCP.
fn landlock(spec: &JailSpec) -> Result<(), Trouble> {
    if spec.landlock == 0 {
        return Ok(());
    }
    let abi = ABI::from(spec.landlock);
    let private = spec.namespaces.is_some();
    let confines = Confines { reads: !private, tcp: !private && spec.network != Network::Open };
    let writable = [spec.project.clone()].into_iter().chain(spec.writable.iter().cloned());
    let writable = writable.chain(DEVICES.iter().map(Into::into));
    let writable = writable.chain(mounts::in_memory(spec).filter(|_| private));
    let readable = if private { Vec::new() } else { ways_around(spec) };
    rules(abi, confines)
        .and_then(Ruleset::create)
        .and_then(|rules| {
            let all =
                if confines.reads { AccessFs::from_all(abi) } else { AccessFs::from_write(abi) };
            rules.add_rules(path_beneath_rules(writable, all))
        })
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, AccessFs::from_read(abi))))
        .and_then(|rules| {
            let ports = ports(&spec.network).into_iter().filter(|_| confines.tcp);
            let may_connect = |port| Ok(NetPort::new(port, AccessNet::ConnectTcp));
            if spec.landlock < LANDLOCK_ABI_TCP {
                return Ok(rules);
            }
            rules.add_rules(ports.map(may_connect))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map(drop)
        .map_err(|error| format!("Landlock is refused: {error}"))
}

/// What Landlock is to refuse beside writes.
#[derive(Clone, Copy)]
pub struct Confines {
    pub reads: bool,
    pub tcp: bool,
}

/// All that an ABI can refuse of what we want refused. Fails where the kernel knows less.
pub fn rules(abi: ABI, confines: Confines) -> Result<Ruleset, landlock::RulesetError> {
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let files = if confines.reads { AccessFs::from_all(abi) } else { AccessFs::from_write(abi) };
    let rules = rules.handle_access(files)?;
    let rules = if confines.tcp && abi as i32 >= LANDLOCK_ABI_TCP {
        rules.handle_access(AccessNet::ConnectTcp)?
    } else {
        rules
    };
    let scopes = Scope::from_all(abi);
    if scopes.is_empty() { Ok(rules) } else { rules.scope(scopes) }
}

fn ports(network: &Network) -> Vec<u16> {
    let Network::Hosts(hosts) = network else { return Vec::new() };
    hosts.iter().filter_map(|host| host.rsplit_once(':')?.1.parse().ok()).collect()
}

/// What is to be readable, and everything beside the ways to what is hidden.
fn ways_around(spec: &JailSpec) -> Vec<PathBuf> {
    let hidden: Vec<&Path> =
        spec.hidden.iter().map(PathBuf::as_path).chain(TEMPORARY.map(Path::new)).collect();
    let mut ways = spec.readable.clone();
    ways.push(spec.cwd.clone());
    let mut folders = vec![PathBuf::from("/")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // What a link leads to has a way of its own, or is hidden.
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            if is_link || hidden.contains(&path.as_path()) {
                continue;
            }
            if hidden.iter().any(|hidden| hidden.starts_with(&path)) {
                folders.push(path);
            } else {
                ways.push(path);
            }
        }
    }
    ways
}
