/**
 * Runs the work until it ends, or until one of the signals arrives: then it is aborted and given the time to end. A second
 * signal ends the process at once, as without us.
 */
export async function untilSignal(
  signals: readonly NodeJS.Signals[],
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    for (const signal of signals) process.removeListener(signal, onSignal)
    stop.abort(new Error(`stopped by ${name}`))
  }
  for (const signal of signals) process.on(signal, onSignal)
  try {
    await work(stop.signal)
  } finally {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
}
