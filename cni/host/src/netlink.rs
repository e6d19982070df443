//! Netlink sockets: whole datagrams to the kernel and from it. What they mean, the scripts know.

use alloc::{boxed::Box, vec::Vec};
use core::{mem, ptr};

use linux_raw_sys::{
    errno,
    net::{SO_RCVTIMEO, SOL_NETLINK, SOL_SOCKET},
    netlink::{NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK, sockaddr_nl},
};

use crate::{
    sys_error::SysError,
    system_call::{self, Descriptor},
};

/// The kernel sends at most 32 KiB at a time.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// The kernel answers while it works on the request, so a missing answer means that something is badly wrong.
const RECEIVE_TIMEOUT_SECONDS: i64 = 10;

/// Several grace periods of RCU: what nf_tables has to free by then is freed.
const CLOSE_DELAY_NANOSECONDS: i64 = 60_000_000;

/// Opens a socket of that netlink family in the current namespace. It asks for extended acknowledgements (the kernel
/// says in words what it dislikes) that don't repeat the request.
pub fn open(protocol: i32) -> Result<Descriptor, SysError> {
    let socket = system_call::netlink_socket(protocol).map_err(SysError::from_call("socket"))?;
    // Kernels before 4.12 know neither option; they then answer in the old form, which the scripts read too.
    let _ = set_option(socket.number(), SOL_NETLINK, NETLINK_EXT_ACK, 1_i32);
    let _ = set_option(socket.number(), SOL_NETLINK, NETLINK_CAP_ACK, 1_i32);
    // Seconds and microseconds.
    let timeout = [RECEIVE_TIMEOUT_SECONDS, 0];
    set_option(socket.number(), SOL_SOCKET, SO_RCVTIMEO, timeout)?;
    Ok(socket)
}

fn set_option<T: Copy>(socket: i32, level: u32, name: u32, value: T) -> Result<(), SysError> {
    system_call::set_option(socket, level, name, value).map_err(SysError::from_call("setsockopt"))
}

/// Sends one datagram: it goes whole or not at all.
pub fn send(socket: i32, bytes: &[u8]) -> Result<(), SysError> {
    system_call::send(socket, bytes).map_err(SysError::from_call("sendto"))
}

/// Sends one datagram from a child process, which stays inside of the call as long as the kernel works on it. Where no
/// process can be made, sends it here.
pub fn send_aside(socket: i32, bytes: &[u8]) -> Result<(), SysError> {
    match start_aside(
        send_and_end,
        Errand {
            socket,
            bytes: bytes.into(),
        },
    ) {
        Ok(()) => Ok(()),
        Err(_) => send(socket, bytes),
    }
}

/// Leaves it to a child process to let go of the socket, and does not wait for what the kernel does then. The child
/// begins a moment later, so that it is not us who are the last to let go, and that the kernel has less to do.
/// Where no process can be made, nothing happens: who closes the socket waits.
pub fn close_aside(socket: i32) {
    let _ = start_aside(
        wait_and_end,
        Errand {
            socket,
            bytes: Box::default(),
        },
    );
}

/// What a child process gets. It stays in memory for ever: the child may live longer than we do.
struct Errand {
    socket: i32,
    bytes: Box<[u8]>,
}

/// Starts a child process, which has our memory, with a stack of its own.
fn start_aside(work: extern "C" fn(usize) -> !, errand: Errand) -> system_call::Result<()> {
    const STACK: usize = 16 << 10;
    let stack = system_call::memory::map(STACK).ok_or(errno::ENOMEM)?;
    let errand = Box::leak(Box::new(errand));
    // SAFETY: the stack is nobody else's. The works below only make system calls, and never return; what they read is
    // leaked.
    unsafe {
        system_call::start_aside(
            stack.addr() + STACK,
            work,
            ptr::from_ref(errand).expose_provenance(),
        )
    }
}

/// Whoever started us waits until our output is closed, may remove the folder that we were started in, and must be able to
/// take locks that we held: nothing stays open but the socket.
extern "C" fn send_and_end(errand: usize) -> ! {
    let Errand { socket, bytes } = errand_at(errand);
    keep_only(*socket);
    system_call::exit(i32::from(system_call::send(*socket, bytes).is_err()))
}

extern "C" fn wait_and_end(errand: usize) -> ! {
    let Errand { socket, .. } = errand_at(errand);
    keep_only(*socket);
    let _ = system_call::serving::poll(&mut [], Some([0, CLOSE_DELAY_NANOSECONDS]));
    system_call::exit(0)
}

fn errand_at(address: usize) -> &'static Errand {
    // SAFETY: `start_aside` has leaked it, and nobody changes it.
    unsafe { &*ptr::with_exposed_provenance(address) }
}

fn keep_only(socket: i32) {
    close_range(0, socket - 1);
    close_range(socket + 1, i32::MAX);
    let _ = system_call::change_directory(c"/");
}

/// Closes the descriptors of that range, both ends included.
fn close_range(first: i32, last: i32) {
    if first > last || system_call::close_range(first, last).is_ok() {
        return;
    }
    // Kernels before 5.9 don't know the call. We have a dozen open, so the highest number is one of the first.
    for descriptor in first..=last.min(1023) {
        system_call::close(descriptor);
    }
}

/// Subscribes the socket to a multicast group of its family.
pub fn join(socket: i32, group: u32) -> Result<(), SysError> {
    set_option(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
}

/// Receives one datagram from the kernel; what other processes send is dropped. EMSGSIZE if one is longer than the
/// buffer (it is lost then), EAGAIN if none comes in ten seconds.
pub fn receive(socket: i32) -> Result<Vec<u8>, SysError> {
    receive_datagram(socket, true)
}

/// The same without waiting: none if there is no datagram.
pub fn receive_now(socket: i32) -> Result<Option<Vec<u8>>, SysError> {
    match receive_datagram(socket, false) {
        Ok(datagram) => Ok(Some(datagram)),
        Err(error) if error.errno == errno::EAGAIN => Ok(None),
        Err(error) => Err(error),
    }
}

fn receive_datagram(socket: i32, waits: bool) -> Result<Vec<u8>, SysError> {
    let mut buffer = Vec::<u8>::with_capacity(RECEIVE_BUFFER);
    loop {
        // SAFETY: zero is a valid value of this plain structure.
        let mut sender: sockaddr_nl = unsafe { mem::zeroed() };
        let length = system_call::receive(socket, buffer.spare_capacity_mut(), &mut sender, waits)
            .map_err(SysError::from_call("recvfrom"))?;
        if sender.nl_pid != 0 {
            continue;
        }
        if length > buffer.capacity() {
            return Err(SysError::new(errno::EMSGSIZE, "recvfrom"));
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
    use linux_raw_sys::netlink::{NETLINK_ROUTE, NLMSG_ERROR};

    #[test]
    fn the_kernel_answers_a_request() {
        let socket = open(NETLINK_ROUTE as i32).unwrap();
        send(socket.number(), &noop(42)).unwrap();
        let reply = receive(socket.number()).unwrap();
        assert_eq!(u16::from_ne_bytes([reply[4], reply[5]]), NLMSG_ERROR as u16);
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
        let socket = open(NETLINK_ROUTE as i32).unwrap();
        send_aside(socket.number(), &noop(43)).unwrap();
        let reply = receive(socket.number()).unwrap();
        assert_eq!(reply[8..12], 43_u32.to_ne_bytes());
    }

    #[test]
    fn what_is_closed_aside_stays_usable_until_it_is_closed() {
        let socket = open(NETLINK_ROUTE as i32).unwrap();
        close_aside(socket.number());
        send(socket.number(), &noop(44)).unwrap();
        let reply = receive(socket.number()).unwrap();
        assert_eq!(reply[8..12], 44_u32.to_ne_bytes());
    }

    #[test]
    fn errors_name_the_call() {
        assert_eq!(
            open(-1).unwrap_err(),
            SysError::new(errno::EPROTONOSUPPORT, "socket")
        );
        let file = files::open("/dev/null", None).unwrap();
        assert_eq!(
            send(file.number(), b"x").unwrap_err(),
            SysError::new(errno::ENOTSOCK, "sendto")
        );
        assert_eq!(
            join(file.number(), 1).unwrap_err(),
            SysError::new(errno::ENOTSOCK, "setsockopt")
        );
        assert_eq!(
            receive(file.number()).unwrap_err(),
            SysError::new(errno::ENOTSOCK, "recvfrom")
        );
    }
}
