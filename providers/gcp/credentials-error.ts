/** Google can't be told who calls: nothing was sent. */
export class CredentialsError extends Error {
  /** Whether it may well be better in a moment: whoever gives out tokens does not answer. */
  readonly passes: boolean

  constructor(message: string, options: { readonly passes: boolean; readonly cause: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'CredentialsError'
    this.passes = options.passes
  }
}
