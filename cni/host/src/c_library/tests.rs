//! Ours beside the C library that the tests have.

use super::{leading_number, number_text};
use core::ffi::{CStr, c_char, c_int, c_void};
use std::ffi::CString;

// Ours, and the C library's that the tests have.
unsafe extern "C" {
    fn podway_memmove(target: *mut c_void, source: *const c_void, length: usize) -> *mut c_void;
    fn podway_memset(target: *mut c_void, byte: c_int, length: usize) -> *mut c_void;
    fn podway_memcmp(one: *const c_void, other: *const c_void, length: usize) -> c_int;
    fn podway_memchr(text: *const c_void, byte: c_int, length: usize) -> *const c_void;
    fn podway_strlen(text: *const c_char) -> usize;
    fn podway_strcmp(one: *const c_char, other: *const c_char) -> c_int;
    fn podway_strchr(text: *const c_char, letter: c_int) -> *const c_char;
    fn podway_strrchr(text: *const c_char, letter: c_int) -> *const c_char;
    fn podway_strstr(text: *const c_char, part: *const c_char) -> *const c_char;
    fn podway_snprintf(text: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
    fn snprintf(text: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
    fn strcmp(one: *const c_char, other: *const c_char) -> c_int;
    fn strchr(text: *const c_char, letter: c_int) -> *const c_char;
    fn strrchr(text: *const c_char, letter: c_int) -> *const c_char;
    fn strstr(text: *const c_char, part: *const c_char) -> *const c_char;
    fn strtod(text: *const c_char, end: *mut *const c_char) -> f64;
}

/// Every length up to 100 and every distance that overlaps or doesn't.
#[test]
fn memory_is_moved_like_a_slice() {
    for length in 0..100 {
        for source in [0, 40, 57, 119] {
            for target in 0..120 {
                let mut wanted: [u8; 256] = core::array::from_fn(|index| index as u8);
                let mut ours = wanted;
                wanted.copy_within(source..source + length, target);
                let start = ours.as_mut_ptr();
                // SAFETY: both ranges lie in the array.
                unsafe { podway_memmove(start.add(target).cast(), start.add(source).cast(), length) };
                assert_eq!(ours, wanted, "{length} from {source} to {target}");
            }
        }
    }
}

#[test]
fn memory_is_set_and_nothing_beside_it() {
    for length in 0..100 {
        let mut ours = [1_u8; 128];
        // SAFETY: the range lies in the array. Only the lowest byte of the number counts.
        unsafe { podway_memset(ours.as_mut_ptr().add(9).cast(), 0x1fe, length) };
        let set = |index: usize| (9..9 + length).contains(&index);
        assert!((0..128).all(|index| ours[index] == if set(index) { 0xfe } else { 1 }));
    }
}

#[test]
fn memory_is_compared_as_unsigned_bytes() {
    for length in 0..40 {
        for place in 0..=length {
            for (one, other) in [(0x7f, 0x80), (0, 0xff), (5, 5), (9, 8)] {
                let mut a = vec![7_u8; length];
                let mut b = a.clone();
                if place < length {
                    (a[place], b[place]) = (one, other);
                }
                // SAFETY: both are that long.
                let ours = unsafe { podway_memcmp(a.as_ptr().cast(), b.as_ptr().cast(), length) };
                assert_eq!(ours.cmp(&0), a.cmp(&b));
                let wanted = a.iter().position(|byte| *byte == one);
                // SAFETY: it is that long.
                let found = unsafe { podway_memchr(a.as_ptr().cast(), 0x100 + c_int::from(one), length) };
                assert_eq!(
                    wanted.map_or(0, |index| a.as_ptr() as usize + index),
                    found as usize
                );
            }
        }
    }
}

#[test]
fn strings_are_searched_as_the_c_library_does() {
    let texts = [
        c"",
        c"a",
        c"b",
        c"ab",
        c"aab",
        c"abab",
        c"aaab",
        c"\xff",
        c"a\xff",
        c"abc/def/",
    ];
    for one in texts {
        // SAFETY: all are strings.
        unsafe {
            assert_eq!(podway_strlen(one.as_ptr()), one.count_bytes());
            for letter in [0, 97, 98, 0x161, 47, 255] {
                assert_eq!(podway_strchr(one.as_ptr(), letter), strchr(one.as_ptr(), letter));
                assert_eq!(
                    podway_strrchr(one.as_ptr(), letter),
                    strrchr(one.as_ptr(), letter)
                );
            }
            for other in texts {
                let (ours, theirs) = (
                    podway_strcmp(one.as_ptr(), other.as_ptr()),
                    strcmp(one.as_ptr(), other.as_ptr()),
                );
                assert_eq!(ours.signum(), theirs.signum());
                assert_eq!(
                    podway_strstr(one.as_ptr(), other.as_ptr()),
                    strstr(one.as_ptr(), other.as_ptr())
                );
            }
        }
    }
}

/// The same format and arguments to both, into every size of buffer.
macro_rules! same {
    ($format:expr $(, $argument:expr)*) => {
        for size in [0, 1, 5, 200] {
            let (mut ours, mut theirs) = ([b'#' as c_char; 200], [b'#' as c_char; 200]);
            let format: &CStr = $format;
            // SAFETY: the arguments are what the format says, and the buffers are that long.
            let lengths = unsafe {
                (
                    podway_snprintf(ours.as_mut_ptr(), size, format.as_ptr() $(, $argument)*),
                    snprintf(theirs.as_mut_ptr(), size, format.as_ptr() $(, $argument)*),
                )
            };
            assert_eq!(lengths.0, lengths.1, "{format:?}");
            assert_eq!(ours, theirs, "{format:?}");
        }
    };
}

#[test]
fn messages_are_the_c_library_s() {
    let text = c"property".as_ptr();
    same!(c"plain 100%%");
    same!(c"'%s' is not a %s of %d", text, c"".as_ptr(), -5);
    same!(
        c"%.3s|%.*s|%10s|%-10s|%2s|%.0s",
        text,
        4,
        text,
        text,
        text,
        text,
        text
    );
    same!(c"%c%3c%-3c|", 65, 66, 67);
    same!(c"%p %14p", 0xdead_beef_usize as *const u8, 16_usize as *const u8);
    for value in [0, 1, -1, 42, -42, i32::MAX, i32::MIN] {
        same!(
            c"%d %5d %-5d| %05d %+d % d %.3d %8.3d %-8.3d| %.0d",
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value
        );
        same!(
            c"%u %x %X %04x %08x %#x %#10x %hd %hhu %hhx",
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value
        );
        same!(c"%i %*d %-*d| %0*d", value, 7, value, 7, value, 7, value);
        same!(c"%*d|", -7, value);
    }
    for value in [0, 1, -1, i64::MAX, i64::MIN] {
        same!(
            c"%ld %lld %lu %llx %zd %zu %jd %td",
            value,
            value,
            value,
            value,
            value,
            value,
            value,
            value
        );
    }
    // The C library's own words for null, so not compared beyond ours.
    let mut ours = [0; 16];
    // SAFETY: the buffer is that long.
    let length =
        unsafe { podway_snprintf(ours.as_mut_ptr(), 16, c"%s".as_ptr(), core::ptr::null::<c_char>()) };
    assert_eq!(length, 6);
}

/// To look for the end of the whole text at each number would take minutes for a large configuration.
#[test]
fn no_more_is_read_than_a_number_can_have() {
    for (text, length) in [(c"1,1,1", 1), (c" -2.5E+7]", 8), (c"x", 0), (c"", 0), (c"12", 2)] {
        // SAFETY: all are strings.
        assert_eq!(unsafe { number_text(text.as_ptr()) }.len(), length);
    }
}

#[test]
fn numbers_are_read_as_the_c_library_does() {
    let texts = [
        "",
        " ",
        "-",
        "+",
        ".",
        "e5",
        "0",
        "-0",
        "+7",
        " \t\n12",
        "1.",
        ".5",
        "-.5e1x",
        "1e",
        "1e+",
        "1e-2",
        "1E5,",
        "12345678901234567890",
        "0.1",
        "1e308",
        "1e309",
        "-1e309",
        "5e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "9007199254740993",
        "1.7976931348623158e308",
        "3]",
        "4}",
        "1..2",
        "1.5.5",
        "--1",
        "x1",
    ];
    for text in texts {
        let string = CString::new(text).unwrap();
        let mut end = core::ptr::null();
        // SAFETY: the text is a string, and the end may be written.
        let theirs = unsafe { strtod(string.as_ptr(), &raw mut end) };
        // SAFETY: as above.
        let (ours, length) = leading_number(unsafe { number_text(string.as_ptr()) });
        assert_eq!(ours.to_bits(), theirs.to_bits(), "{text:?}");
        assert_eq!(length, end as usize - string.as_ptr() as usize, "{text:?}");
    }
}
