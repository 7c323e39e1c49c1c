//! Carries connections out of a sandbox to the hosts that its doors name. The sandbox listens where they seem to be, in
//! a network of its own, and hands its listeners to us over the leash.

use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::base::limits::{JAIL_HOSTS_MAX, RELAY_CONNECTIONS_MAX};

/// Connections are carried until this is dropped.
pub struct Relay(Arc<Open>);

/// All sockets of a relay, by number, to be closed at its end.
#[derive(Default)]
struct Open {
    /// `None` once it has ended.
    sockets: Mutex<Option<BTreeMap<u64, OwnedFd>>>,
}

impl Relay {
    /// Waits for listeners on `leash` and connects what comes to `hosts`, one host per listener.
    pub fn start(leash: UnixStream, hosts: Vec<String>) -> Relay {
        let open = Arc::new(Open { sockets: Mutex::new(Some(BTreeMap::new())) });
        let shared = open.clone();
        thread::spawn(move || {
            // A sandbox that ended before it listened has nothing to carry.
            let listeners = received(&leash).unwrap_or_default();
            for (listener, host) in listeners.into_iter().zip(hosts) {
                let shared = shared.clone();
                thread::spawn(move || shared.serve(&TcpListener::from(listener), &host));
            }
        });
        Relay(open)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let sockets = self.0.sockets.lock().unwrap_or_else(PoisonError::into_inner).take();
        for socket in sockets.into_iter().flat_map(BTreeMap::into_values) {
            // Wakes whoever waits for it.
            let _gone_already = rustix::net::shutdown(socket, rustix::net::Shutdown::Both);
        }
    }
}

impl Open {
    fn serve(self: &Arc<Self>, listener: &TcpListener, host: &str) {
        let Some(_registered) = listener.try_clone().ok().and_then(|own| self.add(own.into()))
        else {
            return;
        };
        while let Ok((inner, _)) = listener.accept() {
            let (open, host) = (self.clone(), host.to_owned());
            thread::spawn(move || open.carry(&inner, &host));
        }
    }

    /// A host that cannot be reached looks like one that hangs up.
    fn carry(self: &Arc<Self>, inner: &TcpStream, host: &str) {
        let Ok(outer) = TcpStream::connect(host) else { return };
        let registered = [inner, &outer]
            .map(|stream| stream.try_clone().ok().and_then(|own| self.add(own.into())));
        if registered.iter().all(Option::is_some) {
            thread::scope(|scope| {
                scope.spawn(|| pass_on(inner, &outer));
                pass_on(&outer, inner);
            });
        }
    }

    /// Registers a socket until the result is dropped; `None` at the end, and when there are too many.
    fn add(self: &Arc<Self>, socket: OwnedFd) -> Option<Registered> {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let sockets = sockets.as_mut().filter(|known| known.len() < 2 * RELAY_CONNECTIONS_MAX)?;
        let number = sockets.last_key_value().map_or(0, |(last, _)| last + 1);
        sockets.insert(number, socket);
        Some(Registered { open: self.clone(), number })
    }
}

struct Registered {
    open: Arc<Open>,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut sockets = self.open.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        drop(sockets.as_mut().and_then(|sockets| sockets.remove(&self.number)));
    }
}

/// Until one side has said all or is gone.
fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Write));
}

fn received(leash: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(JAIL_HOSTS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(leash, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let messages = ancillary.drain();
    Ok(messages
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
            _ => None,
        })
        .flatten()
        .collect())
}
