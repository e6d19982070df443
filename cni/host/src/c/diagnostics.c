/*
 * Standard output for C: what the engine would print about itself when it is debugged, which nobody sees. The program's
 * output is a CNI result, and nothing else may be in it.
 */
#include <stdarg.h>
#include <stddef.h>

int podway_printf(const char *format, ...) { return (void)format, 0; }
int podway_fprintf(void *stream, const char *format, ...) { return (void)stream, (void)format, 0; }
int podway_vfprintf(void *stream, const char *format, va_list arguments) {
  return (void)stream, (void)format, (void)arguments, 0;
}
int podway_putchar(int letter) { return letter; }
int podway_putc(int letter, void *stream) { return (void)stream, letter; }
int podway_fputc(int letter, void *stream) { return (void)stream, letter; }
int podway_puts(const char *text) { return (void)text, 0; }
size_t podway_fwrite(const void *items, size_t size, size_t count, void *stream) {
  return (void)items, (void)size, (void)stream, count;
}
