//! What the engine's C code calls of a C library, under the names that it calls it by: memory and strings and messages
//! from `src/c`, mathematics from the crate `libm`, the rest from the kernel. There is one thread, one time (the
//! beginning of 1970, UTC), and no standard output for C.
//!
//! What is missing here, the linker names: no C library comes behind.

use core::ffi::c_char;

/// Gives the functions of `src/c` their own names.
#[cfg(not(test))]
macro_rules! names {
    ($($name:literal)*) => {
        $(
            #[cfg(target_arch = "x86_64")]
            core::arch::global_asm!(
                ".text", concat!(".globl ", $name), concat!(".type ", $name, ", @function"),
                concat!($name, ": jmp podway_", $name),
            );
            #[cfg(target_arch = "aarch64")]
            core::arch::global_asm!(
                ".text", concat!(".globl ", $name), concat!(".type ", $name, ", %function"),
                concat!($name, ": b podway_", $name),
            );
        )*
    };
}

#[cfg(not(test))]
names!(
    "bcmp" "fprintf" "fputc" "fwrite" "memchr" "memcmp" "memcpy" "memmove" "memset" "printf" "putc" "putchar" "puts"
    "snprintf" "strchr" "strcmp" "strlen" "strrchr" "strstr" "vfprintf" "vsnprintf"
);

/// The number that the text begins with, after white space, and how long both are together: what strtod(3) reads of
/// decimal numbers. JSON has no others.
fn leading_number(text: &[u8]) -> (f64, usize) {
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let sign = |at: usize| usize::from(matches!(text.get(at), Some(b'+' | b'-')));
    let start = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let whole = start + sign(start);
    let mut end = whole + digits(whole);
    let mut count = end - whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        count += fraction;
        if count > 0 {
            end += 1 + fraction;
        }
    }
    if count == 0 {
        return (0.0, 0);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + sign(end + 1);
        let power = digits(exponent);
        if power > 0 {
            end = exponent + power;
        }
    }
    let number = core::str::from_utf8(&text[start..end])
        .ok()
        .and_then(|text| text.parse().ok());
    (number.unwrap_or_default(), end)
}

/// What a number at the beginning of the text can consist of, and no more: the text may be megabytes long, with a number
/// in every second byte.
///
/// # Safety
/// `text` must be a string, which stays as it is.
unsafe fn number_text<'a>(text: *const c_char) -> &'a [u8] {
    let text = text.cast::<u8>();
    let mut length = 0;
    // SAFETY: the string goes on up to its NUL, which is in no number.
    unsafe {
        while matches!(*text.add(length), b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E' | b' ' | b'\t'..=b'\r')
        {
            length += 1;
        }
        core::slice::from_raw_parts(text, length)
    }
}

/// What can't be tested under these names: the tests have a C library.
#[cfg(not(test))]
mod exported {
    use core::{
        ffi::{CStr, c_char, c_int, c_void},
        ptr,
    };

    use crate::failure;

    macro_rules! mathematics {
        ($($name:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)?;)*) => {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $name($($argument: $kind),*) -> f64 {
                    libm::$name($($argument),*)
                }
            )*
        };
    }

    mathematics!(
        acos(x: f64);
        acosh(x: f64);
        asin(x: f64);
        asinh(x: f64);
        atan(x: f64);
        atan2(y: f64, x: f64);
        atanh(x: f64);
        cbrt(x: f64);
        ceil(x: f64);
        cos(x: f64);
        cosh(x: f64);
        exp(x: f64);
        expm1(x: f64);
        floor(x: f64);
        fmod(x: f64, y: f64);
        hypot(x: f64, y: f64);
        log(x: f64);
        log10(x: f64);
        log1p(x: f64);
        log2(x: f64);
        pow(x: f64, y: f64);
        round(x: f64);
        scalbn(x: f64, n: c_int);
        sin(x: f64);
        sinh(x: f64);
        sqrt(x: f64);
        tan(x: f64);
        tanh(x: f64);
        trunc(x: f64);
    );

    #[unsafe(no_mangle)]
    extern "C" fn lrint(x: f64) -> i64 {
        libm::rint(x) as i64
    }

    /// # Safety
    /// `exponent` must be valid for writes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn frexp(x: f64, exponent: *mut c_int) -> f64 {
        let (fraction, power) = libm::frexp(x);
        // SAFETY: as the caller promises.
        unsafe { exponent.write(power) };
        fraction
    }

    /// # Safety
    /// `whole` must be valid for writes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn modf(x: f64, whole: *mut f64) -> f64 {
        let (fraction, integer) = libm::modf(x);
        // SAFETY: as the caller promises.
        unsafe { whole.write(integer) };
        fraction
    }

    /// # Safety
    /// `text` must be a string; `end` must be null, or valid for writes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn strtod(text: *const c_char, end: *mut *const c_char) -> f64 {
        // SAFETY: as the caller promises.
        let (number, length) = super::leading_number(unsafe { super::number_text(text) });
        if !end.is_null() {
            // SAFETY: as the caller promises; the number ends in the string.
            unsafe { end.write(text.add(length)) };
        }
        number
    }

    /// There is no memory but what the engine is given for each runtime.
    #[unsafe(no_mangle)]
    extern "C" fn malloc(_size: usize) -> *mut c_void {
        ptr::null_mut()
    }

    #[unsafe(no_mangle)]
    extern "C" fn calloc(_count: usize, _size: usize) -> *mut c_void {
        ptr::null_mut()
    }

    #[unsafe(no_mangle)]
    extern "C" fn realloc(_block: *mut c_void, _size: usize) -> *mut c_void {
        ptr::null_mut()
    }

    #[unsafe(no_mangle)]
    extern "C" fn free(_block: *mut c_void) {}

    #[unsafe(no_mangle)]
    extern "C" fn malloc_usable_size(_block: *mut c_void) -> usize {
        0
    }

    /// No stream: see `src/c/diagnostics.c`.
    #[unsafe(no_mangle)]
    #[allow(non_upper_case_globals)]
    static stdout: usize = 0;

    macro_rules! one_thread {
        ($($name:ident($($argument:ident),*);)*) => {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $name($($argument: *mut c_void),*) -> c_int {
                    $(let _ = $argument;)*
                    0
                }
            )*
        };
    }

    // Locks that nobody else takes, and conditions that nobody waits for.
    one_thread!(
        pthread_mutex_init(mutex, attributes);
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
        pthread_cond_init(condition, attributes);
        pthread_cond_signal(condition);
        pthread_cond_destroy(condition);
        pthread_condattr_init(attributes);
        pthread_condattr_destroy(attributes);
    );

    #[unsafe(no_mangle)]
    extern "C" fn pthread_condattr_setclock(_attributes: *mut c_void, _clock: c_int) -> c_int {
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn pthread_cond_wait(_condition: *mut c_void, _mutex: *mut c_void) -> c_int {
        failure::exit(&"the JavaScript engine waits for a thread")
    }

    #[unsafe(no_mangle)]
    extern "C" fn pthread_cond_timedwait(
        _condition: *mut c_void,
        _mutex: *mut c_void,
        _until: *const c_void,
    ) -> c_int {
        failure::exit(&"the JavaScript engine waits for a thread")
    }

    /// # Safety
    /// `done` must be valid for reads and writes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn pthread_once(done: *mut c_int, first: extern "C" fn()) -> c_int {
        // SAFETY: as the caller promises.
        if unsafe { done.replace(1) } == 0 {
            first();
        }
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn abort() -> ! {
        failure::exit(&"the JavaScript engine gave up")
    }

    /// # Safety
    /// Both must be strings.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __assert_fail(
        expression: *const c_char,
        file: *const c_char,
        line: u32,
        _function: *const c_char,
    ) -> ! {
        // SAFETY: as the caller promises.
        let (file, expression) = unsafe { (CStr::from_ptr(file), CStr::from_ptr(expression)) };
        failure::exit(&format_args!(
            "{}:{line}: assertion failed: {}",
            file.to_string_lossy(),
            expression.to_string_lossy()
        ))
    }

    // For C, time stands still. The scripts have no dates, and seeds of random numbers that nobody draws must not make
    // each memory image another one.

    /// # Safety
    /// `time` must be valid for writes of two numbers.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_gettime(_clock: c_int, time: *mut [i64; 2]) -> c_int {
        // SAFETY: as the caller promises.
        unsafe { time.write([0; 2]) };
        0
    }

    /// # Safety
    /// `time` must be valid for writes of two numbers.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn gettimeofday(time: *mut [i64; 2], _zone: *mut c_void) -> c_int {
        // SAFETY: as the caller promises.
        unsafe { time.write([0; 2]) };
        0
    }
}

#[cfg(test)]
mod tests;
