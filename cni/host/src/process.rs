//! The process itself: its name, environment and standard streams.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};
use core::{
    ffi::{CStr, c_char},
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use linux_raw_sys::{
    errno,
    general::{CLOCK_BOOTTIME, O_RDWR, SIGPIPE},
};

use crate::{files, sys_error::SysError, system_call};

/// Standard output.
pub const STDOUT: i32 = 1;

/// Standard error.
pub const STDERR: i32 = 2;

/// A network configuration is a few kilobytes.
const STDIN_LIMIT: usize = 4 << 20;

/// The program's arguments and its environment: pointers to strings, ended by null. Null until `begin`, and after `forget`.
static ARGUMENTS: AtomicPtr<*const c_char> = AtomicPtr::new(ptr::null_mut());
static ENVIRONMENT: AtomicPtr<*const c_char> = AtomicPtr::new(ptr::null_mut());

/// What has to be so before anything else happens: descriptors 0 to 2 are open, since a file of ours in their place
/// would get the output, and a reader that is gone is an error of `print`, not a signal. It keeps what the kernel has
/// handed over.
///
/// # Safety
/// Both must be lists of pointers to strings that end with null, and stay as they are for ever.
pub unsafe fn begin(arguments: *const *const c_char, environment: *const *const c_char) {
    for descriptor in 0..=STDERR {
        if system_call::is_open(descriptor) {
            continue;
        }
        // The lowest number that is free is this one. It stays open, though not for a program that we would start.
        match system_call::open(c"/dev/null", O_RDWR, 0) {
            Ok(opened) if opened.number() == descriptor => core::mem::forget(opened),
            _ => system_call::abort(),
        }
    }
    // It can't fail for this signal.
    let _ = system_call::ignore_signal(SIGPIPE);
    ARGUMENTS.store(arguments.cast_mut(), Ordering::Relaxed);
    ENVIRONMENT.store(environment.cast_mut(), Ordering::Relaxed);
}

/// The strings of a list that was handed to `begin`.
fn strings(list: &AtomicPtr<*const c_char>) -> impl Iterator<Item = &'static CStr> {
    let mut next = list.load(Ordering::Relaxed).cast_const();
    core::iter::from_fn(move || {
        if next.is_null() {
            return None;
        }
        // SAFETY: `begin` was promised a list that ends with null, and we go no further.
        unsafe {
            let string = next.read();
            if string.is_null() {
                return None;
            }
            next = next.add(1);
            Some(CStr::from_ptr(string))
        }
    })
}

/// The name that the program was called by, as given.
pub fn argv0() -> String {
    strings(&ARGUMENTS)
        .next()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What is in every executable of this program, and in no other: how its build info begins.
pub const BUILD_MARK: &str = "{\"program\":\"podway-cni\",\"version\":\"";

/// What `--build-info` prints: which sources this executable was made of, as JSON.
const BUILD_INFO: &str = concat!(
    "{\"program\":\"podway-cni\",\"version\":\"",
    env!("CARGO_PKG_VERSION"),
    "\",\"target\":\"",
    env!("PODWAY_TARGET"),
    "\",\"bundleSha256\":\"",
    env!("PODWAY_BUNDLE_HASH"),
    "\"}\n"
);

/// What stands behind the name.
pub fn arguments() -> Vec<String> {
    strings(&ARGUMENTS)
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect()
}

/// The argument, if there is just one. Runtimes give none.
pub fn only_argument() -> Option<&'static CStr> {
    let mut arguments = strings(&ARGUMENTS).skip(1);
    match (arguments.next(), arguments.next()) {
        (only, None) => only,
        _ => None,
    }
}

/// Prints what was built, if that is what the only argument asks for: true then.
pub fn tell_build_info() -> Result<bool, SysError> {
    if only_argument() != Some(c"--build-info") {
        return Ok(false);
    }
    print(STDOUT, BUILD_INFO)?;
    Ok(true)
}

/// An environment variable. EILSEQ if its value is not UTF-8.
pub fn environment(name: &str) -> Result<Option<String>, SysError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Ok(None);
    }
    let value = strings(&ENVIRONMENT)
        .find_map(|entry| entry.to_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    match value.map(core::str::from_utf8) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value.to_owned())),
        Some(Err(_)) => Err(SysError::new(errno::EILSEQ, "getenv").at(name)),
    }
}

/// All of standard input. EFBIG over 4 MiB, EILSEQ if it is not UTF-8.
pub fn stdin() -> Result<String, SysError> {
    files::read_text(0, STDIN_LIMIT)
}

/// Forgets what the kernel has handed over: no arguments, no environment.
#[cfg(not(test))]
pub fn forget() {
    ARGUMENTS.store(ptr::null_mut(), Ordering::Relaxed);
    ENVIRONMENT.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Writes all of the text to a standard stream, unbuffered.
pub fn print(descriptor: i32, text: &str) -> Result<(), SysError> {
    system_call::write(descriptor, text.as_bytes()).map_err(SysError::from_call("write"))
}

/// Bytes from the kernel's random number generator.
pub fn random(length: usize) -> Result<Vec<u8>, SysError> {
    // The kernel gives up to 256 bytes at once and never fewer than asked.
    if length > 256 {
        return Err(SysError::new(errno::EINVAL, "getrandom"));
    }
    let mut bytes = vec![0_u8; length];
    system_call::random(&mut bytes).map_err(SysError::from_call("getrandom"))?;
    Ok(bytes)
}

/// Whole seconds since the machine started, asleep or awake.
pub fn uptime() -> Result<f64, SysError> {
    let [seconds, _] =
        system_call::clock(CLOCK_BOOTTIME as i32).map_err(SysError::from_call("clock_gettime"))?;
    Ok(seconds as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        static environ: *const *const c_char;
    }

    fn begin_here() {
        static NAME: &CStr = c"podway-cni";
        let arguments = Box::leak(Box::new([NAME.as_ptr(), ptr::null()]));
        // SAFETY: both end with null; no test changes the environment.
        unsafe { begin(arguments.as_ptr(), environ) };
    }

    #[test]
    fn the_name_is_the_first_argument() {
        begin_here();
        assert_eq!(argv0(), "podway-cni");
    }

    #[test]
    fn build_info_is_for_who_asks() {
        begin_here();
        assert_eq!(tell_build_info(), Ok(false));
    }

    #[test]
    fn names_that_no_environment_can_hold_are_absent() {
        begin_here();
        for name in ["", "A=B", "A\0B", "PODWAY_TEST_SURELY_UNSET"] {
            assert_eq!(environment(name), Ok(None));
        }
        assert_eq!(environment("PATH").unwrap(), std::env::var("PATH").ok());
        // Not the beginning of a longer name.
        assert_eq!(environment("PAT"), Ok(None));
    }

    #[test]
    fn random_bytes_have_the_length_asked_for() {
        assert_eq!(random(6).unwrap().len(), 6);
        assert_ne!(random(32).unwrap(), random(32).unwrap());
        assert_eq!(random(257).unwrap_err().errno, errno::EINVAL);
        assert!(random(0).unwrap().is_empty());
    }

    #[test]
    fn uptime_is_the_kernels() {
        let text = std::fs::read_to_string("/proc/uptime").unwrap();
        let known: f64 = text.split(' ').next().unwrap().parse().unwrap();
        let told = uptime().unwrap();
        assert!(told >= known.floor() && told < known + 60.0, "{told} {known}");
    }

    #[test]
    fn printing_to_a_closed_stream_is_an_error() {
        assert_eq!(print(-1, "x").unwrap_err().errno, errno::EBADF);
    }
}
