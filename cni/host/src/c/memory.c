/*
 * The functions on memory and strings that compilers and the engine call, as the C standard has them. Their names begin
 * with podway_: src/c_library.rs gives them their own, where the program has no C library.
 *
 * To be compiled without builtins, or a compiler would make memcpy's loop a call of memcpy.
 */
#include <stddef.h>
#include <stdint.h>

/* Loads and stores of any alignment: one instruction each. */
#define WORD(type) typedef type __attribute__((may_alias, aligned(1)))
WORD(uint16_t) u16;
WORD(uint32_t) u32;
WORD(uint64_t) u64;
#undef WORD
typedef uint64_t pair __attribute__((vector_size(16), may_alias, aligned(1)));

/* What is moved is loaded as a whole before anything is stored, so these are right for ranges that overlap. */
static inline void move_small(unsigned char *to, const unsigned char *from, size_t length) {
  if (length >= 16) {
    pair first = *(const pair *)from, last = *(const pair *)(from + length - 16);
    *(pair *)to = first;
    *(pair *)(to + length - 16) = last;
  } else if (length >= 8) {
    u64 first = *(const u64 *)from, last = *(const u64 *)(from + length - 8);
    *(u64 *)to = first;
    *(u64 *)(to + length - 8) = last;
  } else if (length >= 4) {
    u32 first = *(const u32 *)from, last = *(const u32 *)(from + length - 4);
    *(u32 *)to = first;
    *(u32 *)(to + length - 4) = last;
  } else if (length >= 2) {
    u16 first = *(const u16 *)from, last = *(const u16 *)(from + length - 2);
    *(u16 *)to = first;
    *(u16 *)(to + length - 2) = last;
  } else if (length == 1) {
    *to = *from;
  }
}

void *podway_memmove(void *target, const void *source, size_t length) {
  unsigned char *to = target;
  const unsigned char *from = source;
  if (length <= 32) {
    move_small(to, from, length);
  } else if ((uintptr_t)to - (uintptr_t)from >= length) {
    /* Upwards: what is overwritten was moved before. The last bytes are moved with what precedes them. */
    pair last = *(const pair *)(from + length - 16);
    unsigned char *end = to + length - 16;
    for (; to < end; to += 16, from += 16) *(pair *)to = *(const pair *)from;
    *(pair *)end = last;
  } else {
    pair first = *(const pair *)from;
    unsigned char *rest = to + length;
    from += length;
    for (; rest > to + 16;) {
      rest -= 16, from -= 16;
      *(pair *)rest = *(const pair *)from;
    }
    *(pair *)to = first;
  }
  return target;
}

void *podway_memcpy(void *restrict target, const void *restrict source, size_t length) {
  return podway_memmove(target, source, length);
}

void *podway_memset(void *target, int byte, size_t length) {
  unsigned char *to = target;
  uint64_t word = (unsigned char)byte * UINT64_C(0x0101010101010101);
  if (length >= 16) {
    pair value = {word, word};
    unsigned char *end = to + length - 16;
    for (; to < end; to += 16) *(pair *)to = value;
    *(pair *)end = value;
  } else if (length >= 8) {
    *(u64 *)to = word;
    *(u64 *)(to + length - 8) = word;
  } else {
    for (size_t i = 0; i < length; i++) to[i] = (unsigned char)byte;
  }
  return target;
}

int podway_memcmp(const void *one, const void *other, size_t length) {
  const unsigned char *a = one, *b = other;
  for (; length >= 8 && *(const u64 *)a == *(const u64 *)b; length -= 8) a += 8, b += 8;
  for (; length > 0; length--, a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

/* What LLVM makes of a comparison whose order doesn't matter. */
int podway_bcmp(const void *one, const void *other, size_t length) { return podway_memcmp(one, other, length); }

void *podway_memchr(const void *text, int byte, size_t length) {
  const unsigned char *at = text;
  for (; length > 0; length--, at++)
    if (*at == (unsigned char)byte) return (void *)at;
  return NULL;
}

size_t podway_strlen(const char *text) {
  const char *end = text;
  while (*end != 0) end++;
  return (size_t)(end - text);
}

int podway_strcmp(const char *one, const char *other) {
  for (; *one != 0 && *one == *other; one++) other++;
  return (unsigned char)*one - (unsigned char)*other;
}

char *podway_strchr(const char *text, int letter) {
  for (;; text++) {
    if (*text == (char)letter) return (char *)text;
    if (*text == 0) return NULL;
  }
}

char *podway_strrchr(const char *text, int letter) {
  const char *found = NULL;
  for (;; text++) {
    if (*text == (char)letter) found = text;
    if (*text == 0) return (char *)found;
  }
}

char *podway_strstr(const char *text, const char *part) {
  for (;; text++) {
    size_t i = 0;
    while (part[i] != 0 && text[i] == part[i]) i++;
    if (part[i] == 0) return (char *)text;
    if (*text == 0) return NULL;
  }
}
