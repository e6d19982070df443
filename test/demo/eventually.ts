import pRetry from 'p-retry'
import type { ControllerProcess } from './controller-process.ts'

/** For everything that the demo waits for, in milliseconds. */
export const deadlineMs = 30_000

/** Asks until the answer is that nothing is missing. @throws Error with the last answer and the controller's log */
export async function eventually(
  controller: ControllerProcess,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const check = async (): Promise<void> => {
    const what = await missing()
    if (what !== undefined) throw new Error(`${what}\n${controller.tail()}`)
  }
  await pRetry(check, {
    retries: 10_000,
    factor: 1,
    minTimeout: 20,
    maxTimeout: 20,
    maxRetryTime: deadlineMs,
  })
}
