//! Memory from the kernel.

use linux_raw_sys::general as kernel;

use super::call;

/// New memory of that length, zero. None where the kernel has none.
pub fn map(length: usize) -> Option<*mut u8> {
    map_new(0, length, 0).map(|address| address as *mut u8)
}

/// New memory at that address: false if the kernel has none, or there is something already. Kernels before 4.17 take the
/// address for a wish.
#[cfg(not(test))]
pub fn map_at(address: usize, length: usize) -> bool {
    map_new(address, length, kernel::MAP_FIXED_NOREPLACE) == Some(address)
}

fn map_new(address: usize, length: usize, flags: u32) -> Option<usize> {
    let protection = (kernel::PROT_READ | kernel::PROT_WRITE) as usize;
    let flags = (kernel::MAP_PRIVATE | kernel::MAP_ANONYMOUS | flags) as usize;
    // SAFETY: a new anonymous mapping touches nothing that exists.
    unsafe {
        call(
            kernel::__NR_mmap,
            [address, length, protection, flags, usize::MAX, 0],
        )
    }
    .ok()
}

/// Gives memory back.
///
/// # Safety
/// It must be a whole mapping of `map` with that length, and used by nobody.
pub unsafe fn unmap(start: *mut u8, length: usize) {
    // SAFETY: as the caller promises.
    let _ = unsafe { call(kernel::__NR_munmap, [start as usize, length]) };
}

/// Makes a mapping longer or shorter, perhaps elsewhere. None where the kernel has no room; it is as before then.
///
/// # Safety
/// It must be a whole mapping of `map` with that length; where it was, nobody may use it afterwards.
pub unsafe fn remap(start: *mut u8, length: usize, new_length: usize) -> Option<*mut u8> {
    let flags = kernel::MREMAP_MAYMOVE as usize;
    // SAFETY: as the caller promises.
    let mapped = unsafe { call(kernel::__NR_mremap, [start as usize, length, new_length, flags]) };
    mapped.ok().map(|address| address as *mut u8)
}

/// What pages are wanted for. Those of a file that are only read are not copied.
pub enum Access {
    #[cfg(not(test))]
    Read,
    Write,
}

/// Has the pages of that range, which begins with one, handed over at once instead of at a fault for each; what is in them
/// stays. Kernels before 5.14 don't know the advice: then they come one by one.
pub fn populate(start: usize, length: usize, access: Access) {
    let advice = match access {
        #[cfg(not(test))]
        Access::Read => kernel::MADV_POPULATE_READ,
        Access::Write => kernel::MADV_POPULATE_WRITE,
    };
    // SAFETY: the advice doesn't change what is in the memory.
    let _ = unsafe { call(kernel::__NR_madvise, [start, length, advice as usize]) };
}
