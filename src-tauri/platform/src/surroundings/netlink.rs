//! The kernel's routing socket (rtnetlink(7)): hears that something has changed, and asks what there is.
//! Deliberately not here: what the answers mean.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::linux::readable;

/// The groups of links, addresses and routes, IPv4 and IPv6 (`RTMGRP_*` in linux/rtnetlink.h).
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// The kernel fills at most so much at once (netlink(7), `NLMSG_GOODSIZE` and above).
const BUFFER: usize = 64 * 1024;

/// The kernel answers while it is asked; this is for the case that it does not.
const PATIENCE: Duration = Duration::from_secs(1);

const HEADER: usize = 16;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x1 | 0x300;

/// A table of the kernel's: what asks for it, and how long the fixed part of a row is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    request: u16,
    fixed: usize,
}

/// `RTM_GETLINK`, rows are `struct ifinfomsg`.
pub(super) const LINKS: Table = Table { request: 18, fixed: 16 };
/// `RTM_GETADDR`, rows are `struct ifaddrmsg`.
pub(super) const ADDRESSES: Table = Table { request: 22, fixed: 8 };
/// `RTM_GETROUTE`, rows are `struct rtmsg`.
pub(super) const ROUTES: Table = Table { request: 26, fixed: 12 };

/// A row of a table: a fixed part, and attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub fixed: &'a [u8],
    pub attributes: &'a [u8],
}

impl<'a> Row<'a> {
    /// The value of an attribute.
    pub fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        attribute(self.attributes, kind)
    }
}

/// The value of an attribute among others (`struct rtattr`: length, kind, value, padded to four bytes).
pub(super) fn attribute(mut all: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(all, 0)?);
        // The two highest bits are flags (`NLA_F_NESTED`, `NLA_F_NET_BYTEORDER`).
        if u16_at(all, 2)? & 0x3fff == kind {
            return all.get(4..length);
        }
        all = all.get(length.max(4).next_multiple_of(4)..)?;
    }
}

/// A number in the computer's own order.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A number in the computer's own order.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Hears that something has changed.
pub(super) struct Monitor {
    socket: AsyncFd<OwnedFd>,
    buffer: Vec<u8>,
}

impl Monitor {
    /// # Errors
    /// If the kernel does not let us.
    pub fn open() -> io::Result<Self> {
        let socket = open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let socket = readable(socket)?;
        Ok(Self { socket, buffer: vec![0; 8 * 1024] })
    }

    /// Waits for the next change, and takes all that are there. What has changed is better asked for: when many
    /// things do, the kernel keeps some of them to itself.
    ///
    /// # Errors
    /// If the socket has failed.
    pub async fn changed(&mut self) -> io::Result<()> {
        let Self { socket, buffer } = self;
        let read = |socket: &OwnedFd| {
            let mut any = false;
            loop {
                match recv(socket, buffer.as_mut_slice(), RecvFlags::empty()) {
                    Ok(_) | Err(Errno::NOBUFS) => any = true,
                    Err(Errno::AGAIN) if any => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
            }
        };
        socket.async_io(Interest::READABLE, read).await
    }
}

/// Goes through a table of the kernel's.
///
/// # Errors
/// What the kernel says.
pub(super) fn each_row(table: Table, mut take: impl FnMut(Row<'_>)) -> io::Result<()> {
    let socket = open(SocketFlags::CLOEXEC)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    send(&socket, &request(table)?, SendFlags::empty())?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let (length, _) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        if let Part::Last = rows(&buffer[..length], table, &mut take)? {
            return Ok(());
        }
    }
}

/// Whether more of an answer comes.
enum Part {
    More,
    Last,
}

/// Reads what came at once: several messages, each a header (`struct nlmsghdr`) and a body.
fn rows(mut rest: &[u8], table: Table, take: &mut impl FnMut(Row<'_>)) -> io::Result<Part> {
    while let Some(length) = u32_at(rest, 0) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (Some(kind), Some(body)) = (u16_at(rest, 4), rest.get(HEADER..length)) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        match kind {
            NLMSG_DONE => return Ok(Part::Last),
            NLMSG_ERROR => {
                let code = u32_at(body, 0).unwrap_or_default().cast_signed();
                return Err(io::Error::from_raw_os_error(code.saturating_neg()));
            }
            _ => {
                if let Some((fixed, attributes)) = body.split_at_checked(table.fixed) {
                    take(Row { fixed, attributes });
                }
            }
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(Part::More)
}

fn request(table: Table) -> io::Result<Vec<u8>> {
    let length = HEADER + table.fixed;
    let mut request = Vec::with_capacity(length);
    request.extend(u32::try_from(length).map_err(io::Error::other)?.to_ne_bytes());
    request.extend(table.request.to_ne_bytes());
    request.extend(DUMP.to_ne_bytes());
    // The number of the question, our port (the kernel knows it), and nothing in the fixed part: all rows.
    request.resize(length, 0);
    Ok(request)
}

/// Its protocol is the first one of the family, `NETLINK_ROUTE`.
fn open(flags: SocketFlags) -> io::Result<OwnedFd> {
    Ok(socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with this kind and body.
    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(HEADER + body.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn every_computer_has_a_loopback_link() {
        let mut names = Vec::new();
        each_row(LINKS, |row| names.extend(row.attribute(3).map(<[u8]>::to_vec))).unwrap();
        assert!(names.contains(&b"lo\0".to_vec()), "{names:?}");
    }

    #[test]
    fn attributes_are_found_behind_their_padding() {
        let all = [5, 0, 1, 0, b'a', 0, 0, 0, 6, 0, 2, 0x80, b'b', b'c'];
        let all = if cfg!(target_endian = "big") { return } else { all };
        assert_eq!(attribute(&all, 1), Some(&b"a"[..]));
        assert_eq!(attribute(&all, 2), Some(&b"bc"[..]), "its flags are not its kind");
        assert_eq!(attribute(&all, 3), None);
        for cut in 0..all.len() {
            let found = attribute(&all[..cut], 2);
            assert_eq!(found, None, "{cut}");
        }
        assert_eq!(attribute(&[0; 64], 7), None, "a length of nothing ends");
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_a_refusal_is_an_error() {
        let mut seen = Vec::new();
        let mut take = |row: Row<'_>| seen.push((row.fixed.len(), row.attributes.len()));
        let answer = [message(20, &[0; 8]), message(20, &[0; 13]), message(NLMSG_DONE, &[0; 4])].concat();
        assert!(matches!(rows(&answer[..24], ADDRESSES, &mut take), Ok(Part::More)));
        assert!(matches!(rows(&answer[24..], ADDRESSES, &mut take), Ok(Part::Last)));
        let refusal = message(NLMSG_ERROR, &(-1_i32).to_ne_bytes());
        let error = rows(&refusal, ADDRESSES, &mut take).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(rows(&answer[..20], ADDRESSES, &mut take).is_err(), "it is cut off");
        assert_eq!(seen, [(8, 0), (8, 5)]);
    }
}
