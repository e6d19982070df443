//! The kernel's entry, and a safe function for each call that this program makes. Errors are the kernel's numbers.

pub mod memory;
pub mod serving;

use core::{arch::asm, ffi::CStr, mem::MaybeUninit};

use linux_raw_sys::{
    errno::{EBADF, EINTR, EIO},
    general::{self as kernel, AT_FDCWD},
    net,
};

/// What a call gives, or the number of its error.
pub type Result<T> = core::result::Result<T, u32>;

/// Enters the kernel.
///
/// # Safety
/// As the call itself demands.
#[cfg(target_arch = "x86_64")]
pub unsafe fn enter(number: u32, arguments: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel keeps every register but the result's, rcx and r11; memory is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0], in("rsi") arguments[1], in("rdx") arguments[2],
            in("r10") arguments[3], in("r8") arguments[4], in("r9") arguments[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags),
        );
    }
    result
}

/// Enters the kernel.
///
/// # Safety
/// As the call itself demands.
#[cfg(target_arch = "aarch64")]
pub unsafe fn enter(number: u32, arguments: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel keeps every register but the result's; memory is the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number as usize,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1], in("x2") arguments[2],
            in("x3") arguments[3], in("x4") arguments[4], in("x5") arguments[5],
            options(nostack, preserves_flags),
        );
    }
    result
}

/// Enters the kernel; the numbers from -4095 to -1 are errors.
///
/// # Safety
/// As the call itself demands.
unsafe fn call<const N: usize>(number: u32, arguments: [usize; N]) -> Result<usize> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    // SAFETY: as the caller promises.
    result(unsafe { enter(number, all) })
}

fn result(returned: isize) -> Result<usize> {
    match returned {
        -4095..=-1 => Err(returned.unsigned_abs() as u32),
        value => Ok(value as usize),
    }
}

/// A number as an argument: what is signed is extended, as in C.
fn number(value: i32) -> usize {
    value as isize as usize
}

/// The same call again as long as signals interrupt it.
fn again<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(EINTR) => {}
            result => return result,
        }
    }
}

/// An open descriptor, closed when it is dropped.
#[derive(Debug)]
pub struct Descriptor(i32);

impl Descriptor {
    /// The kernel's number, valid as long as this lives.
    pub fn number(&self) -> i32 {
        self.0
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        close(self.0);
    }
}

/// Closes; whatever the kernel says, the number is free afterwards.
pub fn close(descriptor: i32) {
    // SAFETY: nothing but the descriptor's number is touched.
    let _ = unsafe { call(kernel::__NR_close, [number(descriptor)]) };
}

/// open(2), close-on-exec.
pub fn open(path: &CStr, flags: u32, mode: u32) -> Result<Descriptor> {
    open_at(AT_FDCWD, path, flags, mode)
}

/// openat(2), close-on-exec.
pub fn open_at(directory: i32, path: &CStr, flags: u32, mode: u32) -> Result<Descriptor> {
    let flags = (flags | kernel::O_CLOEXEC) as usize;
    again(|| {
        // SAFETY: the path is a string.
        unsafe {
            call(
                kernel::__NR_openat,
                [number(directory), path.as_ptr() as usize, flags, mode as usize],
            )
        }
    })
    .map(|descriptor| Descriptor(descriptor as i32))
}

/// read(2): how many bytes came; none at the end.
pub fn read(descriptor: i32, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: pointer and length describe the buffer.
    again(|| unsafe {
        call(
            kernel::__NR_read,
            [number(descriptor), buffer.as_mut_ptr() as usize, buffer.len()],
        )
    })
}

/// Writes all of the bytes.
pub fn write(descriptor: i32, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        // SAFETY: pointer and length describe the bytes.
        let written = again(|| unsafe {
            call(
                kernel::__NR_write,
                [number(descriptor), bytes.as_ptr() as usize, bytes.len()],
            )
        })?;
        // It never happens, and would go on for ever.
        if written == 0 {
            return Err(EIO);
        }
        bytes = &bytes[written..];
    }
    Ok(())
}

/// flock(2), exclusive.
pub fn lock(descriptor: i32) -> Result<()> {
    // SAFETY: flock only takes numbers.
    again(|| unsafe { call(kernel::__NR_flock, [number(descriptor), kernel::LOCK_EX as usize]) }).map(drop)
}

/// flock(2), exclusive, without waiting: EAGAIN if somebody else has it.
pub fn try_lock(descriptor: i32) -> Result<()> {
    let how = (kernel::LOCK_EX | kernel::LOCK_NB) as usize;
    // SAFETY: flock only takes numbers.
    again(|| unsafe { call(kernel::__NR_flock, [number(descriptor), how]) }).map(drop)
}

/// Device and inode of an open file.
pub fn identity(descriptor: i32) -> Result<(u64, u64)> {
    let mut status = MaybeUninit::<kernel::stat>::uninit();
    // SAFETY: the kernel fills the structure that we point at.
    unsafe {
        call(
            kernel::__NR_fstat,
            [number(descriptor), status.as_mut_ptr() as usize],
        )?;
    }
    // SAFETY: the call succeeded, so it is filled.
    let status = unsafe { status.assume_init() };
    Ok((status.st_dev, status.st_ino))
}

/// mkdir(2).
pub fn make_directory(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is a string.
    let made = unsafe {
        call(
            kernel::__NR_mkdirat,
            [number(AT_FDCWD), path.as_ptr() as usize, mode as usize],
        )
    };
    made.map(drop)
}

/// unlink(2).
pub fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is a string.
    let removed = unsafe {
        call(
            kernel::__NR_unlinkat,
            [number(AT_FDCWD), path.as_ptr() as usize, 0],
        )
    };
    removed.map(drop)
}

/// chdir(2).
pub fn change_directory(path: &CStr) -> Result<()> {
    // SAFETY: the path is a string.
    unsafe { call(kernel::__NR_chdir, [path.as_ptr() as usize]) }.map(drop)
}

/// getdents64(2): how many bytes of entries came; none at the end. The buffer must be aligned for a u64.
pub fn directory_entries(descriptor: i32, buffer: &mut [u64]) -> Result<usize> {
    // SAFETY: pointer and length describe the buffer.
    unsafe {
        call(
            kernel::__NR_getdents64,
            [
                number(descriptor),
                buffer.as_mut_ptr() as usize,
                size_of_val(buffer),
            ],
        )
    }
}

/// Whether the descriptor is open. Only EBADF says that it is not: a filter of system calls may have other answers.
pub fn is_open(descriptor: i32) -> bool {
    // SAFETY: fcntl only takes numbers here.
    let flags = unsafe { call(kernel::__NR_fcntl, [number(descriptor), kernel::F_GETFD as usize]) };
    flags != Err(EBADF)
}

/// Opens a netlink socket of that family, close-on-exec.
pub fn netlink_socket(protocol: i32) -> Result<Descriptor> {
    let kind = (net::SOCK_RAW | kernel::O_CLOEXEC) as usize;
    // SAFETY: socket only takes numbers.
    let opened = unsafe {
        call(
            kernel::__NR_socket,
            [net::AF_NETLINK as usize, kind, number(protocol)],
        )
    };
    opened.map(|descriptor| Descriptor(descriptor as i32))
}

/// setsockopt(2), with the value that the option wants.
pub fn set_option<T: Copy>(socket: i32, level: u32, name: u32, value: T) -> Result<()> {
    // SAFETY: pointer and length describe the value, which outlives the call.
    let set = unsafe {
        call(
            kernel::__NR_setsockopt,
            [
                number(socket),
                level as usize,
                name as usize,
                (&raw const value) as usize,
                size_of::<T>(),
            ],
        )
    };
    set.map(drop)
}

/// send(2) on a socket that sends whole datagrams, without a signal.
pub fn send(socket: i32, bytes: &[u8]) -> Result<()> {
    // SAFETY: pointer and length describe the bytes.
    again(|| unsafe {
        call(
            kernel::__NR_sendto,
            [
                number(socket),
                bytes.as_ptr() as usize,
                bytes.len(),
                net::MSG_NOSIGNAL as usize,
                0,
                0,
            ],
        )
    })
    .map(drop)
}

/// recvfrom(2): the datagram's true length, also where the buffer is shorter, and its sender's address. EAGAIN where there
/// is none, after a wait or at once.
pub fn receive<T>(socket: i32, buffer: &mut [MaybeUninit<u8>], sender: &mut T, waits: bool) -> Result<usize> {
    let flags = net::MSG_TRUNC | if waits { 0 } else { net::MSG_DONTWAIT };
    again(|| {
        let mut sender_length = size_of::<T>() as u32;
        // SAFETY: the pointers and lengths describe buffer and sender.
        unsafe {
            call(
                kernel::__NR_recvfrom,
                [
                    number(socket),
                    buffer.as_mut_ptr() as usize,
                    buffer.len(),
                    flags as usize,
                    core::ptr::from_mut(sender) as usize,
                    (&raw mut sender_length) as usize,
                ],
            )
        }
    })
}

/// Moves this thread to the network namespace.
pub fn set_network_namespace(namespace: i32) -> Result<()> {
    // SAFETY: setns only takes numbers.
    unsafe {
        call(
            kernel::__NR_setns,
            [number(namespace), kernel::CLONE_NEWNET as usize],
        )
    }
    .map(drop)
}

/// Starts a process that has this one's memory itself, and copies of its descriptors: it does the work on that stack, whose
/// end is given. Unlike with fork(2), no page of ours is copied, neither now nor when we write.
///
/// # Safety
/// The stack must be memory that nobody else uses, ended by a multiple of sixteen. The work must make nothing but system
/// calls, and touch nothing but its stack and what `argument` leads to: that must stay as it is for ever.
pub unsafe fn start_aside(stack_end: usize, work: extern "C" fn(usize) -> !, argument: usize) -> Result<()> {
    let flags = (kernel::CLONE_VM | kernel::SIGCHLD) as usize;
    let started: isize;
    // SAFETY: the child goes on with the stack, and never comes back to ours; the rest is the caller's promise.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "syscall", "test rax, rax", "jnz 2f",
            "xor ebp, ebp", "mov rdi, r13", "call r12", "ud2",
            "2:",
            inlateout("rax") kernel::__NR_clone as isize => started,
            in("rdi") flags, in("rsi") stack_end, in("rdx") 0, in("r10") 0, in("r8") 0,
            in("r12") work, in("r13") argument,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "svc 0", "cbnz x0, 2f",
            "mov x29, #0", "mov x30, #0", "mov x0, {argument}", "blr {work}", "brk #1",
            "2:",
            work = in(reg) work, argument = in(reg) argument,
            in("x8") kernel::__NR_clone as usize,
            inlateout("x0") flags => started,
            in("x1") stack_end, in("x2") 0, in("x3") 0, in("x4") 0,
        );
    }
    result(started).map(drop)
}

/// Closes the descriptors of that range, both ends included.
pub fn close_range(first: i32, last: i32) -> Result<()> {
    // SAFETY: nothing but the descriptors' numbers is touched.
    unsafe { call(kernel::__NR_close_range, [number(first), number(last), 0]) }.map(drop)
}

/// Random bytes: up to 256 at once come whole.
pub fn random(buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: pointer and length describe the buffer.
    unsafe {
        call(
            kernel::__NR_getrandom,
            [buffer.as_mut_ptr() as usize, buffer.len(), 0],
        )
    }
}

/// Lets the signal pass without effect.
pub fn ignore_signal(signal: u32) -> Result<()> {
    /// As the kernel wants it on our architectures: handler, flags, restorer, mask.
    static IGNORE: [usize; 4] = [1, 0, 0, 0];
    // SAFETY: the kernel reads the structure; to ignore a signal runs nothing of ours.
    let done = unsafe {
        call(
            kernel::__NR_rt_sigaction,
            [signal as usize, (&raw const IGNORE) as usize, 0, 8],
        )
    };
    done.map(drop)
}

/// The time of that clock, in seconds and nanoseconds.
pub fn clock(clock: i32) -> Result<[i64; 2]> {
    let mut time = [0_i64; 2];
    // SAFETY: the kernel fills the two numbers.
    unsafe {
        call(
            kernel::__NR_clock_gettime,
            [number(clock), (&raw mut time) as usize],
        )?;
    }
    Ok(time)
}

/// Ends the process, with all its threads, and nothing else: no destructor runs.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: exit_group takes a number and does not return.
        let _ = unsafe { call(kernel::__NR_exit_group, [number(code)]) };
    }
}

/// Ends the process as abort(3) does.
pub fn abort() -> ! {
    // SAFETY: both only take numbers; a signal to the own process runs nothing of ours.
    let _ = unsafe {
        call(kernel::__NR_getpid, [])
            .and_then(|process| call(kernel::__NR_kill, [process, kernel::SIGABRT as usize]))
    };
    exit(128 + kernel::SIGABRT as i32)
}
