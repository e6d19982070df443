/*
 * vsnprintf and snprintf, with all that the engine's messages need: d i u x X c s p %, every flag, width, precision and
 * length of the standard. What they do not know (floating point above all) ends the program: a wrong message would not
 * be seen, a wrong list of arguments would be read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct output {
  char *text;
  size_t size, length;
};

struct conversion {
  int left, zero, plus, space, alternative;
  int width, precision; /* -1 where none is given */
};

static void put(struct output *out, char letter) {
  /* The last place is for the end. */
  if (out->length + 1 < out->size) out->text[out->length] = letter;
  out->length++;
}

static void fill(struct output *out, char letter, int count) {
  while (count-- > 0) put(out, letter);
}

static void put_text(struct output *out, const struct conversion *how, const char *text) {
  if (text == NULL) text = "(null)";
  int length = 0;
  while ((how->precision < 0 || length < how->precision) && text[length] != 0) length++;
  if (!how->left) fill(out, ' ', how->width - length);
  for (int i = 0; i < length; i++) put(out, text[i]);
  if (how->left) fill(out, ' ', how->width - length);
}

static void put_number(struct output *out, const struct conversion *how, uintmax_t value, unsigned base, const char *prefix, int upper) {
  char digits[24];
  int count = 0, prefix_length = 0;
  for (; value != 0; value /= base) digits[count++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
  while (prefix[prefix_length] != 0) prefix_length++;
  int least = how->precision < 0 ? 1 : how->precision;
  if (how->precision < 0 && how->zero && !how->left) least = how->width - prefix_length;
  if (least < 1 && how->precision < 0) least = 1;
  int zeros = least > count ? least - count : 0;
  int padding = how->width - prefix_length - zeros - count;
  if (!how->left) fill(out, ' ', padding);
  for (int i = 0; i < prefix_length; i++) put(out, prefix[i]);
  fill(out, '0', zeros);
  while (count > 0) put(out, digits[--count]);
  if (how->left) fill(out, ' ', padding);
}

int podway_vsnprintf(char *text, size_t size, const char *format, va_list arguments) {
  struct output out = {text, size, 0};
  va_list list;
  va_copy(list, arguments);
  for (; *format != 0; format++) {
    if (*format != '%') {
      put(&out, *format);
      continue;
    }
    struct conversion how = {.precision = -1};
    for (format++;; format++) {
      if (*format == '-') how.left = 1;
      else if (*format == '0') how.zero = 1;
      else if (*format == '+') how.plus = 1;
      else if (*format == ' ') how.space = 1;
      else if (*format == '#') how.alternative = 1;
      else break;
    }
    if (*format == '*') {
      how.width = va_arg(list, int);
      if (how.width < 0) how.left = 1, how.width = -how.width;
      format++;
    } else {
      for (; *format >= '0' && *format <= '9'; format++) how.width = how.width * 10 + (*format - '0');
    }
    if (*format == '.') {
      format++;
      how.precision = 0;
      if (*format == '*') {
        how.precision = va_arg(list, int);
        format++;
      } else {
        for (; *format >= '0' && *format <= '9'; format++) how.precision = how.precision * 10 + (*format - '0');
      }
    }
    /* Everything longer than an int has 64 bits here; what is shorter is passed as an int, and cut. */
    int wide = 0, narrow = 0;
    for (;; format++) {
      if (*format == 'l' || *format == 'z' || *format == 'j' || *format == 't') wide = 1;
      else if (*format == 'h') narrow++;
      else break;
    }
    switch (*format) {
    case 'd':
    case 'i': {
      intmax_t value = wide ? va_arg(list, int64_t) : va_arg(list, int);
      if (narrow == 1) value = (short)value;
      else if (narrow > 1) value = (signed char)value;
      uintmax_t magnitude = value < 0 ? -(uintmax_t)value : (uintmax_t)value;
      put_number(&out, &how, magnitude, 10, value < 0 ? "-" : how.plus ? "+" : how.space ? " " : "", 0);
      break;
    }
    case 'u':
    case 'x':
    case 'X': {
      uintmax_t value = wide ? va_arg(list, uint64_t) : va_arg(list, unsigned);
      if (narrow == 1) value = (unsigned short)value;
      else if (narrow > 1) value = (unsigned char)value;
      int upper = *format == 'X';
      const char *prefix = !how.alternative || value == 0 || *format == 'u' ? "" : upper ? "0X" : "0x";
      put_number(&out, &how, value, *format == 'u' ? 10 : 16, prefix, upper);
      break;
    }
    case 'p':
      put_number(&out, &how, (uintptr_t)va_arg(list, void *), 16, "0x", 0);
      break;
    case 'c': {
      char letter = (char)va_arg(list, int);
      if (!how.left) fill(&out, ' ', how.width - 1);
      put(&out, letter);
      if (how.left) fill(&out, ' ', how.width - 1);
      break;
    }
    case 's':
      put_text(&out, &how, va_arg(list, const char *));
      break;
    case '%':
      put(&out, '%');
      break;
    default:
      __builtin_trap();
    }
  }
  va_end(list);
  if (size > 0) text[out.length < size ? out.length : size - 1] = 0;
  return (int)out.length;
}

int podway_snprintf(char *text, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = podway_vsnprintf(text, size, format, arguments);
  va_end(arguments);
  return length;
}
