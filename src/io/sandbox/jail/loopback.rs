//! Brings up the loopback interface of a new network namespace with one netlink message.

use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

use super::linux::Trouble;

/// The loopback interface is the first of every network.
const LOOPBACK_INDEX: i32 = 1;

/// `RTM_NEWLINK` and `IFF_UP` as in the kernel's `rtnetlink.h` and `if.h`; `NLM_F_REQUEST | NLM_F_ACK`.
const RTM_NEWLINK: u16 = 16;
const IFF_UP: u32 = 1;
const REQUEST_WITH_ANSWER: u16 = 1 | 4;
/// A netlink header of 16 bytes, then an `ifinfomsg` of 16.
const MESSAGE_BYTES: u32 = 32;

pub fn up() -> Result<(), Trouble> {
    match ask() {
        Ok(0) => Ok(()),
        Ok(error) => Err(format!("the loopback interface cannot be brought up: error {error}")),
        Err(error) => Err(format!("the loopback interface cannot be brought up: {error}")),
    }
}

/// Sends the message; returns the error number of the answer.
fn ask() -> nix::Result<i32> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    sendto(socket.as_raw_fd(), &message(), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut answer = [0; 128];
    let n_read = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    // The error number follows the header of the answer.
    let error = answer[..n_read].get(16..20).and_then(|bytes| bytes.try_into().ok());
    Ok(error.map_or(-1, i32::from_ne_bytes))
}

fn message() -> Vec<u8> {
    let header = [
        &MESSAGE_BYTES.to_ne_bytes()[..],
        &RTM_NEWLINK.to_ne_bytes(),
        &REQUEST_WITH_ANSWER.to_ne_bytes(),
    ];
    let (sequence, port, family_and_type) = (1u32, 0u32, 0u32);
    let words = [
        sequence.to_ne_bytes(),
        port.to_ne_bytes(),
        family_and_type.to_ne_bytes(),
        LOOPBACK_INDEX.to_ne_bytes(),
        IFF_UP.to_ne_bytes(),
        IFF_UP.to_ne_bytes(),
    ];
    header.concat().into_iter().chain(words.into_iter().flatten()).collect()
}
