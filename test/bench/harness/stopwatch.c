/*
 * Runs programs and says what each of them cost.
 *
 * Written in C because the parent is part of what is measured: a child's start takes longer, and its peak memory can't
 * be seen below its parent's, when the parent is a large process.
 *
 * Reads lines from standard input. A line is a call: fields with tabs between them, the program, the file that it gets
 * as standard input, then its whole environment, NAME=VALUE each. An empty line starts all calls since the last one at
 * once. For each batch one line of JSON goes to standard output, the calls in the order given:
 *
 *   {"ns": from the first start to the last end,
 *    "calls": [{"ns", "cpuUs", "rssKiB", "code", "output"}]}
 *
 * cpuUs and rssKiB are the kernel's account of the process, of the children that it waited for, and of those that it left
 * running: user and system time summed, peak memory of the largest of them. ns ends with the process; the line is
 * printed, and the next batch begins, when all that it left running has ended too. code is 128 + the signal for a program that was killed. output is what came
 * on standard output and standard error together, as bytes 0 to 255.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { max_calls = 256, max_fields = 64, batch_seconds = 60 };

struct call {
  char *line;
  char *fields[max_fields + 1]; /* program, input, environment, NULL */
  int output;
  pid_t pid;
  uint64_t started, ended;
  int status;
  uint64_t cpu_us;
  long rss_kib;
};

static struct call calls[max_calls];
static int count;

static void fail(const char *what, int error) {
  fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(error));
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void add(const char *line) {
  if (count == max_calls) fail("too many calls", E2BIG);
  struct call *call = &calls[count++];
  call->cpu_us = 0;
  call->rss_kib = 0;
  call->line = strdup(line);
  int fields = 0;
  for (char *rest = call->line, *field; (field = strsep(&rest, "\t")) != NULL;) {
    if (fields == max_fields) fail("too many fields", E2BIG);
    call->fields[fields++] = field;
  }
  call->fields[fields] = NULL;
  if (fields < 2) fail(line, EINVAL);
  call->output = memfd_create("output", MFD_CLOEXEC);
  if (call->output < 0) fail("memfd_create", errno);
}

static void start(struct call *call) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, call->fields[1], O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, call->output, 1);
  posix_spawn_file_actions_adddup2(&actions, call->output, 2);
  /* Its group tells whose a process is that outlives its parent. */
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  char *arguments[] = {call->fields[0], NULL};
  call->started = now();
  int error = posix_spawn(&call->pid, call->fields[0], &actions, &attributes, arguments, call->fields + 2);
  if (error != 0) fail(call->fields[0], error);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
}

static uint64_t microseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

/* Waits until the programs and all that they left running have ended. */
static void collect(void) {
  siginfo_t info;
  while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) {
    uint64_t ended = now();
    pid_t group = getpgid(info.si_pid);
    int status;
    struct rusage usage;
    if (wait4(info.si_pid, &status, 0, &usage) < 0) fail("wait4", errno);
    for (int i = 0; i < count; i++) {
      struct call *call = &calls[i];
      if (call->pid != group) continue;
      call->cpu_us += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
      if (usage.ru_maxrss > call->rss_kib) call->rss_kib = usage.ru_maxrss;
      if (call->pid != info.si_pid) continue;
      call->ended = ended;
      call->status = status;
    }
  }
  if (errno != ECHILD) fail("waitid", errno);
}

static void print_output(int output) {
  unsigned char buffer[4096];
  off_t offset = 0;
  for (ssize_t length; (length = pread(output, buffer, sizeof buffer, offset)) > 0; offset += length) {
    for (ssize_t i = 0; i < length; i++) {
      unsigned char byte = buffer[i];
      if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') printf("\\u%04x", byte);
      else putchar(byte);
    }
  }
}

static void run_batch(void) {
  /* A program that never ends takes this one with it. */
  alarm(batch_seconds);
  for (int i = 0; i < count; i++) start(&calls[i]);
  collect();
  alarm(0);
  uint64_t last = 0;
  for (int i = 0; i < count; i++)
    if (calls[i].ended > last) last = calls[i].ended;
  printf("{\"ns\":%llu,\"calls\":[", (unsigned long long)(last - calls[0].started));
  for (int i = 0; i < count; i++) {
    struct call *call = &calls[i];
    int code = WIFEXITED(call->status) ? WEXITSTATUS(call->status) : 128 + WTERMSIG(call->status);
    printf("%s{\"ns\":%llu,\"cpuUs\":%llu,\"rssKiB\":%ld,\"code\":%d,\"output\":\"", i == 0 ? "" : ",",
           (unsigned long long)(call->ended - call->started), (unsigned long long)call->cpu_us,
           call->rss_kib, code);
    print_output(call->output);
    fputs("\"}", stdout);
    close(call->output);
    free(call->line);
  }
  puts("]}");
  fflush(stdout);
  count = 0;
}

int main(void) {
  /* What a program leaves running becomes our child. */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) fail("prctl", errno);
  char *line = NULL;
  size_t size = 0;
  for (ssize_t length; (length = getline(&line, &size, stdin)) >= 0;) {
    if (length > 0 && line[length - 1] == '\n') line[--length] = 0;
    if (length > 0) add(line);
    else if (count > 0) run_batch();
  }
  return 0;
}
