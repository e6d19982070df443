import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { help as serveHelp } from '../../cni/serve/arguments.ts'
import { codeBlocks, stepsOf } from './console.ts'
import { allFlags, commandPaths, complaints, flagsOf, words } from './command-lines.ts'
import { inlineCode, pages, read, root } from './pages.ts'

/** Flags of other programs that the reference and the how-to pages name alone, without the program before them. */
const othersFlags: Readonly<Record<string, readonly string[]>> = {
  'cloud-node-manager of Azure': ['--wait-routes'],
  'gcloud compute instances': ['--can-ip-forward', '--most-disruptive-allowed-action'],
  iptables: ['--source', '--src', '--destination', '--dst', '--in-interface'],
  kindnetd: ['--network-policy'],
  kubelet: ['--provider-id'],
  'npm run images': ['--architecture', '--update-lock'],
  'podway-cni': ['--build-info'],
}

const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: object })
  .scripts

const blocks = pages.flatMap((page) => codeBlocks(read(page)).map((block) => ({ page, ...block })))
const consoles = blocks.filter(({ language }) => ['console', 'sh', 'bash'].includes(language))
const commands = consoles.flatMap(({ language, line, page, text }) =>
  (language === 'console' ? stepsOf(text).map(({ command }) => command) : text.split('\n')).map(
    (command) => [`${page}:${line}`, command] as const,
  ),
)

describe('what is looked at is there', () => {
  test('blocks and commands', () => {
    expect(blocks.filter(({ language }) => language === 'yaml').length).toBeGreaterThan(4)
    expect(commands.filter(([, command]) => command.startsWith('podway ')).length).toBeGreaterThan(30)
  })

  test.each([
    ['an unknown flag', 'plan --provider aws --cluster-name prod --nodse x', 'unknown option'],
    ['an unknown command', 'paln', 'unknown command'],
    ['a value that is none', 'plan --provider was --cluster-name prod', '--provider=was'],
    ['what is required', 'cleanup --provider aws', '--cluster-name'],
    ['too much', 'status prod', 'too many arguments'],
  ])('%s is found', async (_what, line, message) => {
    expect(await complaints(words(line))).toEqual([expect.stringContaining(message)])
  })
})

const structured = blocks.filter(({ language }) => ['json', 'yaml', 'yml'].includes(language))
test.each(structured.map((block) => [`${block.page}:${block.line}`, block] as const))(
  '%s: the block is what it says to be',
  (_where, { language, text }) => {
    const parse = (): unknown => (language === 'json' ? JSON.parse(text) : loadAll(text))
    expect(parse).not.toThrow()
  },
)

const ofPodway = commands.filter(([, command]) => /^(npx )?podway /.test(command))
test.each(ofPodway)('%s: podway takes %s', async (_where, command) => {
  const [, ...args] = words(command.replace(/^npx /, ''))
  expect(await complaints(args)).toEqual([])
})

/** In running text lines are shortened: it is enough that the command exists and knows its flags. */
const inline = pages.flatMap((page) =>
  inlineCode(read(page)).flatMap((code) => (/^podway [a-z]/.test(code) ? [[page, code] as const] : [])),
)
test.each(inline)('%s: there is %s', (_page, code) => {
  const [, ...args] = words(code)
  const known = new Set(commandPaths())
  const path = [2, 1].map((count) => args.slice(0, count).join(' ')).find((name) => known.has(name))
  expect(path).toBeDefined()
  const flags = args.filter((word) => /^--[a-z]/.test(word) && !word.endsWith('…'))
  const ours = flagsOf(path ?? '') ?? new Set()
  expect(flags.map((flag) => flag.replace(/=.*/, '')).filter((flag) => !ours.has(flag))).toEqual([])
})

test.each(pages)('%s: npm has every script', (page) => {
  const named = [...read(page).matchAll(/npm run (?:--?[a-z]+ )*([a-z][a-z:]*)/g)].map(
    ([, name = '']) => name,
  )
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

const folders = [
  'agent',
  'bin',
  'cli',
  'cni',
  'deploy',
  'docs',
  'kube',
  'net',
  'providers',
  'reconciler',
  'test',
  'tools',
]
/** What CONTRIBUTING.md has somebody make. */
const workedExample = 'providers/toy/'
const aPath = new RegExp(`^(${folders.join('|')})/[\\w./*-]*$`)

test.each(pages.filter((page) => page !== 'CHANGELOG.md'))(
  '%s: every path of the repository is there',
  (page) => {
    const named = inlineCode(read(page)).filter((code) => aPath.test(code) && !code.startsWith(workedExample))
    const there = (path: string): boolean =>
      path.includes('*') ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path))
    expect(named.filter((path) => !there(path))).toEqual([])
  },
)

const owned = pages.filter((page) => /^docs\/(reference|how-to|tutorial)\//.test(page))
const known = new Set([
  ...allFlags(),
  ...(serveHelp.match(/--[a-z-]+/g) ?? []),
  ...Object.values(othersFlags).flat(),
])

/** Whose flags stand behind them: `kubectl logs --previous`. */
const alone = (code: string): boolean => /^(podway(-cni)? |--)/.test(code)

test.each(owned)('%s: every flag of podway’s is one', (page) => {
  const named = inlineCode(read(page))
    .filter(alone)
    .flatMap((code) =>
      words(code).flatMap((word) => /^--[a-z][a-z0-9-]*[a-z0-9](?=$|[=/[])/.exec(word)?.[0] ?? []),
    )
  expect(named.filter((flag) => !known.has(flag))).toEqual([])
})
