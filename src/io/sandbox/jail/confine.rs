//! What a process gives up for itself and all it starts: resources, and writes outside its folders.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope, path_beneath_rules,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::super::{JailSpec, LANDLOCK_ABI_TCP};
use super::linux::Trouble;
use crate::base::limits::{JAIL_FILE_BYTES_MAX, JAIL_OPEN_FILES_MAX};

/// Devices that commands may write whatever else is refused.
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
/// Folders for everybody's temporary files; private where there are namespaces.
const TEMPORARY: [&str; 2] = ["/tmp", "/dev/shm"];

/// No core files, no endless files, no endless list of open files.
pub fn limit_resources() -> Result<(), Trouble> {
    let limits = [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, JAIL_FILE_BYTES_MAX),
        (Resource::RLIMIT_NOFILE, JAIL_OPEN_FILES_MAX),
    ];
    for (resource, most) in limits {
        getrlimit(resource)
            .and_then(|(soft, hard)| setrlimit(resource, soft.min(most), hard.min(most)))
            .map_err(|error| format!("{resource:?} cannot be limited: {error}"))?;
    }
    Ok(())
}

/// Refuses writes outside the project, the writable folders and private temporary ones; without a network of its own
/// also connections over TCP.
pub fn landlock(spec: &JailSpec) -> Result<(), Trouble> {
    if spec.landlock == 0 {
        return Ok(());
    }
    let abi = ABI::from(spec.landlock);
    let private = spec.namespaces.is_some();
    let temporary = TEMPORARY.iter().filter(|_| private).map(Into::into);
    let devices = DEVICES.iter().map(Into::into);
    let folders = [spec.project.clone()].into_iter().chain(spec.writable.iter().cloned());
    let writes = AccessFs::from_write(abi);
    rules(abi, !private)
        .and_then(Ruleset::create)
        .and_then(|rules| {
            rules.add_rules(path_beneath_rules(folders.chain(temporary).chain(devices), writes))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map(drop)
        .map_err(|error| format!("Landlock is refused: {error}"))
}

/// All that an ABI can refuse of what we want refused. Fails where the kernel knows less.
pub fn rules(abi: ABI, and_tcp: bool) -> Result<Ruleset, landlock::RulesetError> {
    let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let rules = rules.handle_access(AccessFs::from_write(abi))?;
    let rules = if and_tcp && abi as i32 >= LANDLOCK_ABI_TCP {
        rules.handle_access(AccessNet::ConnectTcp)?
    } else {
        rules
    };
    let scopes = Scope::from_all(abi);
    if scopes.is_empty() { Ok(rules) } else { rules.scope(scopes) }
}
