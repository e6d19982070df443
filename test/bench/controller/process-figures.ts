import { readFileSync } from 'node:fs'

export interface ProcessFigures {
  /** User and system time since it started. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  /** 99th percentile since the last reading. */
  readonly loopLagP99Ms: number
}

/** @param metricsUrl where the process serves its metrics */
export async function readProcess(pid: number, metricsUrl: string): Promise<ProcessFigures> {
  const metrics = await (await fetch(metricsUrl)).text()
  const value = (name: string): number => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
    if (found === undefined) throw new Error(`${metricsUrl} has no ${name}`)
    return Number(found)
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    cpuSeconds: value('process_cpu_seconds_total'),
    peakRssBytes: Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024,
    loopLagP99Ms: value('nodejs_eventloop_lag_p99_seconds') * 1_000,
  }
}
