/*
 * Runs programs and says what each of them cost.
 *
 * Written in C because the parent is part of what is measured: a child's start takes longer, and its peak memory can't
 * be seen below its parent's, when the parent is a large process.
 *
 * Reads lines from standard input. A line is a call: fields with tabs between them, the program, the file that it gets
 * as standard input, then its whole environment, NAME=VALUE each. One that begins with a tab is the next stage of the
 * call before it, as a runtime goes through a chain of plugins: it starts as soon as that one has ended well, and where its
 * file has a byte 1, its standard input has what that one printed. An empty line starts all calls since the last one at
 * once. For each batch one line of JSON goes to standard output, the calls in the order given:
 *
 *   {"ns": from the first start to the last end,
 *    "calls": [{"ns", "cpuUs", "rssKiB", "code", "output"}]}
 *
 * Of a call with stages, ns is from the start of the first to the end of the last, cpuUs is the sum, rssKiB the largest, and
 * code and output are those of the last that ran.
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

enum { max_calls = 256, max_stages = 8, max_fields = 64, batch_seconds = 60 };

struct stage {
  char *line;
  char *fields[max_fields + 1]; /* program, input, environment, NULL */
  char *input; /* what the file holds; NULL for the first, which gets the file itself */
  size_t input_size;
  int output;
  pid_t pid;
};

struct call {
  struct stage stages[max_stages];
  int stage_count, running;
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

static void write_all(int file, const char *bytes, size_t size) {
  for (ssize_t written; size > 0; bytes += written, size -= (size_t)written) {
    written = write(file, bytes, size);
    if (written < 0) fail("write", errno);
  }
}

/* A file in memory, without what it held before. */
static int memory_file(void) {
  int file = memfd_create("stopwatch", MFD_CLOEXEC);
  if (file < 0) fail("memfd_create", errno);
  return file;
}

/* Reads a file now, so that it is no part of what is measured. */
static void read_input(struct stage *stage) {
  int file = open(stage->fields[1], O_RDONLY | O_CLOEXEC);
  off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
  if (size < 0) fail(stage->fields[1], errno);
  stage->input = malloc((size_t)size + 1);
  if (stage->input == NULL || pread(file, stage->input, (size_t)size, 0) != size) fail(stage->fields[1], errno);
  stage->input_size = (size_t)size;
  close(file);
}

static void add(const char *line) {
  int follows = line[0] == '\t';
  if (follows && count == 0) fail("a stage without a call", EINVAL);
  if (!follows) {
    if (count == max_calls) fail("too many calls", E2BIG);
    struct call *fresh = &calls[count++];
    fresh->cpu_us = 0;
    fresh->rss_kib = 0;
    fresh->stage_count = 0;
    fresh->running = 0;
  }
  struct call *call = &calls[count - 1];
  if (call->stage_count == max_stages) fail("too many stages", E2BIG);
  struct stage *stage = &call->stages[call->stage_count++];
  stage->line = strdup(line + follows);
  int fields = 0;
  for (char *rest = stage->line, *field; (field = strsep(&rest, "\t")) != NULL;) {
    if (fields == max_fields) fail("too many fields", E2BIG);
    stage->fields[fields++] = field;
  }
  stage->fields[fields] = NULL;
  if (fields < 2) fail(line, EINVAL);
  stage->input = NULL;
  if (follows) read_input(stage);
  stage->output = memory_file();
}

/* What a stage that is not the first gets: its file's bytes, and for a byte 1 what the one before has printed. */
static int spliced_input(const struct stage *stage, int printed) {
  int file = memory_file();
  const char *mark = memchr(stage->input, 1, stage->input_size);
  size_t before = mark == NULL ? stage->input_size : (size_t)(mark - stage->input);
  write_all(file, stage->input, before);
  if (mark != NULL) {
    char buffer[4096];
    off_t offset = 0;
    for (ssize_t length; (length = pread(printed, buffer, sizeof buffer, offset)) > 0; offset += length)
      write_all(file, buffer, (size_t)length);
    write_all(file, mark + 1, stage->input_size - before - 1);
  }
  if (lseek(file, 0, SEEK_SET) < 0) fail("lseek", errno);
  return file;
}

static void start(struct call *call) {
  struct stage *stage = &call->stages[call->running];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int input = -1;
  if (stage->input == NULL) {
    posix_spawn_file_actions_addopen(&actions, 0, stage->fields[1], O_RDONLY, 0);
  } else {
    input = spliced_input(stage, stage[-1].output);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, stage->output, 1);
  posix_spawn_file_actions_adddup2(&actions, stage->output, 2);
  /* Its group tells whose a process is that outlives its parent. */
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  char *arguments[] = {stage->fields[0], NULL};
  if (call->running == 0) call->started = now();
  int error = posix_spawn(&stage->pid, stage->fields[0], &actions, &attributes, arguments, stage->fields + 2);
  if (error != 0) fail(stage->fields[0], error);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (input >= 0) close(input);
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
      int stage = 0;
      while (stage <= call->running && call->stages[stage].pid != group) stage++;
      if (stage > call->running) continue;
      call->cpu_us += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
      if (usage.ru_maxrss > call->rss_kib) call->rss_kib = usage.ru_maxrss;
      if (call->stages[stage].pid != info.si_pid) continue;
      call->ended = ended;
      call->status = status;
      if (status == 0 && stage + 1 < call->stage_count) {
        call->running = stage + 1;
        start(call);
      }
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
    print_output(call->stages[call->running].output);
    fputs("\"}", stdout);
    for (int stage = 0; stage < call->stage_count; stage++) {
      close(call->stages[stage].output);
      free(call->stages[stage].line);
      free(call->stages[stage].input);
    }
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
