//! Descriptors as the scripts see them: opaque numbers that never come to mean another file.

use alloc::vec::Vec;

use linux_raw_sys::errno;

use crate::{sys_error::SysError, system_call::Descriptor};

/// How many descriptors can be open at once; far more than any verb needs.
const CAPACITY: u64 = 1024;

/// The open descriptors. A handle is `generation * CAPACITY + slot`: closing raises the slot's generation, so that an
/// old handle is EBADF for ever, also after the kernel has given its number to another file.
#[derive(Default)]
pub struct Handles {
    slots: Vec<Slot>,
}

struct Slot {
    generation: u32,
    descriptor: Option<Descriptor>,
}

impl Handles {
    /// Takes the descriptor over and names it. EMFILE when all slots are taken.
    pub fn insert(&mut self, descriptor: Descriptor) -> Result<u64, SysError> {
        let free = self
            .slots
            .iter()
            .position(|slot| slot.descriptor.is_none() && slot.generation < u32::MAX);
        let index = match free {
            Some(index) => index,
            None if (self.slots.len() as u64) < CAPACITY => {
                self.slots.push(Slot {
                    generation: 0,
                    descriptor: None,
                });
                self.slots.len() - 1
            }
            None => return Err(SysError::new(errno::EMFILE, "open")),
        };
        let slot = &mut self.slots[index];
        slot.generation += 1;
        slot.descriptor = Some(descriptor);
        Ok(u64::from(slot.generation) * CAPACITY + index as u64)
    }

    /// The kernel's number behind a handle, valid until it is closed.
    pub fn descriptor(&self, handle: u64, syscall: &'static str) -> Result<i32, SysError> {
        let slot = self.slots.get((handle % CAPACITY) as usize);
        match slot {
            Some(Slot {
                generation,
                descriptor: Some(descriptor),
            }) if u64::from(*generation) == handle / CAPACITY => Ok(descriptor.number()),
            _ => Err(SysError::new(errno::EBADF, syscall)),
        }
    }

    /// Closes. EBADF for a handle that is closed or was never given out.
    pub fn close(&mut self, handle: u64) -> Result<(), SysError> {
        self.descriptor(handle, "close")?;
        self.slots[(handle % CAPACITY) as usize].descriptor = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    fn null() -> Descriptor {
        files::open("/dev/null", None).unwrap()
    }

    #[test]
    fn a_handle_names_its_descriptor_until_it_is_closed() {
        let mut handles = Handles::default();
        let descriptor = null();
        let raw = descriptor.number();
        let handle = handles.insert(descriptor).unwrap();
        assert_eq!(handles.descriptor(handle, "read").unwrap(), raw);
        handles.close(handle).unwrap();
        assert_eq!(
            handles.descriptor(handle, "read").unwrap_err(),
            SysError::new(errno::EBADF, "read")
        );
    }

    #[test]
    fn a_second_close_is_ebadf_though_the_slot_is_in_use_again() {
        let mut handles = Handles::default();
        let first = handles.insert(null()).unwrap();
        handles.close(first).unwrap();
        let second = handles.insert(null()).unwrap();
        assert_ne!(first, second);
        assert_eq!(
            handles.close(first).unwrap_err(),
            SysError::new(errno::EBADF, "close")
        );
        handles.close(second).unwrap();
    }

    #[test]
    fn invented_handles_are_ebadf() {
        let handles = Handles::default();
        for handle in [0, 1, CAPACITY, u64::MAX] {
            assert_eq!(
                handles.descriptor(handle, "read").unwrap_err().errno,
                errno::EBADF
            );
        }
    }
}
