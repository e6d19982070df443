//! Calls that only a program makes that stays.

use core::{
    ffi::CStr,
    mem::{self, MaybeUninit},
    ptr,
};

use linux_raw_sys::{
    errno::{EINTR, ENAMETOOLONG, ENOENT},
    general::{self as kernel, AT_FDCWD, pollfd, stat},
    net::{self, sockaddr_un, ucred},
};

use super::{Descriptor, Result, again, call, number};

/// A unix stream socket that never waits, close-on-exec.
pub fn unix_socket() -> Result<Descriptor> {
    let kind = (net::SOCK_STREAM | kernel::O_CLOEXEC | kernel::O_NONBLOCK) as usize;
    // SAFETY: socket only takes numbers.
    unsafe { call(kernel::__NR_socket, [net::AF_UNIX as usize, kind, 0]) }
        .map(|descriptor| Descriptor(descriptor as i32))
}

/// The address of that path, as bind(2) and connect(2) want it. ENAMETOOLONG over 107 bytes, ENOENT for an empty one,
/// which would mean an address that is no path.
fn unix_address(path: &CStr) -> Result<sockaddr_un> {
    // SAFETY: zero is a valid value of this plain structure.
    let mut address: sockaddr_un = unsafe { mem::zeroed() };
    address.sun_family = net::AF_UNIX as _;
    let bytes = path.to_bytes();
    if bytes.is_empty() {
        return Err(ENOENT);
    }
    if bytes.len() >= address.sun_path.len() {
        return Err(ENAMETOOLONG);
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as _;
    }
    Ok(address)
}

/// bind(2).
pub fn bind(socket: i32, path: &CStr) -> Result<()> {
    with_address(kernel::__NR_bind, socket, path)
}

/// connect(2).
pub fn connect(socket: i32, path: &CStr) -> Result<()> {
    with_address(kernel::__NR_connect, socket, path)
}

fn with_address(name: u32, socket: i32, path: &CStr) -> Result<()> {
    let address = unix_address(path)?;
    // SAFETY: pointer and length describe the address, which outlives the call.
    let done = unsafe {
        call(
            name,
            [
                number(socket),
                (&raw const address) as usize,
                size_of::<sockaddr_un>(),
            ],
        )
    };
    done.map(drop)
}

/// listen(2), for so many who wait.
pub fn listen(socket: i32, waiting: usize) -> Result<()> {
    // SAFETY: listen only takes numbers.
    unsafe { call(kernel::__NR_listen, [number(socket), waiting]) }.map(drop)
}

/// accept4(2): a connection that never waits, close-on-exec.
pub fn accept(socket: i32) -> Result<Descriptor> {
    let flags = (kernel::O_CLOEXEC | kernel::O_NONBLOCK) as usize;
    // SAFETY: null pointers: nobody wants the address.
    again(|| unsafe { call(kernel::__NR_accept4, [number(socket), 0, 0, flags]) })
        .map(|descriptor| Descriptor(descriptor as i32))
}

/// Who was on the other side of a unix socket when it connected.
pub fn peer_user(socket: i32) -> Result<u32> {
    let mut peer = MaybeUninit::<ucred>::uninit();
    let mut length = size_of::<ucred>() as u32;
    // SAFETY: the pointers and the length describe the structure.
    unsafe {
        call(
            kernel::__NR_getsockopt,
            [
                number(socket),
                net::SOL_SOCKET as usize,
                net::SO_PEERCRED as usize,
                peer.as_mut_ptr() as usize,
                (&raw mut length) as usize,
            ],
        )?;
        // The call succeeded, so it is filled.
        Ok(peer.assume_init().uid)
    }
}

/// send(2) without waiting and without a signal: how many bytes were taken.
pub fn send_some(socket: i32, bytes: &[u8]) -> Result<usize> {
    let flags = (net::MSG_NOSIGNAL | net::MSG_DONTWAIT) as usize;
    // SAFETY: pointer and length describe the bytes.
    again(|| unsafe {
        call(
            kernel::__NR_sendto,
            [number(socket), bytes.as_ptr() as usize, bytes.len(), flags, 0, 0],
        )
    })
}

/// recv(2) without waiting: how many bytes came; none at the end.
pub fn receive_some(socket: i32, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let flags = net::MSG_DONTWAIT as usize;
    // SAFETY: pointer and length describe the buffer.
    again(|| unsafe {
        call(
            kernel::__NR_recvfrom,
            [
                number(socket),
                buffer.as_mut_ptr() as usize,
                buffer.len(),
                flags,
                0,
                0,
            ],
        )
    })
}

/// ppoll(2). A signal ends the wait as if its time were over. The time is in seconds and nanoseconds.
pub fn poll(wanted: &mut [pollfd], time: Option<[i64; 2]>) -> Result<()> {
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: pointer and length describe the list; the time outlives the call.
    let done = unsafe {
        call(
            kernel::__NR_ppoll,
            [wanted.as_mut_ptr() as usize, wanted.len(), time as usize, 0, 0],
        )
    };
    match done {
        Ok(_) => Ok(()),
        Err(EINTR) => {
            wanted.iter_mut().for_each(|one| one.revents = 0);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// A descriptor that is readable when one of the signals has come. They are blocked, so that they do nothing else.
pub fn signal_descriptor(signals: &[u32]) -> Result<Descriptor> {
    let mask = signals
        .iter()
        .fold(0_u64, |mask, signal| mask | 1 << (signal - 1));
    let flags = (kernel::O_CLOEXEC | kernel::O_NONBLOCK) as usize;
    // SAFETY: the kernel reads eight bytes of the mask, which outlives both calls.
    unsafe {
        let mask = (&raw const mask) as usize;
        call(
            kernel::__NR_rt_sigprocmask,
            [kernel::SIG_BLOCK as usize, mask, 0, 8],
        )?;
        call(kernel::__NR_signalfd4, [usize::MAX, mask, 8, flags])
    }
    .map(|descriptor| Descriptor(descriptor as i32))
}

/// umask(2): the one that was before.
pub fn set_mode_mask(mask: u32) -> u32 {
    // SAFETY: umask only takes a number, and never fails.
    unsafe { call(kernel::__NR_umask, [mask as usize]) }.unwrap_or(0) as u32
}

/// What is known of a path without opening it; of a symbolic link itself.
pub fn status(path: &CStr) -> Result<stat> {
    let mut status = MaybeUninit::<stat>::uninit();
    // SAFETY: the path is a string, and the kernel fills the structure.
    unsafe {
        call(
            kernel::__NR_newfstatat,
            [
                number(AT_FDCWD),
                path.as_ptr() as usize,
                status.as_mut_ptr() as usize,
                kernel::AT_SYMLINK_NOFOLLOW as usize,
            ],
        )?;
        Ok(status.assume_init())
    }
}

/// rename(2).
pub fn rename(from: &CStr, to: &CStr) -> Result<()> {
    // SAFETY: both paths are strings.
    let done = unsafe {
        call(
            kernel::__NR_renameat2,
            [
                number(AT_FDCWD),
                from.as_ptr() as usize,
                number(AT_FDCWD),
                to.as_ptr() as usize,
                0,
            ],
        )
    };
    done.map(drop)
}

/// fsync(2).
pub fn sync(descriptor: i32) -> Result<()> {
    // SAFETY: fsync only takes a number.
    again(|| unsafe { call(kernel::__NR_fsync, [number(descriptor)]) }).map(drop)
}

/// fchmod(2).
pub fn change_mode(descriptor: i32, mode: u32) -> Result<()> {
    // SAFETY: fchmod only takes numbers.
    unsafe { call(kernel::__NR_fchmod, [number(descriptor), mode as usize]) }.map(drop)
}

/// sendfile(2) from where the first one is read: how many bytes went over; none at the end.
pub fn send_file(from: i32, to: i32, length: usize) -> Result<usize> {
    // SAFETY: no offset: sendfile only takes numbers.
    again(|| unsafe { call(kernel::__NR_sendfile, [number(to), number(from), 0, length]) })
}
