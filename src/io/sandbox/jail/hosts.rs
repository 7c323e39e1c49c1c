//! Doors to hosts: each seems to be on the loopback network, where we listen for it and let others carry on.

use std::fs;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::linux::Trouble;
use crate::base::limits::JAIL_HOSTS_MAX;

const NAMES: &str = "/etc/hosts";
/// In a folder of our own namespace.
const OWN_NAMES: &str = "/run/hosts";

/// Listens in place of `hosts`, each `name:port`, and hands the listeners out in their order over standard input.
pub fn stand_in(hosts: &[String]) -> Result<(), Trouble> {
    let mut names: Vec<&str> = Vec::new();
    let mut listeners = Vec::new();
    for host in hosts {
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        if !names.contains(&name) {
            names.push(name);
        }
        let at = (address(&names, name), port.parse().unwrap_or(0));
        listeners.push(TcpListener::bind(at).map_err(trouble("a stand-in cannot listen"))?);
    }
    name_them(&names).map_err(trouble("hosts cannot be named"))?;
    hand_out(&listeners).map_err(trouble("listeners cannot be handed out"))
}

/// Every name has an address, so that hosts may share a port.
fn address(names: &[&str], name: &str) -> Ipv4Addr {
    let place = names.iter().position(|known| *known == name).unwrap_or(0);
    match name {
        "localhost" | "127.0.0.1" => Ipv4Addr::LOCALHOST,
        _ => Ipv4Addr::new(127, 0, 1, place as u8 + 1),
    }
}

/// Ours come first, and the first that fits is taken.
fn name_them(names: &[&str]) -> io::Result<()> {
    let ours = names.iter().map(|name| format!("{} {name}\n", address(names, name)));
    let known = fs::read_to_string(NAMES).unwrap_or_default();
    fs::write(OWN_NAMES, ours.collect::<String>() + &known)?;
    mount(Some(Path::new(OWN_NAMES)), NAMES, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn hand_out(listeners: &[TcpListener]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(JAIL_HOSTS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let sockets: Vec<_> = listeners.iter().map(AsFd::as_fd).collect();
    if !ancillary.push(SendAncillaryMessage::ScmRights(&sockets)) {
        return Err(io::Error::other(format!("there are more than {JAIL_HOSTS_MAX}")));
    }
    let leash = io::stdin();
    sendmsg(leash, &[IoSlice::new(b"h")], &mut ancillary, SendFlags::empty())?;
    Ok(())
}

fn trouble<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> Trouble {
    move |error| format!("{what}: {error}")
}
