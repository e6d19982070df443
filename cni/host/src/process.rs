//! The process itself: its name, environment and standard streams.

use std::{
    env,
    ffi::CStr,
    io::{self, Read},
    os::fd::RawFd,
    sync::OnceLock,
};

use crate::sys_error::SysError;

/// A network configuration is a few kilobytes.
const STDIN_LIMIT: u64 = 4 << 20;

/// The name that the program was called by; empty until `begin`.
static ARGV0: OnceLock<String> = OnceLock::new();

/// What has to be so before anything else happens: descriptors 0 to 2 are open, since a file of ours in their place
/// would get the output, and a reader that is gone is an error of `print`, not a signal. It keeps the program's name.
///
/// # Safety
/// `argv` must be null, or begin with a pointer that is null or that of a string that is never freed.
pub unsafe fn begin(argv: *const *const libc::c_char) {
    let closed = |descriptor| {
        // SAFETY: fcntl only takes numbers here.
        unsafe { libc::fcntl(descriptor, libc::F_GETFD) < 0 }
    };
    for descriptor in libc::STDIN_FILENO..=libc::STDERR_FILENO {
        // The lowest number that is free is this one.
        // SAFETY: the path is a string.
        if closed(descriptor) && unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) } != descriptor {
            std::process::abort();
        }
    }
    // SAFETY: to ignore a signal runs nothing of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    // SAFETY: as the caller promises.
    if let Some(first) = unsafe { argv.as_ref() }.filter(|first| !first.is_null()) {
        // SAFETY: as the caller promises.
        let name = unsafe { CStr::from_ptr(*first) };
        let _ = ARGV0.set(name.to_string_lossy().into_owned());
    }
}

/// The name that the program was called by, as given.
pub fn argv0() -> &'static str {
    ARGV0.get().map_or("", String::as_str)
}

/// An environment variable. EILSEQ if its value is not UTF-8.
pub fn environment(name: &str) -> Result<Option<String>, SysError> {
    // The standard library panics on names that no environment can hold.
    if name.is_empty() || name.contains(['=', '\0']) {
        return Ok(None);
    }
    match env::var_os(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(SysError::new(libc::EILSEQ, "getenv").at(name)),
    }
}

/// All of standard input. EFBIG over 4 MiB, EILSEQ if it is not UTF-8.
pub fn stdin() -> Result<String, SysError> {
    let mut content = Vec::new();
    io::stdin()
        .take(STDIN_LIMIT + 1)
        .read_to_end(&mut content)
        .map_err(|error| SysError::from_io(&error, "read"))?;
    if content.len() as u64 > STDIN_LIMIT {
        return Err(SysError::new(libc::EFBIG, "read"));
    }
    String::from_utf8(content).map_err(|_| SysError::new(libc::EILSEQ, "read"))
}

/// Writes all of the text to a standard stream, unbuffered.
pub fn print(descriptor: RawFd, text: &str) -> Result<(), SysError> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // SAFETY: pointer and length describe `rest`.
        let written = unsafe { libc::write(descriptor, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) => rest = &rest[written..],
            Err(_) => {
                let error = SysError::last("write");
                if error.errno != libc::EINTR {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// Bytes from the kernel's random number generator.
pub fn random(length: usize) -> Result<Vec<u8>, SysError> {
    // The kernel gives up to 256 bytes at once and never fewer than asked.
    if length > 256 {
        return Err(SysError::new(libc::EINVAL, "getrandom"));
    }
    let mut bytes = vec![0_u8; length];
    // SAFETY: pointer and length describe `bytes`.
    if unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), length, 0) } != length as isize {
        return Err(SysError::last("getrandom"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_environment_can_hold_are_absent() {
        for name in ["", "A=B", "A\0B", "PODWAY_TEST_SURELY_UNSET"] {
            assert_eq!(environment(name), Ok(None));
        }
        assert!(environment("PATH").unwrap().is_some());
    }

    #[test]
    fn random_bytes_have_the_length_asked_for() {
        assert_eq!(random(6).unwrap().len(), 6);
        assert_ne!(random(32).unwrap(), random(32).unwrap());
        assert_eq!(random(257).unwrap_err().errno, libc::EINVAL);
        assert!(random(0).unwrap().is_empty());
    }

    #[test]
    fn printing_to_a_closed_stream_is_an_error() {
        assert_eq!(print(-1, "x").unwrap_err().errno, libc::EBADF);
    }
}
