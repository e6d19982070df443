import { CommandFailed, mustRun, run } from './run.ts'

/**
 * Runs `ip` commands, one a line without the word `ip`, in one process, in a named network namespace or the current
 * one. They are no transaction: what stands before a failing line stays done, what stands behind it is not tried.
 *
 * @throws CommandFailed; `ip` names the number of the failing line, the message ends with the line itself
 */
export async function ipBatch(
  namespace: string | undefined,
  lines: readonly string[],
  family?: 4 | 6,
): Promise<void> {
  if (lines.length === 0) return
  const where = namespace === undefined ? [] : ['-n', namespace]
  const which = family === undefined ? [] : [`-${family}`]
  const command = { file: 'ip', args: [...where, ...which, '-batch', '-'] }
  const finished = await run(command, { stdin: lines.map((line) => `${line}\n`).join('') })
  if (finished.code === 0) return
  const number = /Command failed -:(\d+)/.exec(finished.stderr)?.[1]
  const line = number === undefined ? undefined : lines[Number(number) - 1]
  const stderr = line === undefined ? finished.stderr : `${finished.stderr.trim()}: ip ${line}`
  throw new CommandFailed(command, { ...finished, stderr })
}

/** Writes kernel settings, given by their path under /proc/sys, in a named network namespace. */
export async function writeSysctls(
  namespace: string,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  const script = 'while read -r name value; do echo "$value" > "/proc/sys/$name" || exit 1; done'
  const stdin = Object.entries(values)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
  await mustRun({ file: 'nsenter', args: [`--net=/run/netns/${namespace}`, 'sh', '-c', script] }, { stdin })
}
