//! Several datagrams to one peer by one call, which the system cuts apart on their way out (`UDP_SEGMENT`, udp(7)): the way
//! through the system, most of what an answer costs, is gone once for all of them.
use std::io::{self, IoSlice};
use std::mem::size_of;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use socket2::{MsgHdr, SockAddr, SockRef};

/// Most datagrams of one call, by the oldest systems that can do it.
pub(super) const SEGMENTS_MAX: usize = 64;
/// What a packet of Ethernet has beside a datagram: headers of IPv4 or IPv6, and of UDP. Bytes.
const PACKET_MAX: usize = 1_500;
const HEADERS_V4: usize = 28;
const HEADERS_V6: usize = 48;

/// The head of the message that says how long each datagram is, and all of it with its end.
const HEAD: usize = size_of::<libc::cmsghdr>();
const CONTROL: usize = HEAD + size_of::<usize>();

/// Longest datagram that is sent so: the system does not cut one into several packets.
pub(super) fn segment_max(remote: SocketAddr) -> usize {
    match remote {
        SocketAddr::V4(_) => PACKET_MAX - HEADERS_V4,
        SocketAddr::V6(_) => PACKET_MAX - HEADERS_V6,
    }
}

/// Sends them; all but the last have the length of the first, and none is longer.
///
/// # Errors
/// Those of the socket; [`is_unable`] tells whether it is of this way of sending. None is sent then.
pub(super) fn send(
    socket: BorrowedFd<'_>,
    remote: SocketAddr,
    parts: &[IoSlice<'_>],
) -> io::Result<()> {
    let length = parts.first().map_or(0, |part| part.len());
    let length = u16::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    let (remote, control) = (SockAddr::from(remote), control(length));
    let message = MsgHdr::new().with_addr(&remote).with_buffers(parts);
    let message = message.with_control(&control);
    SockRef::from(&socket).sendmsg(&message, 0).map(drop)
}

/// Whether the system, the device or the route cannot do it, and each has to be sent by itself.
pub(super) fn is_unable(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EIO | libc::EINVAL | libc::ENOPROTOOPT | libc::EOPNOTSUPP | libc::EMSGSIZE)
    )
}

/// A `cmsghdr` with the length of each datagram: see cmsg(3).
fn control(length: u16) -> [u8; CONTROL] {
    let mut control = [0; CONTROL];
    let fields = [
        &(HEAD + size_of::<u16>()).to_ne_bytes()[..],
        &libc::SOL_UDP.to_ne_bytes(),
        &libc::UDP_SEGMENT.to_ne_bytes(),
        &length.to_ne_bytes(),
    ];
    let bytes = fields.concat();
    control[..bytes.len()].copy_from_slice(&bytes);
    control
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsFd as _;

    fn pair(at: &str) -> (UdpSocket, UdpSocket) {
        let open = || UdpSocket::bind(at).expect("a port");
        (open(), open())
    }

    fn heard(socket: &UdpSocket) -> Vec<u8> {
        let mut bytes = [0; 2_000];
        let length = socket.recv(&mut bytes).expect("it came");
        bytes[..length].to_vec()
    }

    #[test]
    fn what_is_sent_by_one_call_comes_as_so_many_datagrams() {
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let (ours, theirs) = pair(at);
            let remote = theirs.local_addr().expect("bound");
            let longest = segment_max(remote);
            let mut all: Vec<Vec<u8>> = (0..4).map(|nth| vec![nth; longest]).collect();
            all.push(vec![9; 7]);
            let parts: Vec<IoSlice<'_>> = all.iter().map(|part| IoSlice::new(part)).collect();
            send(ours.as_fd(), remote, &parts).expect("sent");
            for part in &all {
                assert_eq!(&heard(&theirs), part);
            }
        }
    }

    #[test]
    fn what_the_system_cannot_do_is_told_from_a_full_buffer() {
        let (ours, theirs) = pair("127.0.0.1:0");
        let remote = theirs.local_addr().expect("bound");
        let too_many = [IoSlice::new(b"x"); 1_000];
        let error = send(ours.as_fd(), remote, &too_many).expect_err("too many");
        assert!(is_unable(&error), "{error}");
        assert!(!is_unable(&io::ErrorKind::WouldBlock.into()));
        assert!(!is_unable(&io::Error::from_raw_os_error(libc::ENOBUFS)));
    }
}
