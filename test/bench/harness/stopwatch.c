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
 * cpuUs and rssKiB are the kernel's account of the process and of the children that it waited for: user and system time
 * summed, peak memory of the largest of them. code is 128 + the signal for a program that was killed. output is what came
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
  struct rusage usage;
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
  char *arguments[] = {call->fields[0], NULL};
  call->started = now();
  int error = posix_spawn(&call->pid, call->fields[0], &actions, NULL, arguments, call->fields + 2);
  if (error != 0) fail(call->fields[0], error);
  posix_spawn_file_actions_destroy(&actions);
}

static void collect(void) {
  int status;
  struct rusage usage;
  pid_t pid = wait4(-1, &status, 0, &usage);
  uint64_t ended = now();
  if (pid < 0) fail("wait4", errno);
  for (int i = 0; i < count; i++) {
    if (calls[i].pid != pid) continue;
    calls[i].ended = ended;
    calls[i].status = status;
    calls[i].usage = usage;
  }
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

static uint64_t microseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static void run_batch(void) {
  /* A program that never ends takes this one with it. */
  alarm(batch_seconds);
  for (int i = 0; i < count; i++) start(&calls[i]);
  for (int i = 0; i < count; i++) collect();
  alarm(0);
  uint64_t last = 0;
  for (int i = 0; i < count; i++)
    if (calls[i].ended > last) last = calls[i].ended;
  printf("{\"ns\":%llu,\"calls\":[", (unsigned long long)(last - calls[0].started));
  for (int i = 0; i < count; i++) {
    struct call *call = &calls[i];
    int code = WIFEXITED(call->status) ? WEXITSTATUS(call->status) : 128 + WTERMSIG(call->status);
    printf("%s{\"ns\":%llu,\"cpuUs\":%llu,\"rssKiB\":%ld,\"code\":%d,\"output\":\"", i == 0 ? "" : ",",
           (unsigned long long)(call->ended - call->started),
           (unsigned long long)(microseconds(call->usage.ru_utime) + microseconds(call->usage.ru_stime)),
           call->usage.ru_maxrss, code);
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
  char *line = NULL;
  size_t size = 0;
  for (ssize_t length; (length = getline(&line, &size, stdin)) >= 0;) {
    if (length > 0 && line[length - 1] == '\n') line[--length] = 0;
    if (length > 0) add(line);
    else if (count > 0) run_batch();
  }
  return 0;
}
