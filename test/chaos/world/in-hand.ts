/**
 * What is in the hands of code that takes turns of the event loop, and none of the world's time: SDKs between a call and its
 * request, and between an answer and their result; modules that are loaded. As long as there is any, time stands still.
 */
export class InHand {
  #count = 0

  get any(): boolean {
    return this.#count > 0
  }

  /** Something is: begins, or comes back from where it waited for the world. */
  take(): void {
    this.#count++
  }

  /** It is done, or waits for the world. */
  release(): void {
    this.#count--
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.take()
    try {
      return await work()
    } finally {
      this.release()
    }
  }
}
