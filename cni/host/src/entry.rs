//! Where the kernel enters, and what the compiler expects to find in every program.
//!
//! There is no C library whose start-up code would run before us: glibc's asks the processor about its caches by dozens
//! of CPUID instructions, each of which leaves a virtual machine. That was half a millisecond, a fifth of an ADD.

use core::{arch::global_asm, ffi::c_char, panic::PanicInfo};

use crate::{engine::Engine, failure, host, image, process, system_call};

// The kernel leaves the count of arguments at the top of the stack, the arguments behind it, a null, the environment, a
// null. No frame is above ours. The stack pointer is aligned as a call wants it.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".text",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {begin}",
    "ud2",
    begin = sym begin,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".text",
    ".globl _start",
    ".type _start, %function",
    "_start:",
    "mov x29, #0",
    "mov x30, #0",
    "mov x0, sp",
    "bl {begin}",
    "brk #1",
    begin = sym begin,
);

/// # Safety
/// The stack must be as the kernel leaves it for a new program.
unsafe extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: as the caller promises.
    unsafe {
        let count = stack.read();
        let arguments = stack.add(1).cast::<*const c_char>();
        process::begin(arguments, arguments.add(count + 1));
    }
    match process::tell_build_info() {
        Ok(true) => failure::leave(0),
        Ok(false) => {}
        Err(error) => failure::exit(&error),
    }
    let code = match image::program() {
        Some(program) => program.run(),
        None if process::only_argument() == Some(image::ARGUMENT) => image::print(),
        None => Engine::start(crate::MODULES)
            .and_then(|engine| engine.program(host::system))
            .and_then(|program| program.run()),
    };
    match code {
        Ok(code) => failure::leave(code),
        Err(error) => failure::exit(&error),
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    failure::exit(info)
}

/// Named by the tables for unwinding that come with the compiled core library. Nobody unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    system_call::abort()
}

/// Named by the compiled core library, too.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    system_call::abort()
}
