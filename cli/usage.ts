/** sysexits.h EX_USAGE: the command was used incorrectly. Nothing was done. */
export const exitUsage = 64

/** A command line that can't be carried out. `message` names the flag, the value, and what would do. */
export class UsageError extends Error {
  readonly code = 'ERR_USAGE'
  override readonly name: string = 'UsageError'
}
