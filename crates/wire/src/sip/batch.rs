//! Many datagrams for one system call: while more come than are looked at one by one, a call for each is a tenth of what it
//! costs to refuse them.
#![expect(
    unsafe_code,
    reason = "recvmmsg has no safe wrapper in the libraries that are here"
)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::{SockAddr, SockAddrStorage};

/// Largest datagram UDP can carry.
const DATAGRAM_MAX: usize = 65_535;
/// Fewest asked for: when only one comes, nothing more is there, and no second call need find that out.
const BATCH_MIN: usize = 2;
/// Most datagrams of one call. Their room is 1 MiB of addresses, of which the system gives what is written to.
pub(super) const BATCH_MAX: usize = 16;

/// Datagrams that were received together, and are given one by one.
#[derive(Debug)]
pub(super) struct Batch {
    room: Box<[u8]>,
    /// Length and sender of each.
    came: [Option<(usize, SocketAddr)>; BATCH_MAX],
    /// Those from `next` to `count` were not given yet.
    next: usize,
    count: usize,
    /// How many the next call asks for.
    wanted: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            room: vec![0; BATCH_MAX * DATAGRAM_MAX].into(),
            came: [None; BATCH_MAX],
            next: 0,
            count: 0,
            wanted: BATCH_MIN,
        }
    }
}

impl Batch {
    /// Whether nothing is left to be given.
    pub(super) fn is_empty(&self) -> bool {
        self.next == self.count
    }

    /// The next one: its length and its sender. [`Self::bytes`] has it until the next call.
    pub(super) fn pop(&mut self) -> Option<(usize, SocketAddr)> {
        while !self.is_empty() {
            let one = self.came[self.next];
            self.next += 1;
            // A sender of no family we know is nobody who could be answered.
            if one.is_some() {
                return one;
            }
        }
        None
    }

    /// The one that was given last.
    pub(super) fn bytes(&self, length: usize) -> &[u8] {
        let at = self.next.saturating_sub(1) * DATAGRAM_MAX;
        &self.room[at..at + length]
    }

    /// Takes what is there, without waiting: two, and the more the longer there was always more. What was there before must
    /// have been given. False: nothing more was there.
    ///
    /// # Errors
    /// Those of the socket; `WouldBlock` when nothing is there.
    pub(super) fn fill(&mut self, socket: BorrowedFd<'_>) -> io::Result<bool> {
        (self.next, self.count) = (0, 0);
        let got = self.receive(socket);
        let is_full = got.as_ref().is_ok_and(|&count| count == self.wanted);
        self.wanted = if is_full {
            (2 * self.wanted).min(BATCH_MAX)
        } else {
            BATCH_MIN
        };
        self.count = got?;
        Ok(is_full)
    }

    fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        // SAFETY: all-zero headers, vectors and addresses are valid: empty, with null pointers.
        let mut headers: [libc::mmsghdr; BATCH_MAX] = unsafe { zeroed() };
        let mut vectors: [libc::iovec; BATCH_MAX] = unsafe { zeroed() };
        let mut senders = std::array::from_fn::<_, BATCH_MAX, _>(|_| SockAddrStorage::zeroed());
        let rooms = self.room.chunks_exact_mut(DATAGRAM_MAX);
        let each = headers.iter_mut().zip(&mut vectors).zip(&mut senders);
        for (room, ((header, vector), sender)) in rooms.zip(each).take(self.wanted) {
            vector.iov_base = room.as_mut_ptr().cast();
            vector.iov_len = room.len();
            header.msg_hdr.msg_iov = &raw mut *vector;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut *sender).cast();
            header.msg_hdr.msg_namelen = size_of::<SockAddrStorage>() as libc::socklen_t;
        }
        let (fd, wanted) = (socket.as_raw_fd(), self.wanted as libc::c_uint);
        let no_timeout = std::ptr::null_mut();
        // SAFETY: `wanted` headers point to vectors, rooms and addresses that live through the call and are ours alone.
        let got = unsafe {
            libc::recvmmsg(
                fd,
                headers.as_mut_ptr(),
                wanted,
                libc::MSG_DONTWAIT,
                no_timeout,
            )
        };
        let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
        for (place, (header, sender)) in headers.iter().zip(senders).take(got).enumerate() {
            // SAFETY: the system wrote an address of this length there.
            let sender = unsafe { SockAddr::new(sender, header.msg_hdr.msg_namelen) };
            let sender = sender.as_socket();
            self.came[place] = sender.map(|sender| (header.msg_len as usize, sender));
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsFd as _;

    fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
        let (ours, theirs) = (
            UdpSocket::bind("127.0.0.1:0")?,
            UdpSocket::bind("127.0.0.1:0")?,
        );
        theirs.connect(ours.local_addr()?)?;
        Ok((ours, theirs))
    }

    #[test]
    fn each_datagram_comes_once_whole_in_order_and_with_its_sender() -> io::Result<()> {
        let (ours, theirs) = pair()?;
        let sent: Vec<Vec<u8>> = (0..100_usize)
            .map(|nth| vec![nth as u8; nth * 37 % 1_400])
            .collect();
        sent.iter()
            .try_for_each(|bytes| theirs.send(bytes).map(drop))?;
        let (mut batch, mut heard, mut calls) = (Batch::default(), Vec::new(), 0);
        while batch.fill(ours.as_fd()).is_ok() {
            calls += 1;
            while let Some((length, sender)) = batch.pop() {
                assert_eq!(sender, theirs.local_addr()?);
                heard.push(batch.bytes(length).to_vec());
            }
        }
        assert_eq!(heard, sent);
        assert_eq!(calls, 3 + 6, "2, 4, 8, and then 16 at once");
        Ok(())
    }

    #[test]
    fn one_that_comes_alone_is_known_to_be_alone() -> io::Result<()> {
        let (ours, theirs) = pair()?;
        let mut batch = Batch::default();
        for _ in 0..3 {
            theirs.send(b"a")?;
            assert!(!batch.fill(ours.as_fd())?);
            assert_eq!(batch.pop().map(|(length, _)| length), Some(1));
        }
        let nothing = batch.fill(ours.as_fd()).expect_err("nothing is there");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        assert_eq!((batch.wanted, batch.is_empty()), (BATCH_MIN, true));
        Ok(())
    }

    #[test]
    fn the_largest_datagram_fits() -> io::Result<()> {
        let (ours, theirs) = pair()?;
        let largest = vec![7; 65_507];
        theirs.send(&largest)?;
        let mut batch = Batch::default();
        batch.fill(ours.as_fd())?;
        let (length, _) = batch.pop().expect("one");
        assert_eq!(batch.bytes(length), largest);
        Ok(())
    }
}
