//! Netlink sockets: whole datagrams to the kernel and from it. What they mean, the scripts know.

use std::{
    mem,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

use crate::sys_error::SysError;

/// The kernel sends at most 32 KiB at a time.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// The kernel answers while it works on the request, so a missing answer means that something is badly wrong.
const RECEIVE_TIMEOUT_SECONDS: libc::time_t = 10;

/// Opens a socket of that netlink family in the current namespace. It asks for extended acknowledgements (the kernel
/// says in words what it dislikes) that don't repeat the request.
pub fn open(protocol: i32) -> Result<OwnedFd, SysError> {
    // SAFETY: socket only takes numbers.
    let descriptor = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, protocol) };
    if descriptor < 0 {
        return Err(SysError::last("socket"));
    }
    // SAFETY: the kernel has just given us this descriptor, nobody else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(descriptor) };
    // Kernels before 4.12 know neither option; they then answer in the old form, which the scripts read too.
    let _ = set_option(
        socket.as_raw_fd(),
        libc::SOL_NETLINK,
        libc::NETLINK_EXT_ACK,
        1 as libc::c_int,
    );
    let _ = set_option(
        socket.as_raw_fd(),
        libc::SOL_NETLINK,
        libc::NETLINK_CAP_ACK,
        1 as libc::c_int,
    );
    let timeout = libc::timeval {
        tv_sec: RECEIVE_TIMEOUT_SECONDS,
        tv_usec: 0,
    };
    set_option(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVTIMEO, timeout)?;
    Ok(socket)
}

fn set_option<T>(socket: RawFd, level: i32, name: i32, value: T) -> Result<(), SysError> {
    let pointer = (&raw const value).cast();
    let length = mem::size_of::<T>() as libc::socklen_t;
    // SAFETY: pointer and length describe `value`, which outlives the call.
    if unsafe { libc::setsockopt(socket, level, name, pointer, length) } != 0 {
        return Err(SysError::last("setsockopt"));
    }
    Ok(())
}

/// Sends one datagram.
pub fn send(socket: RawFd, bytes: &[u8]) -> Result<(), SysError> {
    loop {
        // SAFETY: pointer and length describe `bytes`.
        let sent = unsafe { libc::send(socket, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) };
        if sent >= 0 {
            // A netlink datagram goes whole or not at all.
            return Ok(());
        }
        let error = SysError::last("sendto");
        if error.errno != libc::EINTR {
            return Err(error);
        }
    }
}

/// Sends one datagram from a child process, which stays inside of the call as long as the kernel works on it. Where no
/// process can be made, sends it here.
pub fn send_aside(socket: RawFd, bytes: &[u8]) -> Result<(), SysError> {
    // SAFETY: the child only makes system calls, and never returns.
    match unsafe { libc::fork() } {
        0 => send_and_end(socket, bytes),
        -1 => send(socket, bytes),
        _ => Ok(()),
    }
}

/// What the child does. Whoever started us waits until our output is closed, may remove the folder that we were started
/// in, and must be able to take locks that we held: nothing stays open but the socket.
fn send_and_end(socket: RawFd, bytes: &[u8]) -> ! {
    close_range(0, socket - 1);
    close_range(socket + 1, RawFd::MAX);
    // SAFETY: the path is a string.
    unsafe { libc::chdir(c"/".as_ptr()) };
    let code = i32::from(send(socket, bytes).is_err());
    // SAFETY: _exit takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Closes the descriptors of that range, both ends included.
fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: nothing in the child uses these descriptors.
    if first > last || unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == 0 {
        return;
    }
    // Kernels before 5.9 don't know the call. We have a dozen open, so the highest number is one of the first.
    for descriptor in first..=last.min(1023) {
        // SAFETY: as above.
        unsafe { libc::close(descriptor) };
    }
}

/// Subscribes the socket to a multicast group of its family.
pub fn join(socket: RawFd, group: u32) -> Result<(), SysError> {
    set_option(socket, libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP, group)
}

/// Receives one datagram from the kernel; what other processes send is dropped. EMSGSIZE if one is longer than the
/// buffer (it is lost then), EAGAIN if none comes in ten seconds.
pub fn receive(socket: RawFd) -> Result<Vec<u8>, SysError> {
    let mut buffer = Vec::<u8>::with_capacity(RECEIVE_BUFFER);
    loop {
        // SAFETY: zero is a valid value of this plain structure.
        let mut sender: libc::sockaddr_nl = unsafe { mem::zeroed() };
        let mut sender_length = mem::size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        // SAFETY: the pointers and lengths describe `buffer` and `sender`; with MSG_TRUNC the result is the true length.
        let received = unsafe {
            libc::recvfrom(
                socket,
                buffer.as_mut_ptr().cast(),
                buffer.capacity(),
                libc::MSG_TRUNC,
                (&raw mut sender).cast(),
                &raw mut sender_length,
            )
        };
        if received < 0 {
            let error = SysError::last("recvfrom");
            if error.errno == libc::EINTR {
                continue;
            }
            return Err(error);
        }
        if sender.nl_pid != 0 {
            continue;
        }
        let length = received as usize;
        if length > buffer.capacity() {
            return Err(SysError::new(libc::EMSGSIZE, "recvfrom"));
        }
        // SAFETY: the kernel has written that many bytes.
        unsafe { buffer.set_len(length) };
        return Ok(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn the_kernel_answers_a_request() {
        let socket = open(libc::NETLINK_ROUTE).unwrap();
        send(socket.as_raw_fd(), &noop(42)).unwrap();
        let reply = receive(socket.as_raw_fd()).unwrap();
        assert_eq!(u16::from_ne_bytes([reply[4], reply[5]]), libc::NLMSG_ERROR as u16);
        assert_eq!(reply[8..12], 42_u32.to_ne_bytes());
        assert_eq!(reply[16..20], [0; 4]);
    }

    /// NLMSG_NOOP with the acknowledge flag: sixteen bytes of header.
    fn noop(sequence: u32) -> [u8; 16] {
        let mut request = [0_u8; 16];
        request[..4].copy_from_slice(&16_u32.to_ne_bytes());
        request[4..6].copy_from_slice(&1_u16.to_ne_bytes());
        request[6..8].copy_from_slice(&5_u16.to_ne_bytes());
        request[8..12].copy_from_slice(&sequence.to_ne_bytes());
        request
    }

    #[test]
    fn what_is_sent_aside_is_answered_here() {
        let socket = open(libc::NETLINK_ROUTE).unwrap();
        send_aside(socket.as_raw_fd(), &noop(43)).unwrap();
        let reply = receive(socket.as_raw_fd()).unwrap();
        assert_eq!(reply[8..12], 43_u32.to_ne_bytes());
    }

    #[test]
    fn errors_name_the_call() {
        assert_eq!(
            open(-1).unwrap_err(),
            SysError::new(libc::EPROTONOSUPPORT, "socket")
        );
        let file = files::open("/dev/null", None).unwrap();
        assert_eq!(
            send(file.as_raw_fd(), b"x").unwrap_err(),
            SysError::new(libc::ENOTSOCK, "sendto")
        );
        assert_eq!(
            join(file.as_raw_fd(), 1).unwrap_err(),
            SysError::new(libc::ENOTSOCK, "setsockopt")
        );
        assert_eq!(
            receive(file.as_raw_fd()).unwrap_err(),
            SysError::new(libc::ENOTSOCK, "recvfrom")
        );
    }
}
