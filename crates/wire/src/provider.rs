//! Where sockets come from: bound here, or handed over by the process that started us.
//!
//! A crash or an upgrade must not cost a packet (crates/journal/decisions): whoever opens the sockets outlives the
//! worker that reads them. So nobody in the daemon binds a socket by itself; everybody asks the provider. The
//! hand-over is systemd's: `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID` name descriptors from 3 on.
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use socket2::{Domain, Socket, Type};

/// First descriptor of a hand-over (sd_listen_fds(3)).
const FIRST_FD: RawFd = 3;
/// Most descriptors taken over.
const INHERITED_MAX: usize = 16_384;
/// Connections that wait to be accepted; beyond it the system lets newcomers try again.
const BACKLOG: i32 = 1_024;

/// Gives out sockets by name; each inherited one once.
#[derive(Debug, Default)]
pub struct Provider {
    inherited: BTreeMap<String, OwnedFd>,
}

impl Provider {
    /// A provider that binds everything anew.
    pub fn binding() -> Self {
        Self::default()
    }

    /// Takes over what the environment announces; nothing, where it announces nothing or speaks to another process.
    ///
    /// Must be called once, before anything else opens files. `pid` is ours.
    pub fn inheriting(pid: u32, variable: impl Fn(&str) -> Option<String>) -> Self {
        let ours = variable("LISTEN_PID").is_some_and(|value| value == pid.to_string());
        let count = variable("LISTEN_FDS")
            .and_then(|value| value.parse::<usize>().ok())
            .unwrap_or(0);
        if !ours || count > INHERITED_MAX {
            return Self::default();
        }
        let names = variable("LISTEN_FDNAMES").unwrap_or_default();
        let inherited = (FIRST_FD..)
            .zip(names.split(':').take(count))
            .filter(|(fd, _)| is_open(*fd))
            .map(|(fd, name)| (name.to_owned(), own(fd)))
            .collect();
        Self { inherited }
    }

    /// The UDP socket of this name: the inherited one, or a new one bound to `address`. Non-blocking. On an IPv6 address
    /// it takes IPv4 too where the address is the unspecified one and `family` says so.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn udp(
        &mut self,
        name: &str,
        address: SocketAddr,
        family: Family,
    ) -> io::Result<UdpSocket> {
        let socket = match self.inherited.remove(name) {
            Some(fd) => UdpSocket::from(fd),
            None => bind(address, Type::DGRAM, family)?.into(),
        };
        socket.set_nonblocking(true)?;
        Ok(socket)
    }

    /// The listening TCP socket of this name, inherited or new. Non-blocking; families as of [`Provider::udp`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn tcp(
        &mut self,
        name: &str,
        address: SocketAddr,
        family: Family,
    ) -> io::Result<TcpListener> {
        let socket = match self.inherited.remove(name) {
            Some(fd) => TcpListener::from(fd),
            None => {
                let socket = bind(address, Type::STREAM, family)?;
                socket.listen(BACKLOG)?;
                socket.into()
            }
        };
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// What a socket on an IPv6 address takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4 too, if the address is the unspecified one: nobody else listens for it.
    Both,
    /// IPv6 alone: another socket has IPv4.
    Own,
}

fn bind(address: SocketAddr, kind: Type, family: Family) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(family == Family::Own)?;
    }
    if kind == Type::STREAM {
        // As the standard library does: a restart need not wait for connections of the last run to be forgotten.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

#[expect(
    unsafe_code,
    reason = "asking the kernel whether a number is an open descriptor has no safe form"
)]
fn is_open(fd: RawFd) -> bool {
    // SAFETY: F_GETFD reads a flag and touches no memory; a bad number gives -1.
    unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
}

#[expect(
    unsafe_code,
    reason = "a descriptor that was handed over has no other owner in this process"
)]
fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: the number is open (checked), was announced for this process, and each number is taken once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_over_for_another_process_is_not_ours() {
        let variable = |name: &str| match name {
            "LISTEN_PID" => Some("1".to_owned()),
            "LISTEN_FDS" => Some("1".to_owned()),
            _ => Some("sip-udp".to_owned()),
        };
        assert!(Provider::inheriting(2, variable).inherited.is_empty());
    }

    #[test]
    fn binds_what_was_not_inherited() {
        let mut provider = Provider::inheriting(2, |_| None);
        let socket = provider
            .udp("sip-udp", "127.0.0.1:0".parse().unwrap(), Family::Both)
            .unwrap();
        assert_ne!(socket.local_addr().unwrap().port(), 0);
    }
}
