//! Files: what the scripts may do with paths. Every path is UTF-8 without NUL, every content is UTF-8 text.

use alloc::{borrow::ToOwned, ffi::CString, format, string::String, vec::Vec};
use core::ffi::CStr;

use linux_raw_sys::{
    errno,
    general::{O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY},
};

use crate::{
    sys_error::SysError,
    system_call::{self, Descriptor},
};

/// No file of a node binary is near this; a limit keeps a strange one from eating the memory.
const READ_LIMIT: usize = 1 << 20;

/// What `write` does with a file that exists, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The file must be there; its content is overwritten in place (sysctl).
    Existing,
    /// The file must not be there (EEXIST).
    Exclusive,
    /// The file is created or emptied first.
    Replace,
}

impl Disposition {
    /// The scripts' word for it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "existing" => Some(Self::Existing),
            "exclusive" => Some(Self::Exclusive),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }

    fn flags(self) -> u32 {
        match self {
            Self::Existing => 0,
            Self::Exclusive => O_CREAT | O_EXCL,
            Self::Replace => O_CREAT | O_TRUNC,
        }
    }
}

/// Calls with the path as the kernel wants it. EINVAL if it holds a NUL.
fn with_path<T>(
    path: &str,
    syscall: &'static str,
    call: impl FnOnce(&CStr) -> system_call::Result<T>,
) -> Result<T, SysError> {
    CString::new(path)
        .map_err(|_| errno::EINVAL)
        .and_then(|path| call(&path))
        .map_err(|errno| SysError::new(errno, syscall).at(path))
}

/// Opens for reading; creates the file with that mode first if one is given.
pub fn open(path: &str, create_mode: Option<u32>) -> Result<Descriptor, SysError> {
    let flags = O_RDONLY | if create_mode.is_some() { O_CREAT } else { 0 };
    with_path(path, "open", |path| {
        system_call::open(path, flags, create_mode.unwrap_or(0))
    })
}

/// Opens for writing, as the disposition says; the mode counts where the file is created.
pub fn open_for_writing(path: &str, disposition: Disposition, mode: u32) -> Result<Descriptor, SysError> {
    with_path(path, "open", |path| {
        system_call::open(path, O_WRONLY | disposition.flags(), mode)
    })
}

/// All that can be read, as text. EFBIG over the limit, EILSEQ if it is not UTF-8.
pub fn read_text(descriptor: i32, limit: usize) -> Result<String, SysError> {
    String::from_utf8(read_bytes(descriptor, limit)?).map_err(|_| SysError::new(errno::EILSEQ, "read"))
}

/// All that can be read. EFBIG over the limit.
fn read_bytes(descriptor: i32, limit: usize) -> Result<Vec<u8>, SysError> {
    /// What a small file, and most of them are, needs.
    const FIRST: usize = 512;
    let mut content = Vec::<u8>::with_capacity(FIRST);
    loop {
        let count = system_call::read(descriptor, content.spare_capacity_mut())
            .map_err(SysError::from_call("read"))?;
        // SAFETY: the kernel has written that many bytes behind the others.
        unsafe { content.set_len(content.len() + count) };
        if content.len() > limit {
            return Err(SysError::new(errno::EFBIG, "read"));
        }
        if count == 0 {
            return Ok(content);
        }
        // There is always room to ask for more.
        content.reserve(FIRST / 2);
    }
}

/// The whole content. EFBIG over 1 MiB, EILSEQ if it is not UTF-8.
pub fn read(path: &str) -> Result<String, SysError> {
    let file = open(path, None)?;
    read_text(file.number(), READ_LIMIT).map_err(|error| error.at(path))
}

/// Writes all of the text. When this fails after the open, the file exists with a part of it.
pub fn write(file: Descriptor, text: &str, path: &str) -> Result<(), SysError> {
    system_call::write(file.number(), text.as_bytes()).map_err(|errno| SysError::new(errno, "write").at(path))
}

/// Waits for the exclusive flock(2) of an open file; closing it unlocks.
pub fn lock(descriptor: i32) -> Result<(), SysError> {
    system_call::lock(descriptor).map_err(SysError::from_call("flock"))
}

/// Makes one directory (EEXIST, ENOENT).
pub fn make_directory(path: &str, mode: u32) -> Result<(), SysError> {
    with_path(path, "mkdir", |path| system_call::make_directory(path, mode))
}

/// Unlinks a file.
pub fn remove(path: &str) -> Result<(), SysError> {
    with_path(path, "unlink", system_call::unlink)
}

/// The names in a directory, in no order, without those that are not UTF-8: none of ours is.
pub fn list(path: &str) -> Result<Vec<String>, SysError> {
    let mut names = Vec::new();
    for_each_name(path, |_, name| {
        if let Ok(name) = name.to_str() {
            names.push(name.to_owned());
        }
        Ok(())
    })?;
    Ok(names)
}

/// Names and contents of the files in a directory, in no order. What can't be read (a directory, for one), or is longer
/// than 1 MiB, is left out; bytes that are not UTF-8 become U+FFFD. It fails where the system only lacks means for the
/// moment: what is overlooked then might never be found again.
pub fn read_all(path: &str) -> Result<Vec<(String, String)>, SysError> {
    let mut files = Vec::new();
    for_each_name(path, |directory, name| {
        let content = system_call::open_at(directory, name, O_RDONLY | O_NONBLOCK, 0)
            .map_err(SysError::from_call("open"))
            .and_then(|file| read_bytes(file.number(), READ_LIMIT));
        match (name.to_str(), content) {
            (Ok(name), Ok(content)) => {
                files.push((name.to_owned(), String::from_utf8_lossy(&content).into_owned()));
            }
            (_, Err(error)) if matches!(error.errno, errno::EMFILE | errno::ENFILE | errno::ENOMEM) => {
                return Err(error.at(path));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(files)
}

/// Calls with the open directory and each name in it, up to an error.
fn for_each_name(
    path: &str,
    mut visit: impl FnMut(i32, &CStr) -> Result<(), SysError>,
) -> Result<(), SysError> {
    let directory = with_path(path, "open", |path| {
        system_call::open(path, O_RDONLY | O_DIRECTORY, 0)
    })?;
    let mut buffer = [0_u64; 512];
    loop {
        let length = system_call::directory_entries(directory.number(), &mut buffer)
            .map_err(|errno| SysError::new(errno, "getdents64").at(path))?;
        if length == 0 {
            return Ok(());
        }
        // SAFETY: the kernel has written that many bytes, and any eight bytes are a valid number.
        let mut rest = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), length) };
        while let Some((name, next)) = first_entry(rest) {
            if name != c"." && name != c".." {
                visit(directory.number(), name)?;
            }
            rest = next;
        }
    }
}

/// The name of the first entry that getdents64(2) gave, and what follows: inode and offset, eight bytes each, the
/// entry's length, two bytes, its type, one byte, the name.
fn first_entry(entries: &[u8]) -> Option<(&CStr, &[u8])> {
    let length = u16::from_ne_bytes(entries.get(16..18)?.try_into().ok()?);
    let (entry, rest) = entries.split_at_checked(usize::from(length))?;
    Some((CStr::from_bytes_until_nul(entry.get(19..)?).ok()?, rest))
}

/// Device and inode: equal exactly for descriptors of the same file, or of the same namespace.
pub fn identity(descriptor: i32) -> Result<String, SysError> {
    let (device, inode) = system_call::identity(descriptor).map_err(SysError::from_call("fstat"))?;
    Ok(format!("{device}:{inode}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::Folder;
    use std::fs;

    fn put(path: &str, text: &str, disposition: Disposition) -> Result<(), SysError> {
        write(open_for_writing(path, disposition, 0o600)?, text, path)
    }

    #[test]
    fn dispositions() {
        let folder = Folder::new("files-dispositions");
        let path = folder.path("f");
        assert_eq!(
            put(&path, "x", Disposition::Existing).unwrap_err().errno,
            errno::ENOENT
        );
        put(&path, "first", Disposition::Exclusive).unwrap();
        assert_eq!(
            put(&path, "x", Disposition::Exclusive).unwrap_err().errno,
            errno::EEXIST
        );
        put(&path, "2nd", Disposition::Replace).unwrap();
        assert_eq!(read(&path).unwrap(), "2nd");
        put(&path, "4", Disposition::Existing).unwrap();
        assert_eq!(read(&path).unwrap(), "4nd");
        assert_eq!(Disposition::parse("append"), None);
    }

    #[test]
    fn errors_carry_call_and_path() {
        let error = read("/nonexistent/file").unwrap_err();
        assert_eq!(
            error,
            SysError::new(errno::ENOENT, "open").at("/nonexistent/file")
        );
        assert_eq!(
            read("/").unwrap_err(),
            SysError::new(errno::EISDIR, "read").at("/")
        );
        assert_eq!(read("a\0b").unwrap_err().errno, errno::EINVAL);
        assert_eq!(remove("a\0b").unwrap_err().syscall, "unlink");
        assert_eq!(list("/nonexistent").unwrap_err().errno, errno::ENOENT);
    }

    #[test]
    fn content_that_is_no_text_or_too_long_is_refused() {
        let folder = Folder::new("files-content");
        fs::write(folder.path("binary"), [0xff, 0xfe]).unwrap();
        assert_eq!(read(&folder.path("binary")).unwrap_err().errno, errno::EILSEQ);
        fs::write(folder.path("long"), vec![b'x'; READ_LIMIT + 1]).unwrap();
        assert_eq!(read(&folder.path("long")).unwrap_err().errno, errno::EFBIG);
    }

    #[test]
    fn lists_and_removes() {
        let folder = Folder::new("files-list");
        make_directory(&folder.path("d"), 0o755).unwrap();
        assert_eq!(
            make_directory(&folder.path("d"), 0o755).unwrap_err().errno,
            errno::EEXIST
        );
        put(&folder.path("d/10.0.0.2"), "id", Disposition::Exclusive).unwrap();
        assert_eq!(list(&folder.path("d")).unwrap(), ["10.0.0.2"]);
        assert_eq!(
            list(&folder.path("d/10.0.0.2")).unwrap_err(),
            SysError::new(errno::ENOTDIR, "open").at(&folder.path("d/10.0.0.2"))
        );
        remove(&folder.path("d/10.0.0.2")).unwrap();
        assert_eq!(
            remove(&folder.path("d/10.0.0.2")).unwrap_err().errno,
            errno::ENOENT
        );
    }

    #[test]
    fn reads_all_that_can_be_read() {
        let folder = Folder::new("files-read-all");
        put(&folder.path("10.0.0.2"), "id", Disposition::Exclusive).unwrap();
        put(&folder.path("empty"), "", Disposition::Exclusive).unwrap();
        fs::write(folder.path("binary"), [b'x', 0xff]).unwrap();
        fs::write(folder.path("long"), vec![b'x'; READ_LIMIT + 1]).unwrap();
        make_directory(&folder.path("d"), 0o755).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path("dangling")).unwrap();
        let mut files = read_all(&folder.path("")).unwrap();
        files.sort();
        let expected = [("10.0.0.2", "id"), ("binary", "x\u{fffd}"), ("empty", "")];
        assert_eq!(
            files,
            expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
        assert_eq!(read_all("/nonexistent").unwrap_err().errno, errno::ENOENT);
    }

    #[test]
    fn a_long_list_comes_whole() {
        let folder = Folder::new("files-long-list");
        let mut wanted: Vec<String> = (0..1000).map(|number| format!("name-{number}")).collect();
        for name in &wanted {
            put(&folder.path(name), "", Disposition::Exclusive).unwrap();
        }
        let mut names = list(&folder.path("")).unwrap();
        names.sort();
        wanted.sort();
        assert_eq!(names, wanted);
    }

    #[test]
    fn a_torn_directory_entry_ends_the_list() {
        for length in [0, 1, 17, 18, 19, 23] {
            let mut entry = [0_u8; 24];
            entry[16..18].copy_from_slice(&24_u16.to_ne_bytes());
            assert!(first_entry(&entry[..length]).is_none());
        }
        // A length that would go on for ever, and a name without an end.
        assert!(first_entry(&[0; 24]).is_none());
        let mut endless = [1_u8; 24];
        endless[16..18].copy_from_slice(&24_u16.to_ne_bytes());
        assert!(first_entry(&endless).is_none());
    }

    #[test]
    fn long_content_comes_whole() {
        let folder = Folder::new("files-long");
        for length in [0, 1, 511, 512, 513, 100_000, READ_LIMIT] {
            let text = "x".repeat(length);
            fs::write(folder.path("f"), &text).unwrap();
            assert_eq!(read(&folder.path("f")).unwrap(), text);
        }
    }

    #[test]
    fn identity_is_the_file_not_the_descriptor() {
        let folder = Folder::new("files-identity");
        let one = open(&folder.path("lock"), Some(0o750)).unwrap();
        let two = open(&folder.path("lock"), Some(0o750)).unwrap();
        let other = open(&folder.path("other"), Some(0o750)).unwrap();
        lock(one.number()).unwrap();
        assert_eq!(identity(one.number()).unwrap(), identity(two.number()).unwrap());
        assert_ne!(identity(one.number()).unwrap(), identity(other.number()).unwrap());
    }
}
