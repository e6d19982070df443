//! The program's heap. Blocks of similar size follow one another in a list when they are free; large ones are mappings of
//! their own. The first blocks are cut from memory of the program itself, so that a memory image has them (see `image`).

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

use crate::system_call::memory::{self, Access};

/// The kernel is asked for that much at once.
const CHUNK: usize = 1 << 20;

/// The first chunk: as much as the started engine needs, and an ADD.
#[cfg(not(test))]
const FIRST_CHUNK: usize = 1152 << 10;

/// Of a chunk, the kernel is asked to hand over that much at once. A page fault for each page took a tenth of an ADD.
const STEP: usize = 32 << 10;

/// From here on, a block is a mapping of its own.
const LARGE: usize = 256 << 10;

/// Of every block from a chunk.
const ALIGN: usize = 16;

const PAGE: usize = 4096;

/// Four for each power of two, from 64 on; below, one for each sixteen bytes.
const CLASSES: usize = 52;

/// A free block: in its first bytes, the next one.
struct Free {
    next: *mut Free,
}

/// Blocks in chunks, and those that are free.
pub struct Heap {
    free: [*mut Free; CLASSES],
    /// What is left of the last chunk.
    next: *mut u8,
    left: usize,
    /// Up to where the kernel has been asked to hand the last chunk over.
    populated: *mut u8,
    /// Whether anything came from the kernel: what lies at an address that is another one in the next process.
    mapped: bool,
}

/// The class of blocks that hold `size` bytes, and how long they are.
fn class(size: usize) -> (usize, usize) {
    let last = size.max(1) - 1;
    let shift = ((last | 63).ilog2() - 2).max(4);
    let index = (shift as usize - 4) * 4 + (last >> shift);
    (index, ((last >> shift) + 1) << shift)
}

/// How long the mapping is that holds a large block.
fn pages(size: usize) -> usize {
    size.next_multiple_of(PAGE)
}

impl Heap {
    /// A heap that begins with that chunk, of whole pages; a length of zero is none.
    ///
    /// # Safety
    /// The memory must be valid for ever, and used by nobody else.
    pub const unsafe fn new(chunk: *mut u8, length: usize) -> Self {
        Self {
            free: [ptr::null_mut(); CLASSES],
            next: chunk,
            left: length,
            populated: chunk,
            mapped: false,
        }
    }

    /// Whether the block is a mapping of its own.
    fn is_large(layout: Layout) -> bool {
        layout.size() >= LARGE || layout.align() > ALIGN
    }

    /// A block; null where the kernel has no memory, or for an alignment that no page has.
    pub fn allocate(&mut self, layout: Layout) -> *mut u8 {
        if Self::is_large(layout) {
            if layout.align() > PAGE {
                return ptr::null_mut();
            }
            self.mapped = true;
            return memory::map(pages(layout.size())).unwrap_or(ptr::null_mut());
        }
        let (class, length) = class(layout.size());
        let free = self.free[class];
        if !free.is_null() {
            // SAFETY: what is in the list is a free block of this class, which nobody else uses.
            self.free[class] = unsafe { (*free).next };
            return free.cast();
        }
        if self.left < length {
            // What is left of the old chunk is lost.
            let Some(chunk) = memory::map(CHUNK) else {
                return ptr::null_mut();
            };
            self.next = chunk;
            self.left = CHUNK;
            self.populated = chunk;
            self.mapped = true;
        }
        let block = self.next;
        // SAFETY: at least that much is left.
        self.next = unsafe { block.add(length) };
        self.left -= length;
        if self.next > self.populated {
            self.populate(length);
        }
        block
    }

    /// Takes the pages up to the end of what is used, and some more, with one call instead of a fault for each. Those of
    /// a long block come when they are used: it seldom is up to its end.
    fn populate(&mut self, length: usize) {
        let step = if length < STEP { STEP } else { PAGE };
        let left = (self.next as usize).next_multiple_of(step) - self.next as usize;
        // SAFETY: what is left belongs to the chunk.
        let end = unsafe { self.next.add(left.min(self.left)) };
        if length < STEP {
            let start = self.populated as usize;
            memory::populate(start, end as usize - start, Access::Write);
        }
        self.populated = end;
    }

    /// Where the blocks end that were cut so far, in whole pages, if all of them come from the first chunk. What follows
    /// will be asked of the kernel anew.
    #[cfg(not(test))]
    fn settle(&mut self) -> Option<*mut u8> {
        if self.mapped {
            return None;
        }
        let left = (self.next as usize).next_multiple_of(PAGE) - self.next as usize;
        // SAFETY: the chunk consists of whole pages.
        self.populated = unsafe { self.next.add(left) };
        Some(self.populated)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// It must be one of this heap's with that layout, and used by nobody.
    pub unsafe fn free(&mut self, block: *mut u8, layout: Layout) {
        if Self::is_large(layout) {
            // SAFETY: as the caller promises.
            return unsafe { memory::unmap(block, pages(layout.size())) };
        }
        let (class, _) = class(layout.size());
        let free = block.cast::<Free>();
        // SAFETY: the block is free, aligned, and long enough for a pointer.
        unsafe {
            free.write(Free {
                next: self.free[class],
            });
        }
        self.free[class] = free;
    }

    /// Makes a block longer or shorter, perhaps elsewhere. Null where there is no memory; it is as before then.
    ///
    /// # Safety
    /// It must be one of this heap's with that layout; where it was, nobody may use it afterwards. The new size must
    /// make a valid layout with the same alignment.
    pub unsafe fn resize(&mut self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (Self::is_large(layout), Self::is_large(new_layout)) {
            (true, true) => {
                // SAFETY: as the caller promises.
                let moved = unsafe { memory::remap(block, pages(layout.size()), pages(new_size)) };
                return moved.unwrap_or(ptr::null_mut());
            }
            (false, false) if class(layout.size()) == class(new_size) => return block,
            _ => {}
        }
        let moved = self.allocate(new_layout);
        if !moved.is_null() {
            // SAFETY: both have at least the smaller size, and they don't overlap. The old one is given up.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.free(block, layout);
            }
        }
        moved
    }
}

/// The heap of a program that has one thread and handles no signals.
pub struct GlobalHeap(UnsafeCell<Heap>);

// SAFETY: there is only one thread.
unsafe impl Sync for GlobalHeap {}

// SAFETY: the blocks are as long as asked for, aligned, and overlap no others; nothing here panics or calls back.
unsafe impl GlobalAlloc for GlobalHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and no reference outlives a call.
        unsafe { (*self.0.get()).allocate(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above, and as the caller promises.
        unsafe { (*self.0.get()).free(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above, and as the caller promises.
        unsafe { (*self.0.get()).resize(block, layout, new_size) }
    }
}

#[cfg(not(test))]
pub use program::{apart, end, settle, warm};

/// The heap of this program. The tests use that of the standard library.
#[cfg(not(test))]
mod program {
    use super::{CLASSES, FIRST_CHUNK, GlobalHeap, Heap};
    use crate::system_call::memory::{self, Access};
    use core::{cell::UnsafeCell, mem, ops::Range, ptr};

    #[repr(C, align(4096))]
    struct Chunk(UnsafeCell<[u8; FIRST_CHUNK]>);

    // SAFETY: there is only one thread.
    unsafe impl Sync for Chunk {}

    static FIRST: Chunk = Chunk(UnsafeCell::new([0; FIRST_CHUNK]));

    // SAFETY: nobody else uses the chunk.
    #[global_allocator]
    static HEAP: GlobalHeap = GlobalHeap(UnsafeCell::new(unsafe {
        Heap::new(FIRST.0.get().cast(), FIRST_CHUNK)
    }));

    /// How much of the first chunk is in use, in whole pages; none if that was not enough.
    pub fn settle() -> Option<usize> {
        // SAFETY: there is one thread, and the reference does not outlive the call.
        let end = unsafe { (*HEAP.0.get()).settle() }?;
        Some(end as usize - FIRST.0.get() as usize)
    }

    /// The address behind the blocks that were cut so far.
    pub fn end() -> usize {
        // SAFETY: there is one thread, and the reference does not outlive the call.
        unsafe { (*HEAP.0.get()).next as usize }
    }

    /// Does work whose blocks lie together, behind all others: none is cut from what is free. What is free of them later
    /// is not used again, so that other work does not come there.
    pub fn apart<T>(work: impl FnOnce() -> T) -> T {
        // SAFETY: there is one thread, and no reference outlives its statement.
        let free = unsafe { mem::replace(&mut (*HEAP.0.get()).free, [ptr::null_mut(); CLASSES]) };
        let result = work();
        // SAFETY: as above.
        unsafe { (*HEAP.0.get()).free = free };
        result
    }

    /// Has these pages of the first chunk handed over by one call.
    pub fn warm(Range { start, end }: Range<usize>) {
        memory::populate(FIRST.0.get() as usize + start, end - start, Access::Write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_are_for_and_waste_little() {
        let mut known = std::collections::BTreeMap::new();
        assert_eq!(class(0), class(1));
        for size in 1..LARGE {
            let (index, length) = class(size);
            assert!(index < CLASSES, "{size}");
            assert!(length >= size && length.is_multiple_of(ALIGN), "{size}");
            assert!(length - size < 16 || (length - size) * 4 <= length, "{size}");
            assert_eq!(*known.entry(index).or_insert(length), length);
        }
    }

    fn empty() -> Heap {
        // SAFETY: there is no memory.
        unsafe { Heap::new(ptr::null_mut(), 0) }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// Blocks of every kind, resized and freed in any order, keep their content.
    #[test]
    fn blocks_keep_their_content_and_never_overlap() {
        let mut heap = empty();
        let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let sizes = [
            1,
            16,
            17,
            64,
            65,
            500,
            4096,
            70_000,
            LARGE - 1,
            LARGE,
            LARGE + 1,
            2 << 20,
        ];
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize
        };
        for step in 0..3_000_usize {
            let size = sizes[random() % sizes.len()];
            let byte = (step % 251) as u8;
            match random() % 4 {
                0 | 1 if blocks.len() < 60 => {
                    let layout = layout(size, if step % 50 == 0 { 256 } else { 8 });
                    let block = heap.allocate(layout);
                    assert!((block as usize).is_multiple_of(layout.align()));
                    // SAFETY: the block is that long.
                    unsafe { block.write_bytes(byte, size) };
                    blocks.push((block, layout, byte));
                }
                2 if !blocks.is_empty() => {
                    let index = random() % blocks.len();
                    let (block, old, byte) = blocks[index];
                    // SAFETY: the block is the heap's and alive, and becomes that long.
                    unsafe {
                        let moved = heap.resize(block, old, size);
                        assert_eq!(*moved, byte);
                        assert_eq!(*moved.add(size.min(old.size()) - 1), byte);
                        moved.write_bytes(byte, size);
                        blocks[index] = (moved, layout(size, old.align()), byte);
                    }
                }
                _ if !blocks.is_empty() => {
                    let (block, layout, byte) = blocks.swap_remove(random() % blocks.len());
                    // SAFETY: the block is the heap's and alive until it is freed.
                    unsafe {
                        let content = core::slice::from_raw_parts(block, layout.size());
                        assert!(content.iter().all(|value| *value == byte));
                        heap.free(block, layout);
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn what_is_free_is_used_again() {
        let mut heap = empty();
        let block = heap.allocate(layout(100, 1));
        // SAFETY: the block is not used any more.
        unsafe { heap.free(block, layout(100, 1)) };
        assert_eq!(heap.allocate(layout(110, 8)), block);
    }

    #[test]
    fn what_no_memory_can_hold_is_refused() {
        let mut heap = empty();
        assert!(heap.allocate(layout(isize::MAX as usize - 4096, 16)).is_null());
        assert!(heap.allocate(layout(16, 8192)).is_null());
    }
}
