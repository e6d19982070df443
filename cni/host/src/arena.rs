//! The memory that the scripts live in. The process runs for milliseconds, so what they allocate is cut from one piece
//! that the kernel hands over in large steps, and almost nothing is given back: a page fault for each new page of an
//! ordinary heap took a tenth of an ADD.

use alloc::alloc as heap;
use core::{
    alloc::Layout,
    mem,
    ptr::{self, NonNull},
};

use crate::system_call::memory;
use rquickjs::allocator::Allocator;

/// About twice what an ADD needs. What doesn't fit comes from the heap, so this is also the most that can
/// be lost to blocks that are freed but not used again.
const SIZE: usize = 1 << 20;

/// The kernel is asked for that much at once.
const STEP: usize = 32 << 10;

/// Of every block; what `malloc` promises, too.
const ALIGN: usize = mem::size_of::<Header>();

/// Stands before every block, wherever it comes from.
#[repr(C, align(16))]
struct Header {
    /// Of the block without its header, as it may be used: a multiple of `ALIGN`.
    size: usize,
}

/// Blocks one after another in one piece of memory, then the heap's.
pub struct Arena {
    /// `SIZE` bytes; none where the kernel didn't give them.
    base: Option<NonNull<u8>>,
    /// Where the next block begins, from the base on.
    used: usize,
    /// Up to where the kernel has been asked to hand the pages over.
    populated: usize,
}

impl Arena {
    /// Reserves the addresses; memory comes with the first blocks.
    pub fn new() -> Self {
        Self {
            base: memory::map(SIZE).and_then(NonNull::new),
            used: 0,
            populated: 0,
        }
    }

    /// Room for a block of that size, header included, at the end of what is used; none if it doesn't fit.
    fn cut(&mut self, length: usize) -> Option<NonNull<u8>> {
        let base = self.base?;
        let end = self.used.checked_add(length).filter(|end| *end <= SIZE)?;
        // SAFETY: `used` is less than the size of the mapping.
        let block = unsafe { base.add(self.used) };
        self.used = end;
        self.populate();
        Some(block)
    }

    /// Takes the pages up to the end of what is used, and some more, with one call instead of a fault for each.
    fn populate(&mut self) {
        if self.used <= self.populated {
            return;
        }
        let end = self.used.next_multiple_of(STEP).min(SIZE);
        if let Some(base) = self.base {
            // SAFETY: the range lies in the mapping.
            unsafe {
                let start = base.add(self.populated).as_ptr();
                memory::populate(start, end - self.populated);
            }
        }
        self.populated = end;
    }

    /// Where in the arena the block with this header is; none if it is the heap's.
    fn offset(&self, header: *mut Header) -> Option<usize> {
        let offset = (header as usize).checked_sub(self.base?.as_ptr() as usize)?;
        (offset < SIZE).then_some(offset)
    }

    /// Whether the block at that offset is the one that was cut last.
    fn is_last(&self, offset: usize, size: usize) -> bool {
        offset + ALIGN + size == self.used
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(base) = self.base {
            // SAFETY: it was mapped with this size, and nobody uses a block of an allocator that is gone.
            unsafe { memory::unmap(base.as_ptr(), SIZE) };
        }
    }
}

/// The size of a block that holds `size` bytes; none if no memory is that large.
fn round(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(ALIGN)
        .filter(|size| *size < isize::MAX as usize - ALIGN)
}

/// Of a block in the heap, with its header.
fn layout(size: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and `round` gives no sizes whose sum with a header would be too large.
    unsafe { Layout::from_size_align_unchecked(ALIGN + size, ALIGN) }
}

fn header_of(block: *mut u8) -> *mut Header {
    block.wrapping_sub(ALIGN).cast()
}

/// Writes the header; the block behind it.
///
/// # Safety
/// There must be room for the header and the block.
unsafe fn block_at(start: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: as the caller promises; the start is aligned since all sizes are multiples of `ALIGN`.
    unsafe {
        start.cast::<Header>().write(Header { size });
        start.add(ALIGN)
    }
}

// SAFETY: every block lies behind a header of its own that says its size, is aligned to 16 bytes, and overlaps no other.
unsafe impl Allocator for Arena {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        let Some(size) = round(size) else {
            return ptr::null_mut();
        };
        let start = match self.cut(ALIGN + size) {
            Some(start) => start.as_ptr(),
            // SAFETY: the layout has a size.
            None => unsafe { heap::alloc(layout(size)) },
        };
        if start.is_null() {
            return start;
        }
        // SAFETY: both have room for header and block.
        unsafe { block_at(start, size) }
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let Some(total) = count.checked_mul(size) else {
            return ptr::null_mut();
        };
        let block = self.alloc(total);
        if !block.is_null() {
            // SAFETY: the block has that size. It may have been used before.
            unsafe { block.write_bytes(0, total) };
        }
        block
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if block.is_null() {
            return;
        }
        let header = header_of(block);
        match self.offset(header) {
            // SAFETY: the block is one of ours, so its header is there.
            Some(offset) if self.is_last(offset, unsafe { (*header).size }) => self.used = offset,
            Some(_) => {}
            // SAFETY: it came from the heap, which gave us the address of the header.
            None => unsafe { heap::dealloc(header.cast(), layout((*header).size)) },
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, new_size: usize) -> *mut u8 {
        if block.is_null() {
            return self.alloc(new_size);
        }
        let Some(rounded) = round(new_size) else {
            return ptr::null_mut();
        };
        let header = header_of(block);
        // SAFETY: the block is one of ours, so its header is there.
        let size = unsafe { (*header).size };
        let Some(offset) = self.offset(header) else {
            // SAFETY: it came from the heap, which gave us the address of the header. `round` keeps the sum valid.
            let start = unsafe { heap::realloc(header.cast(), layout(size), ALIGN + rounded) };
            if start.is_null() {
                return start;
            }
            // SAFETY: there is room for header and block.
            return unsafe { block_at(start, rounded) };
        };
        if rounded <= size {
            return block;
        }
        if self.is_last(offset, size) && self.cut(rounded - size).is_some() {
            // SAFETY: the header is there, and the block now reaches to the end of what is used.
            unsafe { (*header).size = rounded };
            return block;
        }
        let larger = self.alloc(new_size);
        if !larger.is_null() {
            // SAFETY: both have at least `size` bytes, and they don't overlap.
            unsafe {
                ptr::copy_nonoverlapping(block, larger, size);
                self.dealloc(block);
            }
        }
        larger
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        // SAFETY: the block is one of ours, so its header is there.
        unsafe { (*header_of(block)).size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(block: *mut u8, length: usize, byte: u8) {
        // SAFETY: the tests fill no more than they asked for.
        unsafe { block.write_bytes(byte, length) }
    }

    fn holds(block: *mut u8, length: usize, byte: u8) -> bool {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(block, length) }
            .iter()
            .all(|value| *value == byte)
    }

    /// Sizes around every limit, allocated, grown, shrunk and freed in an order that mixes arena and heap.
    #[test]
    fn blocks_keep_their_content_and_never_overlap() {
        let mut arena = Arena::new();
        let mut blocks: Vec<(*mut u8, usize, u8)> = Vec::new();
        let sizes = [
            0,
            1,
            15,
            16,
            17,
            4080,
            4096,
            100_000,
            STEP,
            STEP + 1,
            SIZE / 2,
            SIZE,
            3,
        ];
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize
        };
        for step in 0..2000_usize {
            let size = sizes[random() % sizes.len()];
            let byte = (step % 251) as u8;
            match random() % 4 {
                0 | 1 if blocks.len() < 40 => {
                    let block = arena.alloc(size);
                    fill(block, size, byte);
                    blocks.push((block, size, byte));
                }
                2 if !blocks.is_empty() => {
                    let index = random() % blocks.len();
                    let (block, old, old_byte) = blocks[index];
                    // SAFETY: the block is the arena's and still alive.
                    let moved = unsafe { arena.realloc(block, size) };
                    assert!(holds(moved, old.min(size), old_byte));
                    fill(moved, size, byte);
                    blocks[index] = (moved, size, byte);
                }
                _ if !blocks.is_empty() => {
                    let (block, length, byte) = blocks.swap_remove(random() % blocks.len());
                    assert!(holds(block, length, byte));
                    // SAFETY: the block is the arena's, and forgotten now.
                    unsafe { arena.dealloc(block) };
                }
                _ => {}
            }
            for (block, length, byte) in &blocks {
                assert_eq!(*block as usize % ALIGN, 0);
                // SAFETY: the block is alive.
                assert!(unsafe { Arena::usable_size(*block) } >= *length);
                if *length > 0 {
                    // The ends are where an overlap shows first.
                    assert!(holds(*block, 1, *byte) && holds(block.wrapping_add(length - 1), 1, *byte));
                }
            }
        }
    }

    #[test]
    fn cleared_memory_is_clear_also_where_it_was_used_before() {
        let mut arena = Arena::new();
        let block = arena.alloc(64);
        fill(block, 64, 0xff);
        // SAFETY: the block is not used any more.
        unsafe { arena.dealloc(block) };
        let again = arena.calloc(8, 8);
        assert_eq!(block, again);
        assert!(holds(again, 64, 0));
    }

    #[test]
    fn the_last_block_grows_where_it_is() {
        let mut arena = Arena::new();
        let block = arena.alloc(16);
        // SAFETY: the block is alive.
        unsafe {
            assert_eq!(arena.realloc(block, 100_000), block);
            assert_eq!(arena.realloc(block, 10), block);
            assert_ne!(arena.realloc(block, SIZE), block);
        }
    }

    #[test]
    fn what_no_memory_can_hold_is_refused() {
        let mut arena = Arena::new();
        for size in [usize::MAX, usize::MAX - 40, isize::MAX as usize] {
            assert!(arena.alloc(size).is_null());
            assert!(arena.calloc(size, 2).is_null());
        }
        let block = arena.alloc(1);
        // SAFETY: the block is alive, and stays so where this fails.
        assert!(unsafe { arena.realloc(block, usize::MAX) }.is_null());
    }
}
