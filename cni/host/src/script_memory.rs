//! The memory that the scripts live in: blocks of the program's heap that know their own size, as the engine wants it.

use alloc::alloc as heap;
use core::{alloc::Layout, mem, ptr};

use rquickjs::allocator::Allocator;

/// Of every block, and the length of what stands before it: its size.
const ALIGN: usize = mem::align_of::<u64>();

/// Takes everything from the heap.
pub struct ScriptMemory;

/// The size of a block that holds `size` bytes; none if no memory is that large.
fn round(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(ALIGN)
        .filter(|size| *size < isize::MAX as usize - ALIGN)
}

/// Of a block of that size and what stands before it.
fn layout(size: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and `round` gives no sizes whose sum would be too large.
    unsafe { Layout::from_size_align_unchecked(ALIGN + size, ALIGN) }
}

/// Writes the size at the start of what the heap gave; the block behind it. Null stays null.
///
/// # Safety
/// There must be room for `layout(size)`.
unsafe fn block_at(start: *mut u8, size: usize) -> *mut u8 {
    if start.is_null() {
        return start;
    }
    // SAFETY: as the caller promises.
    unsafe {
        start.cast::<usize>().write(size);
        start.add(ALIGN)
    }
}

/// # Safety
/// The block must be one of ours.
unsafe fn size_of(block: *mut u8) -> usize {
    // SAFETY: as the caller promises.
    unsafe { block.sub(ALIGN).cast::<usize>().read() }
}

// SAFETY: every block lies behind its size, is aligned to eight bytes like all that the engine has, and is the heap's.
unsafe impl Allocator for ScriptMemory {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        let Some(size) = round(size) else {
            return ptr::null_mut();
        };
        // SAFETY: the layout has a size.
        unsafe { block_at(heap::alloc(layout(size)), size) }
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let Some(size) = count.checked_mul(size).and_then(round) else {
            return ptr::null_mut();
        };
        // SAFETY: the layout has a size.
        unsafe { block_at(heap::alloc_zeroed(layout(size)), size) }
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if block.is_null() {
            return;
        }
        // SAFETY: the block is one of ours.
        unsafe { heap::dealloc(block.sub(ALIGN), layout(size_of(block))) }
    }

    unsafe fn realloc(&mut self, block: *mut u8, new_size: usize) -> *mut u8 {
        if block.is_null() {
            return self.alloc(new_size);
        }
        let Some(size) = round(new_size) else {
            return ptr::null_mut();
        };
        // SAFETY: the block is one of ours, and `round` keeps the sum valid.
        unsafe {
            let start = heap::realloc(block.sub(ALIGN), layout(size_of(block)), ALIGN + size);
            block_at(start, size)
        }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        // SAFETY: the block is one of ours.
        unsafe { size_of(block) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_size_and_keep_their_content() {
        let mut memory = ScriptMemory;
        for size in [0, 1, 7, 8, 9, 4096, 1 << 20] {
            let block = memory.alloc(size);
            assert_eq!(block as usize % ALIGN, 0);
            // SAFETY: the block is alive, and as long as its usable size until it is resized.
            unsafe {
                assert_eq!(ScriptMemory::usable_size(block), size.next_multiple_of(8));
                block.write_bytes(0x5a, size);
                let moved = memory.realloc(block, size + 100_000);
                let kept = std::slice::from_raw_parts(moved, size);
                assert!(kept.iter().all(|byte| *byte == 0x5a));
                assert!(ScriptMemory::usable_size(moved) >= size + 100_000);
                memory.dealloc(moved);
            }
        }
        // SAFETY: null is no block, and freed by doing nothing.
        unsafe { memory.dealloc(ptr::null_mut()) };
    }

    #[test]
    fn cleared_memory_is_clear_also_where_it_was_used_before() {
        let mut memory = ScriptMemory;
        let block = memory.alloc(64);
        // SAFETY: the blocks are alive where they are used.
        unsafe {
            block.write_bytes(0xff, 64);
            memory.dealloc(block);
            let again = memory.calloc(8, 8);
            assert!(
                std::slice::from_raw_parts(again, 64)
                    .iter()
                    .all(|byte| *byte == 0)
            );
            memory.dealloc(again);
        }
    }

    #[test]
    fn what_no_memory_can_hold_is_refused() {
        let mut memory = ScriptMemory;
        for size in [usize::MAX, usize::MAX - 40, isize::MAX as usize] {
            assert!(memory.alloc(size).is_null());
            assert!(memory.calloc(size, 2).is_null());
        }
        let block = memory.alloc(1);
        // SAFETY: the block is alive, and stays so where this fails.
        unsafe {
            assert!(memory.realloc(block, usize::MAX).is_null());
            memory.dealloc(block);
        }
    }
}
