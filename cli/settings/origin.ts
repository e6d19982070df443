/** Where a value was said, the first place before the next: a flag, a variable, the file; or nowhere. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'file' | 'default'
  /** As the user knows it: `--drift-interval`, `PODWAY_DRIFT_INTERVAL`, `podway.yaml:7: driftInterval`. */
  readonly name: string
}

/** A value that was said somewhere. */
export interface Found {
  readonly origin: Origin
  /** As it was written. */
  readonly written: string
  /** In the form that a file has. */
  readonly natural: unknown
}

/** As a message quotes it. */
export const writtenOf = (natural: unknown): string =>
  typeof natural === 'string' ? natural : JSON.stringify(natural)
