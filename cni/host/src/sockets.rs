//! Unix stream sockets that never wait, and the one place where a program waits that stays.

use alloc::{ffi::CString, vec::Vec};

use linux_raw_sys::{
    errno,
    general::{
        CLOCK_MONOTONIC, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, SIGCHLD, SIGINT, SIGTERM, pollfd,
    },
};

use crate::{
    sys_error::SysError,
    system_call::{self, Descriptor, serving as call},
};

/// So many may wait to be accepted.
const WAITING: usize = 16;

/// What is received at once.
const RECEIVE_BUFFER: usize = 16 << 10;

/// Ready to be read, or to be written.
pub const READ: u32 = 1;
/// See `READ`.
pub const WRITE: u32 = 2;

fn path_of(path: &str, syscall: &'static str) -> Result<CString, SysError> {
    CString::new(path).map_err(|_| SysError::new(errno::EINVAL, syscall).at(path))
}

/// Listens at that path, where nothing may be (EADDRINUSE); the socket's file gets that mode.
pub fn listen(path: &str, mode: u32) -> Result<Descriptor, SysError> {
    let name = path_of(path, "bind")?;
    let socket = call::unix_socket().map_err(SysError::from_call("socket"))?;
    // The file has its mode from the beginning: there is one thread, so nobody else makes a file meanwhile.
    let before = call::set_mode_mask(!mode & 0o777);
    let bound = call::bind(socket.number(), &name);
    call::set_mode_mask(before);
    bound.map_err(|errno| SysError::new(errno, "bind").at(path))?;
    call::listen(socket.number(), WAITING).map_err(|errno| SysError::new(errno, "listen").at(path))?;
    Ok(socket)
}

/// Whether somebody listens at that path.
pub fn is_served(path: &str) -> Result<bool, SysError> {
    let name = path_of(path, "connect")?;
    let socket = call::unix_socket().map_err(SysError::from_call("socket"))?;
    match call::connect(socket.number(), &name) {
        // EAGAIN: so many wait already that there is no room for us.
        Ok(()) | Err(errno::EAGAIN) => Ok(true),
        Err(errno::ECONNREFUSED | errno::ENOENT) => Ok(false),
        Err(error) => Err(SysError::new(error, "connect").at(path)),
    }
}

/// The next connection, and the user that made it; none if nobody waits.
pub fn accept(socket: i32) -> Result<Option<(Descriptor, u32)>, SysError> {
    match call::accept(socket) {
        Ok(connection) => {
            let user = call::peer_user(connection.number()).map_err(SysError::from_call("getsockopt"))?;
            Ok(Some((connection, user)))
        }
        // Whoever waited is gone again.
        Err(errno::EAGAIN | errno::ECONNABORTED) => Ok(None),
        Err(error) => Err(SysError::new(error, "accept4")),
    }
}

/// What has come: nothing at the end, none if there is nothing yet.
pub fn receive(connection: i32) -> Result<Option<Vec<u8>>, SysError> {
    let mut buffer = Vec::<u8>::with_capacity(RECEIVE_BUFFER);
    match call::receive_some(connection, buffer.spare_capacity_mut()) {
        Ok(length) => {
            // SAFETY: the kernel has written that many bytes.
            unsafe { buffer.set_len(length) };
            Ok(Some(buffer))
        }
        Err(errno::EAGAIN) => Ok(None),
        Err(error) => Err(SysError::new(error, "recvfrom")),
    }
}

/// How many of the bytes were taken.
pub fn send(connection: i32, bytes: &[u8]) -> Result<usize, SysError> {
    match call::send_some(connection, bytes) {
        Err(errno::EAGAIN) => Ok(0),
        result => result.map_err(SysError::from_call("sendto")),
    }
}

/// Waits until one of them is ready, or so many milliseconds have passed: what is ready of each.
pub fn poll(wanted: &[(i32, u32)], milliseconds: Option<u32>) -> Result<Vec<u32>, SysError> {
    let mut list: Vec<pollfd> = wanted
        .iter()
        .map(|(descriptor, ready)| {
            let read = if ready & READ == 0 { 0 } else { POLLIN };
            let write = if ready & WRITE == 0 { 0 } else { POLLOUT };
            pollfd {
                fd: *descriptor,
                events: (read | write) as i16,
                revents: 0,
            }
        })
        .collect();
    let time = milliseconds.map(|all| [i64::from(all / 1000), i64::from(all % 1000) * 1_000_000]);
    call::poll(&mut list, time).map_err(SysError::from_call("ppoll"))?;
    Ok(list
        .iter()
        .zip(wanted)
        .map(|(one, (_, ready))| {
            let events = u32::from(one.revents as u16);
            // Whoever reads or writes then learns what it is.
            if events & (POLLERR | POLLHUP | POLLNVAL) != 0 {
                return *ready;
            }
            let read = if events & POLLIN == 0 { 0 } else { READ };
            let write = if events & POLLOUT == 0 { 0 } else { WRITE };
            read | write
        })
        .collect())
}

/// Readable when the process shall end. Child processes that end are nobody's from now on.
pub fn endings() -> Result<Descriptor, SysError> {
    system_call::ignore_signal(SIGCHLD).map_err(SysError::from_call("rt_sigaction"))?;
    call::signal_descriptor(&[SIGTERM, SIGINT]).map_err(SysError::from_call("signalfd4"))
}

/// Milliseconds of a clock that nobody can set.
pub fn clock() -> Result<f64, SysError> {
    let [seconds, nanoseconds] =
        system_call::clock(CLOCK_MONOTONIC as i32).map_err(SysError::from_call("clock_gettime"))?;
    Ok(seconds as f64 * 1000.0 + (nanoseconds / 1_000_000) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("podway-sockets-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn socket(&self) -> String {
            self.0.join("socket").to_str().unwrap().to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Both sides of a connection.
    fn pair(folder: &Folder) -> (Descriptor, Descriptor) {
        let listening = listen(&folder.socket(), 0o600).unwrap();
        let client = call::unix_socket().unwrap();
        let path = CString::new(folder.socket()).unwrap();
        call::connect(client.number(), &path).unwrap();
        let (server, _) = accept(listening.number()).unwrap().unwrap();
        (client, server)
    }

    #[test]
    fn the_socket_has_its_mode_and_its_peers_their_users() {
        let folder = Folder::new("mode");
        let listening = listen(&folder.socket(), 0o660).unwrap();
        assert_eq!(
            fs::metadata(folder.socket()).unwrap().permissions().mode() & 0o777,
            0o660
        );
        assert!(accept(listening.number()).unwrap().is_none());
        assert!(is_served(&folder.socket()).unwrap());
        let (_, user) = accept(listening.number()).unwrap().unwrap();
        let own = fs::metadata("/proc/self").unwrap();
        assert_eq!(user, std::os::unix::fs::MetadataExt::uid(&own));
    }

    #[test]
    fn what_a_dead_server_left_is_not_served() {
        let folder = Folder::new("dead");
        assert!(!is_served(&folder.socket()).unwrap());
        drop(listen(&folder.socket(), 0o600).unwrap());
        assert!(!is_served(&folder.socket()).unwrap());
        assert_eq!(
            listen(&folder.socket(), 0o600).unwrap_err(),
            SysError::new(errno::EADDRINUSE, "bind").at(&folder.socket())
        );
    }

    #[test]
    fn bytes_come_in_their_order_and_then_the_end() {
        let folder = Folder::new("bytes");
        let (client, server) = pair(&folder);
        assert_eq!(receive(server.number()).unwrap(), None);
        assert_eq!(send(client.number(), b"one").unwrap(), 3);
        assert_eq!(send(client.number(), b"two").unwrap(), 3);
        assert_eq!(receive(server.number()).unwrap().unwrap(), b"onetwo");
        drop(client);
        assert_eq!(receive(server.number()).unwrap().unwrap(), b"");
        assert_eq!(send(server.number(), b"x").unwrap_err().errno, errno::EPIPE);
    }

    #[test]
    fn nobody_waits_for_a_reader() {
        let folder = Folder::new("slow");
        let (client, server) = pair(&folder);
        let block = [0_u8; 64 << 10];
        let mut sent = 0;
        loop {
            match send(server.number(), &block).unwrap() {
                0 => break,
                count => sent += count,
            }
        }
        assert!(sent >= block.len());
        assert_eq!(poll(&[(server.number(), WRITE)], Some(0)).unwrap(), [0]);
        while receive(client.number()).unwrap().is_some() {}
        assert_eq!(poll(&[(server.number(), WRITE)], None).unwrap(), [WRITE]);
    }

    #[test]
    fn a_wait_ends_for_each_reason() {
        let folder = Folder::new("poll");
        let (client, server) = pair(&folder);
        let both = READ | WRITE;
        assert_eq!(poll(&[(server.number(), READ)], Some(1)).unwrap(), [0]);
        assert_eq!(
            poll(&[(server.number(), READ), (client.number(), both)], None).unwrap(),
            [0, WRITE]
        );
        drop(client);
        // Whoever is gone can be read from, to the end.
        assert_eq!(poll(&[(server.number(), READ)], None).unwrap(), [READ]);
        assert_eq!(poll(&[(server.number(), WRITE)], None).unwrap(), [WRITE]);
        assert_eq!(poll(&[], Some(0)).unwrap(), []);
    }

    #[test]
    fn the_clock_goes_on() {
        let first = clock().unwrap();
        assert!(first > 0.0 && clock().unwrap() >= first);
    }
}
