//! A failed system call, as the scripts get to see it.

use alloc::{borrow::ToOwned, string::String};
use core::fmt;

use crate::errno_text::errno_text;

/// What a system call failed with: the number, the call, and the path if it had one.
#[derive(Debug, PartialEq, Eq)]
pub struct SysError {
    /// The kernel's error number.
    pub errno: u32,
    /// The system call, by its name in section 2 of the manual.
    pub syscall: &'static str,
    /// The path that it was called with.
    pub path: Option<String>,
}

impl SysError {
    /// An error without a path.
    pub fn new(errno: u32, syscall: &'static str) -> Self {
        Self {
            errno,
            syscall,
            path: None,
        }
    }

    /// For `map_err` of a system call.
    pub fn from_call(syscall: &'static str) -> impl Fn(u32) -> Self {
        move |errno| Self::new(errno, syscall)
    }

    /// The same error with the path that it happened at.
    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }
}

impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.syscall)?;
        if let Some(path) = &self.path {
            write!(f, " {path}")?;
        }
        match errno_text(self.errno) {
            "" => write!(f, ": errno {}", self.errno),
            text => write!(f, ": {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linux_raw_sys::errno;

    #[test]
    fn reads_like_the_messages_of_other_plugins() {
        let error = SysError::new(errno::ENOENT, "open").at("/run/netns/x");
        assert_eq!(error.to_string(), "open /run/netns/x: no such file or directory");
        assert_eq!(
            SysError::new(errno::EBADF, "close").to_string(),
            "close: bad file descriptor"
        );
        assert_eq!(SysError::new(4000, "close").to_string(), "close: errno 4000");
    }
}
