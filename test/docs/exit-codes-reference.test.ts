import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { markdownTable } from '../../cli/testing/markdown-table.ts'
import { helpTexts } from './command-lines.ts'

const page = fileURLToPath(new URL('../../docs/reference/exit-codes.md', import.meta.url))

/** `Exit codes: 0 listed, 1 failed (or …, also), 64 wrong usage.`, as help ends. */
function exitCodesOf(help: string): ReadonlyMap<string, string> {
  const sentence = /Exit codes(?: of both)?: ([^]*?)\.\s*$/m.exec(help)?.[1]?.replaceAll('\n', ' ') ?? ''
  const parts = sentence.split(/(?:^|[,;] )(?=(?:0|1|2|64) )/).filter((part) => part !== '')
  return new Map(parts.map((part) => [part.split(' ')[0] ?? '', part.replace(/^\S+ /, '')]))
}

const all = helpTexts().map(([name, help]) => [name, exitCodesOf(help)] as const)
const commands = all.filter(([, codes]) => codes.size > 0)

const text = `# Exit codes

For who calls \`podway\` from a script. 0 is always good. 64 is EX_USAGE of sysexits.h: the command line, a variable or the configuration file is wrong, and nothing was done.

${markdownTable([
  ['command', '0', '1', '2'],
  ...commands.map(([name, codes]) => [
    `\`podway ${name}\``,
    ...['0', '1', '2'].map((code) => codes.get(code) ?? ''),
  ]),
])}

A process that is killed ends as the system says: 137 is SIGKILL, by the shell's count. The controller ends with 1 when it has lost its Lease, or is misconfigured; its last line of log says which.

\`podway-cni\` ends with 0, or with 1 and an error as JSON on standard output: [errors](errors.md). \`podway-cni serve\` ends with 0 at SIGTERM or SIGINT, with 64 if an argument is wrong, with 1 if it can't listen.

This page is made of the commands' own help: \`npm run test:unit -- test/docs/exit-codes-reference.test.ts -u\` writes it anew.
`

test('docs/reference/exit-codes.md says what help says', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

/** A group says it for all below it, or they say it themselves. */
test('no command is left out', () => {
  const told = commands.map(([name]) => name)
  const silent = all.filter(
    ([name]) => !told.some((one) => one === name || name.startsWith(`${one} `) || one.startsWith(`${name} `)),
  )
  expect(silent).toEqual([])
  expect(told.length).toBeGreaterThan(15)
})

test.each(commands)('podway %s: its help tells all of them', (name, codes) => {
  expect([...codes.keys()].filter((code) => !['0', '1', '2', '64'].includes(code))).toEqual([])
  expect(codes.get('0')).toMatch(/\w/)
  expect(codes.get('64')).toMatch(name.startsWith('config') ? /refuse/ : /^wrong usage$/)
})
