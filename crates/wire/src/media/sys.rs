//! What the standard library does not offer of the kernel: epoll, eventfd, absolute sleep, pinning, thread time,
//! interfaces.
#![expect(
    unsafe_code,
    reason = "system calls without a safe wrapper in the standard library"
)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Most descriptors one wait tells of.
pub(super) const BATCH: usize = 512;

/// Most addresses of interfaces that are told of.
const MAX_ADDRESSES: usize = 1_024;
/// DSCP EF (46) in the upper six bits of the traffic class (RFC 3246).
const EXPEDITED_FORWARDING: libc::c_int = 46 << 2;

/// A set of descriptors that are watched for input.
pub(super) struct Epoll {
    fd: OwnedFd,
    ready: Box<[libc::epoll_event; BATCH]>,
}

impl Epoll {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers; the result is checked and owned by nobody else.
        let fd = unsafe { owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))? };
        Ok(Self {
            fd,
            ready: Box::new([libc::epoll_event { events: 0, u64: 0 }; BATCH]),
        })
    }

    /// Watches `fd`, level-triggered, under this token. A closed descriptor leaves by itself.
    pub(super) fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: token,
        };
        // SAFETY: `event` lives through the call; a bad descriptor is an error, not undefined.
        let result = unsafe {
            libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event)
        };
        checked(result).map(drop)
    }

    /// Waits for input and gives how many descriptors are ready: [`Epoll::token`] tells which.
    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        let millis = timeout.map_or(-1, |timeout| timeout.as_millis().try_into().unwrap_or(-1));
        let (fd, room) = (self.fd.as_raw_fd(), BATCH as libc::c_int);
        // SAFETY: the buffer has room for BATCH events and is ours alone during the call.
        let result = unsafe { libc::epoll_wait(fd, self.ready.as_mut_ptr(), room, millis) };
        match checked(result) {
            Ok(ready) => Ok(ready as usize),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The token of a descriptor that the last wait told of.
    pub(super) fn token(&self, index: usize) -> u64 {
        self.ready[index].u64
    }
}

/// A counter that wakes an epoll.
pub(super) struct EventFd(OwnedFd);

impl EventFd {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers; the result is checked and owned by nobody else.
        let fd = unsafe { owned(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK))? };
        Ok(Self(fd))
    }

    pub(super) fn raise(&self) {
        // SAFETY: no pointers. It fails only when the counter is at its end, and then it is raised already.
        let _full = unsafe { libc::eventfd_write(self.0.as_raw_fd(), 1) };
    }

    pub(super) fn lower(&self) {
        let mut count = 0;
        // SAFETY: `count` lives through the call. It fails only when the counter is zero already.
        let _zero = unsafe { libc::eventfd_read(self.0.as_raw_fd(), &raw mut count) };
    }

    pub(super) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Nanoseconds of the monotonic clock, the one of `std::time::Instant`.
pub(super) fn monotonic_ns() -> u64 {
    clock_ns(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds of CPU this thread has used.
pub(super) fn thread_cpu_ns() -> u64 {
    clock_ns(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` lives through the call. Both clocks exist on every Linux, so it cannot fail.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Sleeps until this moment of [`monotonic_ns`]; a signal may end it earlier.
pub(super) fn sleep_until_ns(moment: u64) {
    let time = libc::timespec {
        tv_sec: (moment / 1_000_000_000) as libc::time_t,
        tv_nsec: (moment % 1_000_000_000) as libc::c_long,
    };
    let no_rest = std::ptr::null_mut();
    // SAFETY: `time` lives through the call; with an absolute time no rest is written.
    unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_MONOTONIC,
            libc::TIMER_ABSTIME,
            &raw const time,
            no_rest,
        )
    };
}

/// Lets this thread's timers be exact to a microsecond instead of fifty.
pub(super) fn set_timer_slack() -> io::Result<()> {
    // SAFETY: PR_SET_TIMERSLACK takes a number and no pointers.
    let result = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_000 as libc::c_ulong) };
    checked(result).map(drop)
}

/// Pins this thread to one of the CPUs it may run on, counted from the last one down.
pub(super) fn pin(nth: usize) -> io::Result<()> {
    // SAFETY: an all-zero set is the empty set.
    let mut allowed: libc::cpu_set_t = unsafe { zeroed() };
    // SAFETY: `allowed` lives through the call and has the size that is told.
    checked(unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut allowed) })?;
    let cpus: Vec<usize> = (0..libc::CPU_SETSIZE as usize)
        // SAFETY: the index is within the set.
        .filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &allowed) })
        .collect();
    let Some(cpu) = cpus.iter().rev().cycle().nth(nth % cpus.len().max(1)) else {
        return Ok(());
    };
    // SAFETY: an all-zero set is the empty set.
    let mut one: libc::cpu_set_t = unsafe { zeroed() };
    // SAFETY: the index came out of a set of the same size.
    unsafe { libc::CPU_SET(*cpu, &mut one) };
    // SAFETY: `one` lives through the call and has the size that is told.
    checked(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const one) })
        .map(drop)
}

/// Bounds what the kernel keeps for a socket, and marks what it sends for expedited forwarding.
pub(super) fn tune(socket: &UdpSocket, at: SocketAddr, receive_buffer: usize) -> io::Result<()> {
    let bytes = receive_buffer as libc::c_int;
    set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, bytes)?;
    if at.is_ipv6() {
        set_option(
            socket,
            libc::IPPROTO_IPV6,
            libc::IPV6_TCLASS,
            EXPEDITED_FORWARDING,
        )
    } else {
        set_option(socket, libc::IPPROTO_IP, libc::IP_TOS, EXPEDITED_FORWARDING)
    }
}

/// Addresses of all interfaces; at most [`MAX_ADDRESSES`].
pub(super) fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut first = std::ptr::null_mut();
    // SAFETY: `first` lives through the call; a list that is given is freed below.
    checked(unsafe { libc::getifaddrs(&raw mut first) })?;
    let (mut found, mut next) = (Vec::new(), first);
    // SAFETY: null or an entry of the list, which is not freed yet; the same for each entry's `ifa_next`.
    while let Some(entry) = unsafe { next.as_ref() }
        && found.len() < MAX_ADDRESSES
    {
        // SAFETY: getifaddrs(3) gives null or an address of the size of its family.
        found.extend(unsafe { ip(entry.ifa_addr) });
        next = entry.ifa_next;
    }
    // SAFETY: the list that was given, once; nothing found borrows from it.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

/// # Safety
/// Null, or an address of the size of its family.
unsafe fn ip(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: the caller says so; every address has a family.
    let family = libc::c_int::from(unsafe { address.as_ref() }?.sa_family);
    match family {
        libc::AF_INET => {
            // SAFETY: the family says that it is one; it may lie unaligned.
            let v4 = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(IpAddr::from(v4.sin_addr.s_addr.to_ne_bytes()))
        }
        libc::AF_INET6 => {
            // SAFETY: the same.
            let v6 = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(IpAddr::from(v6.sin6_addr.s6_addr))
        }
        _ => None,
    }
}

fn set_option(
    socket: &UdpSocket,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    let value = (&raw const value).cast();
    // SAFETY: `value` points to an int that lives through the call, of the length that is told.
    checked(unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value, length) }).map(drop)
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// # Safety
/// A descriptor that is not negative must be open and owned by nobody.
unsafe fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    let fd = checked(result)?;
    // SAFETY: the caller says so.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn every_address_of_the_machine_is_one_that_can_be_bound() {
        let found = interface_addresses().expect("the system tells");
        assert!(found.contains(&Ipv4Addr::LOCALHOST.into()), "{found:?}");
        // Link-local addresses of IPv6 need their interface's number too.
        for address in found.iter().filter(|address| address.is_ipv4()) {
            UdpSocket::bind((*address, 0)).expect("ours");
        }
    }
}
