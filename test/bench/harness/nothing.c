/* Ends at once, without a C library: what the start of any program costs at least. */
void _start(void) {
#if defined(__x86_64__)
  __asm__ volatile("mov $231, %eax\n\txor %edi, %edi\n\tsyscall");
#elif defined(__aarch64__)
  __asm__ volatile("mov x8, #94\n\tmov x0, #0\n\tsvc #0");
#else
#error "exit_group(0) of this machine is not known here"
#endif
}
