import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, root } from './build/build.ts'
import { type Count, addCounts, closingLine, readCargo, readVitest } from './test/count.ts'
import { ensureGoPlugins } from '../test/bench/cni/go-plugins.ts'
import { ensureImageTools } from '../test/images/image-tools.ts'
import { ensureNft } from '../test/nft/nft.ts'
import { explainRefusal, runInWorld } from '../test/lab/world.ts'
import { ensureRuntimes } from '../test/runtimes/install.ts'

/**
 * `npm test`: the Rust host's tests, then vitest's projects: `netns` inside a world of its own, the others outside. Ends
 * with the line `N passed, N failed`, summed over all; the exit code is 0 only if nothing failed and every runner ended well.
 */
const stages = [
  ['unit'],
  // These mostly wait, one for the kernel, one for servers, and do one thing at a time: together they fill two cores.
  ['netns', 'e2e'],
] as const
type Project = (typeof stages)[number][number]
const { values, positionals } = parseArgs({
  options: { project: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const wanted = values.project ?? ['rust', ...stages.flat()]
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'podway-test-'))

async function testAll(): Promise<number> {
  const log = (line: string): void => console.log(line)
  await build({ all: false, log })
  const runs: Run[] = []
  if (wanted.includes('rust')) {
    log('\ncargo test (cni/host)')
    const { code, output } = await run('cargo', ['test', '--locked'], join(root, 'cni/host'))
    runs.push({ name: 'cargo', code, count: readCargo(output) })
  }
  for (const stage of stages) {
    const [last, ...aside] = stage.filter((project) => wanted.includes(project)).reverse()
    if (last === undefined) continue
    log(`\nvitest: ${[last, ...aside].join(', and at the same time ')}`)
    const started = aside.map((project) => ({ project, ended: runAside(project) }))
    runs.push({ name: last, ...(await runVitest(last)) })
    for (const { project, ended } of started) {
      const { said, ...run } = await ended
      log(`\nvitest: ${project}\n${said}`)
      runs.push({ name: project, ...run })
    }
  }
  // A runner that fails without a failed test crashed, or could not start; one without tests was not asked anything.
  const broken = runs.filter(({ code, count }) => (code !== 0 && count.failed === 0) || sum(count) === 0)
  for (const { name, code } of broken) log(`${name} ended with code ${code} and no failed test`)
  const total = runs.map(({ count }) => count).reduce(addCounts)
  log(`\n${closingLine({ ...total, failed: total.failed + broken.length })}`)
  return broken.length > 0 || total.failed > 0 ? 1 : 0
}

interface Run {
  readonly name: string
  readonly code: number
  readonly count: Count
}

const sum = ({ passed, failed, skipped }: Count): number => passed + failed + skipped

/** Runs a project whose output would mix with another's: it is told at the end. */
async function runAside(project: Project): Promise<Omit<Run, 'name'> & { readonly said: string }> {
  const file = join(scratch, `${project}.log`)
  const output = openSync(file, 'w')
  try {
    return { ...(await runVitest(project, output)), said: readFileSync(file, 'utf8') }
  } finally {
    closeSync(output)
  }
}

/** @param output - where it says what it does: here, or a file's descriptor */
async function runVitest(
  project: Project,
  output: 'inherit' | number = 'inherit',
): Promise<Omit<Run, 'name'>> {
  const report = join(scratch, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const args = [
    process.execPath,
    vitest,
    'run',
    '--root',
    root,
    '--project',
    project,
    ...reporters,
    ...positionals,
  ]
  if (project === 'netns') {
    const refusal = await explainRefusal()
    if (refusal !== undefined) {
      console.error(`The network tests can't run: ${refusal}`)
      return { count: { passed: 0, failed: 1, skipped: 0 }, code: 1 }
    }
    await buildReference()
    const stdio = [output === 'inherit' ? 'inherit' : 'ignore', output, output] as const
    return { code: await runInWorld(args, { stdio }), count: readReport(report) }
  }
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(args[0] ?? '', args.slice(1), { cwd: root, stdio: ['inherit', output, output] })
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? 128))
  })
  return { code, count: readReport(report) }
}

/** What the network tests need and can't fetch where they run. Without it they say so themselves, and skip or fail. */
async function buildReference(): Promise<void> {
  const log = (line: string): void => console.log(line)
  for (const ensure of [ensureGoPlugins, ensureNft, ensureRuntimes, ensureImageTools])
    await ensure({ environment: process.env, log }).catch((error: unknown) => log(String(error)))
}

function readReport(file: string): Count {
  try {
    return readVitest(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`no report of vitest: ${error instanceof Error ? error.message : String(error)}`)
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

/** Runs a program that prints as it goes, and keeps what it printed. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      process.stdout.write(text)
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 128, output }))
  })
}

try {
  process.exitCode = await testAll()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
