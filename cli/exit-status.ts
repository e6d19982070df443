/** A command has ended as it should, and has something to say by its exit code. Everything is printed already. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus'
  readonly status: number

  constructor(status: number) {
    super(`exit code ${status}`)
    this.status = status
  }
}
