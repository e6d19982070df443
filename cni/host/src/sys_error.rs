//! A failed system call, as the scripts get to see it.

use std::{ffi::CStr, fmt, io};

/// What a system call failed with: the number, the call, and the path if it had one.
#[derive(Debug, PartialEq, Eq)]
pub struct SysError {
    /// The kernel's error number.
    pub errno: i32,
    /// The system call, by its name in section 2 of the manual.
    pub syscall: &'static str,
    /// The path that it was called with.
    pub path: Option<String>,
}

impl SysError {
    /// An error without a path.
    pub fn new(errno: i32, syscall: &'static str) -> Self {
        Self {
            errno,
            syscall,
            path: None,
        }
    }

    /// The error that the last call of this thread left behind.
    pub fn last(syscall: &'static str) -> Self {
        Self::from_io(&io::Error::last_os_error(), syscall)
    }

    /// The number out of an error of the standard library; EIO where that has none.
    pub fn from_io(error: &io::Error, syscall: &'static str) -> Self {
        Self::new(error.raw_os_error().unwrap_or(libc::EIO), syscall)
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
        // SAFETY: strerror returns a string that lives until the next call; this program has one thread.
        let text = unsafe { CStr::from_ptr(libc::strerror(self.errno)) }.to_string_lossy();
        // As Go's system library has it, and so everything that reads messages of CNI plugins: lower case.
        let mut letters = text.chars();
        let first = letters
            .next()
            .map(|letter| letter.to_ascii_lowercase())
            .into_iter();
        write!(f, ": {}", first.chain(letters).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_the_messages_of_other_plugins() {
        let error = SysError::new(libc::ENOENT, "open").at("/run/netns/x");
        assert_eq!(error.to_string(), "open /run/netns/x: no such file or directory");
        assert_eq!(
            SysError::new(libc::EBADF, "close").to_string(),
            "close: bad file descriptor"
        );
    }
}
