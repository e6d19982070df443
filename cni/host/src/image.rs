//! The memory image: what the program's writable memory holds when the engine has started and has read the modules that
//! most calls need. The build asks a program without one to print it, and puts it into the executable
//! (`tools/build/memory-image.ts`), whose every start then begins there: to start the engine, and to read and evaluate
//! bytecode, took a third of an ADD, and ended the same every time.
//!
//! Three things make that work. The program runs at fixed addresses, code and memory, and no library is linked when it
//! starts. All that the engine has by then lies in the program's own memory: `print` refuses if the kernel had to give
//! any. And no descriptor, no environment, nothing of the process that prints is in it.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};
use core::{arch::asm, cell::UnsafeCell, ffi::CStr, hint, ops::Range, ptr, slice};

use crate::{
    engine::{Engine, Program},
    failure, heap, host, process,
    system_call::{
        self,
        memory::{self, Access},
    },
};

/// Asks for the image. In a program that has one already it means nothing.
pub const ARGUMENT: &CStr = c"--memory-image";

/// What is in the image besides `main.js`: what calls of the plain network need, and what is for its chain. Other modules
/// are read when they are used.
const MODULES: [&str; 2] = ["ptp-del.js", "ptp-add.js"];
const CHAIN_MODULES: [&str; 2] = ["ptp-del-whole.js", "ptp-add-whole.js"];

/// What a start of the executable finds.
struct Image {
    program: Program,
    /// The parts of the heap that every call needs, from its beginning: what is for the chain lies between them, and comes
    /// page by page. `main.js` is behind it, so that what the engine takes next is near what it took last.
    needed: [Range<usize>; 2],
}

struct Carried(UnsafeCell<Option<Image>>);

// SAFETY: there is only one thread.
unsafe impl Sync for Carried {}

static CARRIED: Carried = Carried(UnsafeCell::new(None));

/// The program that this executable carries, with its memory at hand. None if it carries none.
pub fn program() -> Option<&'static Program> {
    // The compiler may take it for granted that nothing was written yet when a program begins. Here it was.
    let carried = hint::black_box(&CARRIED);
    // SAFETY: there is one thread, and it changes the value in `print` only, which nobody returns from.
    let image = unsafe { (*carried.0.get()).as_ref() }?;
    warm(image);
    Some(&image.program)
}

/// Has what every call needs handed over by a few calls: code, heap and stack. The hundreds of page faults instead would
/// take a fifth of an ADD.
fn warm(image: &Image) {
    const PAGE: usize = 4096;
    const STACK: usize = 4 * PAGE;
    let pages = |start: usize, end: usize| (start & !(PAGE - 1), end.next_multiple_of(PAGE));
    let (code, code_end) = pages((&raw const _start).addr(), (&raw const etext).addr());
    memory::populate(code, code_end - code, Access::Read);
    image.needed.iter().cloned().for_each(heap::warm);
    let top = pages((&raw const image).addr(), 0).0;
    memory::populate(top - STACK, STACK, Access::Write);
}

unsafe extern "C" {
    /// Where the program's code begins and ends. The linker says so.
    static _start: u8;
    static etext: u8;
}

/// Starts the engine and prints the image, for an executable whose engine has not started; returns only an error.
///
/// All of it happens on a stack at an address that is always the same: some of what starts remembers where that was, and
/// equal sources have to give equal executables.
pub fn print() -> Result<i32, String> {
    /// Far from where the kernel puts anything by itself.
    const STACK: usize = 0x1000_0000;
    const STACK_LENGTH: usize = 1 << 20;
    if !memory::map_at(STACK, STACK_LENGTH) {
        return Err("no memory for a stack".to_owned());
    }
    let top = STACK + STACK_LENGTH;
    // SAFETY: nothing else uses that memory; the old stack stays as it is, and nobody comes back to it.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!(
            "mov rsp, {top}", "xor ebp, ebp", "call {print}", "ud2",
            top = in(reg) top, print = sym start_and_print, options(noreturn),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "mov sp, {top}", "mov x29, #0", "bl {print}", "brk #1",
            top = in(reg) top, print = sym start_and_print, options(noreturn),
        );
    }
}

extern "C" fn start_and_print() -> ! {
    match prepare().and_then(|()| write()) {
        Ok(()) => failure::leave(0),
        Err(error) => failure::exit(&error),
    }
}

fn prepare() -> Result<(), String> {
    let settle = || heap::settle().ok_or("the first chunk of the heap is too small");
    process::forget();
    let engine = Engine::start(crate::MODULES)?;
    MODULES.iter().try_for_each(|name| engine.load(name))?;
    let first = 0..settle()?;
    engine.apart(|engine| CHAIN_MODULES.iter().try_for_each(|name| engine.load(name)))?;
    let start = settle()?;
    let program = engine.program(host::system)?;
    let needed = [first, start..settle()?];
    // SAFETY: there is one thread, and nobody has a reference to it.
    unsafe { *CARRIED.0.get() = Some(Image { program, needed }) };
    Ok(())
}

fn write() -> Result<(), String> {
    let segment = writable_segment().ok_or_else(|| "no writable segment".to_owned())?;
    system_call::write(process::STDOUT, segment).map_err(|errno| errno.to_string())
}

unsafe extern "C" {
    /// The executable's header: its beginning, as the linker has put it into memory.
    static __ehdr_start: u8;
}

/// The program's last writable segment: all that it changes is there.
fn writable_segment() -> Option<&'static [u8]> {
    const LOAD: u32 = 1;
    const WRITABLE: u32 = 2;
    let header = ptr::with_exposed_provenance::<u8>((&raw const __ehdr_start).expose_provenance());
    // SAFETY: elf(5) has it so: the offset of the program headers at 32, their count at 56; they are 56 bytes long, with
    // type, flags, and at 16 and 40 address and length in memory. The segment is mapped as long as the program runs.
    unsafe {
        let table = header.byte_add(header.byte_add(32).cast::<u64>().read() as usize);
        let count = header.byte_add(56).cast::<u16>().read() as usize;
        (0..count)
            .map(|index| table.byte_add(56 * index))
            .rfind(|entry| {
                let [kind, flags] = entry.cast::<[u32; 2]>().read();
                kind == LOAD && flags & WRITABLE != 0
            })
            .map(|entry| {
                let address = entry.byte_add(16).cast::<u64>().read() as usize;
                let length = entry.byte_add(40).cast::<u64>().read() as usize;
                slice::from_raw_parts(ptr::with_exposed_provenance(address), length)
            })
    }
}
