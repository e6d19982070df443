//! The process itself: its name, environment and standard streams.

use std::{
    env,
    io::{self, Read},
    os::fd::RawFd,
};

use crate::sys_error::SysError;

/// A network configuration is a few kilobytes.
const STDIN_LIMIT: u64 = 4 << 20;

/// The name that the program was called by, as given.
pub fn argv0() -> String {
    env::args_os()
        .next()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
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
