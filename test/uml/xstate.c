/*
 * Loaded into user-mode Linux (LD_PRELOAD). It keeps the registers of its processes in a buffer of 2696 bytes
 * (arch/x86/um/ptrace_64.c, HOST_FP_SIZE), and the host's kernel takes back nothing but the whole state, which is larger on
 * processors with AMX: "ptrace set fp regs failed, errno = 14", and a panic. Here what it doesn't know of is given back as
 * the process has it; a guest has no use for it, since nobody there may ask for AMX.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char whole[1 << 16];

long ptrace(enum __ptrace_request request, ...) {
  va_list rest;
  va_start(rest, request);
  pid_t pid = va_arg(rest, pid_t);
  void *address = va_arg(rest, void *);
  void *data = va_arg(rest, void *);
  va_end(rest);
  if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
    struct iovec *given = data;
    struct iovec all = {whole, sizeof whole};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, address, &all) < 0) return -1;
    if (all.iov_len > given->iov_len) {
      memcpy(whole, given->iov_base, given->iov_len);
      return syscall(SYS_ptrace, request, pid, address, &all);
    }
  }
  /* As the C library: what is peeked at is the answer. */
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    long peeked;
    if (syscall(SYS_ptrace, request, pid, address, &peeked) < 0) return -1;
    errno = 0;
    return peeked;
  }
  return syscall(SYS_ptrace, request, pid, address, data);
}
