//! The system calls a command is refused: those that reach into other processes or the kernel.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::{self, Eq, MaskedEq, Ne};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter,
};

use super::super::LANDLOCK_ABI_TCP;
use super::super::spec::JailSpec;
use super::linux::Trouble;
use crate::model::policy::Network;

/// Into other processes.
const TRACING: [i64; 4] =
    [libc::SYS_ptrace, libc::SYS_process_vm_readv, libc::SYS_process_vm_writev, libc::SYS_kcmp];

/// Into the kernel, and around the files a command is shown. None is needed to build or to test what is no part of an
/// operating system.
const REFUSED: [i64; 35] = [
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_open_by_handle_at,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_vhangup,
];

/// New namespaces of any kind.
const NEW_NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// The low bits of a socket's type; flags are above.
const SOCKET_TYPE: u64 = 0xf;

/// On 64-bit Intel every call has a second number.
#[cfg(target_arch = "x86_64")]
const OTHER_NUMBERS: Option<i64> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const OTHER_NUMBERS: Option<i64> = None;

/// Whether calls can be filtered on this machine.
pub fn can_filter() -> bool {
    arch().is_ok() && std::path::Path::new("/proc/sys/kernel/seccomp").exists()
}

/// Refuses the calls for the calling thread and all it starts. It must have given up new privileges.
pub fn refuse(spec: &JailSpec) -> Result<(), Trouble> {
    if !spec.seccomp {
        return Ok(());
    }
    let refused = compiled(rules(spec), libc::EPERM);
    // Its flags lie in memory that a filter cannot read. Libraries that are told it is unknown use the older call.
    let unknown = compiled([(libc::SYS_clone3, Vec::new())].into(), libc::ENOSYS);
    refused
        .and_then(|refused| Ok([refused, unknown?]))
        .and_then(|filters| filters.iter().try_for_each(|filter| apply_filter(filter)))
        .map_err(|error| format!("system calls cannot be filtered: {error}"))
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn arch() -> Result<TargetArch, seccompiler::BackendError> {
    std::env::consts::ARCH.try_into()
}

fn compiled(rules: Rules, errno: i32) -> Result<BpfProgram, seccompiler::Error> {
    let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(errno as u32));
    let program = SeccompFilter::new(rules, allow, refuse, arch()?)?.try_into()?;
    Ok(program)
}

fn rules(spec: &JailSpec) -> Rules {
    let tracing = TRACING.iter().filter(|_| !spec.debug);
    let mut rules: Rules = REFUSED.iter().chain(tracing).map(|call| (*call, Vec::new())).collect();
    let any_of = (NEW_NAMESPACES.cast_unsigned().trailing_zeros()..u32::BITS)
        .map(|bit| 1u64 << bit)
        .filter(|flag| u64::from(NEW_NAMESPACES.cast_unsigned()) & flag != 0);
    let namespaces: Vec<SeccompRule> =
        any_of.filter_map(|flag| rule(&[(0, MaskedEq(flag), flag)])).collect();
    rules.insert(libc::SYS_clone, namespaces.clone());
    rules.insert(libc::SYS_unshare, namespaces);
    let is_confined = spec.namespaces.is_none() && spec.landlock > 0;
    if is_confined && spec.network != Network::Open {
        rules.extend(without_network(spec.landlock >= LANDLOCK_ABI_TCP));
    }
    let others = OTHER_NUMBERS.into_iter().flat_map(|bit| {
        rules.iter().map(move |(call, rules)| (call | bit, rules.clone())).collect::<Vec<_>>()
    });
    let others: Rules = others.collect();
    rules.extend(others);
    rules
}

/// Sockets that Landlock does not look after: all but TCP, which it refuses to connect, and those inside the machine.
fn without_network(tcp_is_confined: bool) -> Rules {
    let (v4, v6) = (libc::AF_INET as u64, libc::AF_INET6 as u64);
    let mut sockets = vec![vec![
        (0, Ne, libc::AF_UNIX as u64),
        (0, Ne, libc::AF_NETLINK as u64),
        (0, Ne, v4),
        (0, Ne, v6),
    ]];
    for family in [v4, v6] {
        if !tcp_is_confined {
            sockets.push(vec![(0, Eq, family)]);
            continue;
        }
        let other_kinds = (0..=SOCKET_TYPE).filter(|kind| *kind != libc::SOCK_STREAM as u64);
        sockets.extend(
            other_kinds.map(|kind| vec![(0, Eq, family), (1, MaskedEq(SOCKET_TYPE), kind)]),
        );
        // A stream over anything but TCP.
        sockets.push(vec![(0, Eq, family), (2, Ne, 0), (2, Ne, libc::IPPROTO_TCP as u64)]);
    }
    // Connects without being asked to connect.
    let fast = libc::MSG_FASTOPEN as u64;
    let sends = |flags: u8| rule(&[(flags, MaskedEq(fast), fast)]).into_iter().collect();
    [
        (libc::SYS_socket, sockets.iter().filter_map(|conditions| rule(conditions)).collect()),
        (libc::SYS_sendto, sends(3)),
        (libc::SYS_sendmsg, sends(2)),
        (libc::SYS_sendmmsg, sends(3)),
    ]
    .into()
}

/// Holds when all conditions on arguments do. `None` only for a rule that makes no sense.
fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Option<SeccompRule> {
    let conditions: Result<Vec<_>, _> = conditions
        .iter()
        .map(|(arg, op, value)| SeccompCondition::new(*arg, Dword, op.clone(), *value))
        .collect();
    SeccompRule::new(conditions.ok()?).ok()
}
