import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Mutant, plant } from '../test/mutants/mutant.ts'
import { otherMutants } from '../test/mutants/other-mutants.ts'
import { reconcilerMutants } from '../test/mutants/reconciler-mutants.ts'

const root = resolve(import.meta.dirname, '..')

const usage = `Usage: npm run mutants -- [--only <text>] [--chaos] [--list]

Plants known bugs, one at a time, in a copy of the checkout, and runs the tests that have to catch each.

  --only <text>  only those whose name has the text
  --chaos        only those that chaos shows, and by it alone: is its checker worth anything?
  --list         print them, and plant none
  --help         print this

Exit codes: 0 all are caught, 1 one is not, 64 wrong usage.
`

/** `npm run mutants`: are the tests worth anything? */
function main(): number {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      chaos: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    process.stdout.write(usage)
    return 0
  }
  const chosen = [...reconcilerMutants, ...otherMutants]
    .filter(
      ({ byChaos, name }) =>
        name.includes(values.only ?? '') && (values.chaos !== true || byChaos !== undefined),
    )
    .map((mutant) => (values.chaos === true ? { ...mutant, caughtBy: storiesFor(mutant) } : mutant))
  if (values.list === true) {
    for (const { file, name } of chosen) console.log(`${file}: ${name}`)
    return 0
  }
  const copy = copyCheckout()
  try {
    const missed = chosen.filter((mutant) => !isCaught(copy, mutant))
    console.log(`${chosen.length - missed.length} of ${chosen.length} caught`)
    return missed.length === 0 ? 0 : 1
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Those of one cloud, by the name of their tests: the one that has the bug, or AWS, whose stories are the fastest. */
const storiesFor = ({ byChaos }: Mutant): readonly string[] => [
  'test/chaos/chaos.test.ts',
  '-t',
  `world of ${typeof byChaos === 'string' ? byChaos : 'aws'},`,
]

/** What git knows, as it is now, in a folder of its own; the packages are shared. */
function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'podway-mutants-'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of files
    .toString()
    .split('\0')
    .filter((name) => name !== '')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function isCaught(copy: string, mutant: Mutant): boolean {
  const path = join(copy, mutant.file)
  const text = readFileSync(path, 'utf8')
  const start = performance.now()
  writeFileSync(path, plant(text, mutant))
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { status } = spawnSync(
      process.execPath,
      [vitest, 'run', '--project', 'unit', '--bail', '1', ...mutant.caughtBy],
      { cwd: copy, stdio: 'ignore' },
    )
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${status === 0 ? '✗ not caught' : '✓ caught'}  ${mutant.name} (${seconds} s)`)
    return status !== 0
  } finally {
    writeFileSync(path, text)
  }
}

try {
  process.exitCode = main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof TypeError ? 64 : 1
}
