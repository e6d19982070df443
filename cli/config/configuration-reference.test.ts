import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import {
  type CommandName,
  type UsedSetting,
  commandNames,
  settingsOfCommand,
} from '../settings/command-settings.ts'
import { checkDocument } from '../settings/check-document.ts'
import { parseDocument } from '../settings/document.ts'
import { fileKeys } from '../settings/file-schema.ts'
import { fileJsonSchema } from '../settings/json-schema.ts'
import { flagText } from '../settings/options.ts'
import { kebab, variableOf } from '../settings/setting.ts'
import { type Key, settingOf } from '../settings/settings.ts'
import { writtenOf } from '../settings/origin.ts'
import { markdownTable } from '../testing/markdown-table.ts'

const reference = (name: string): string =>
  fileURLToPath(new URL(`../../docs/reference/${name}`, import.meta.url))

const schema = fileJsonSchema()

const code = (text: string): string => `\`${text}\``

/** In one word, or the words that there are. */
function typeOf(key: Key): string {
  const {
    enum: choices,
    items,
    maximum,
    minimum,
    type,
  } = schema.properties?.[key] as {
    readonly enum?: readonly string[]
    readonly items?: unknown
    readonly maximum?: number
    readonly minimum?: number
    readonly type?: string
  }
  const { placeholder } = settingOf(key).type
  if (choices !== undefined) return choices.map(code).join(', ')
  if (items !== undefined) return 'list'
  if (type === 'integer') return `${minimum ?? ''} to ${maximum ?? ''}`
  if (type === 'number') return `above 0, to ${maximum ?? ''}`
  if (key === 'routeTables') return `${['tag', 'auto', 'vpc'].map(code).join(', ')}, or a list`
  if (placeholder === '<duration>') return 'duration'
  return type === 'boolean' ? 'boolean' : 'text'
}

const knownBy = (key: Key): readonly { readonly name: CommandName; readonly setting: UsedSetting }[] =>
  commandNames.flatMap((name) => {
    const setting = settingsOfCommand(name).find((one) => one.key === key)
    return setting === undefined ? [] : [{ name, setting }]
  })

/** The default, in code where it is a value; of each command where they differ. */
function defaultOf(key: Key): string {
  const { unless } = settingOf(key)
  const known = knownBy(key)
  const values = new Set(known.map(({ setting }) => setting.default).filter((value) => value !== undefined))
  if (values.size > 1)
    return known.map(({ name, setting }) => `${code(writtenOf(setting.default))} (${name})`).join(', ')
  const [value] = values
  if (value !== undefined) return code(writtenOf(value))
  const required = known.some(({ setting }) => setting.required)
  return required ? 'required' : (unless ?? '')
}

function flagsOf(key: Key): string {
  const { alias, flagOnly } = settingOf(key)
  const flag = flagText({ ...settingOf(key), key, required: false })
  const names = alias === undefined ? [flag] : [flag, `--${alias.flag}`]
  return flagOnly === true ? '' : names.map(code).join(', ')
}

const variablesOf = (key: Key): string =>
  [variableOf(key), settingOf(key).variable ?? []].flat().map(code).join(', ')

const rows = fileKeys.map((key) => [
  code(key),
  flagsOf(key),
  variablesOf(key),
  typeOf(key),
  defaultOf(key),
  knownBy(key)
    .map(({ name }) => name)
    .join(', '),
])

const example = `apiVersion: podway.dev/v1alpha1
kind: Configuration
provider: aws
clusterName: prod
clusterCidr:
  - 10.244.0.0/16
  - fd00:10:244::/48
routeTables: auto
driftInterval: 5m
controller: # of podway controller alone
  logLevel: warn
agent: # of podway agent alone
  nonMasqueradeCidrs: [192.168.0.0/16]
  metricsBindAddress: 0 # nowhere
`

const text = `# Configuration

Whatever podway’s commands take as flags can be said in three places. The first that says it holds:

1. a flag: \`--cluster-name prod\`
2. a variable: \`PODWAY_CLUSTER_NAME=prod\`
3. the file that \`--config\` names, or else \`PODWAY_CONFIG\`: under the name of the command, else for all
4. the default

No file is read that nobody names. Lists are separated by commas in flags and variables, and are lists in a file. Durations are Go’s: \`90s\`, \`5m\`, \`1h30m\`. Booleans are \`--leader-elect\`, \`--no-leader-elect\` or \`--leader-elect=false\`; variables take \`true\` and \`false\`. A variable that is empty says nothing. What is said of one run is a flag only: \`--yes\`, \`--output\`, what \`podway release\` and \`podway doctor path\` are about. [Why so](../decisions/0027-one-schema-for-three-places.md).

## The file

\`\`\`yaml
${example}\`\`\`

One file serves all commands: each takes what it knows. What stands under \`controller\` or \`agent\` is of that one alone, and goes before what is said of all. The file is checked as a whole, whichever command reads it: an unknown key is refused with the nearest known one, a key that stands there twice is refused, and so is a key without a value; each is told with its line. JSON will do too. [podway.schema.json](podway.schema.json) describes it for editors (\`# yaml-language-server: $schema=…\`); \`podway config schema\` prints it.

## Variables that are no setting

A variable that begins with \`PODWAY_\` and is nearly the name of a setting is told of on standard error, and \`podway config\` tells of all that are none. They are not refused: Kubernetes gives every pod variables named after the Services of its namespace, \`PODWAY_SERVICE_HOST\` for one that is called podway. Those are known, and skipped.

What clouds’ own tools read, podway’s clients read too: \`AWS_REGION\`, \`AZURE_CLIENT_ID\`, \`GOOGLE_APPLICATION_CREDENTIALS\` and their like, besides \`KUBECONFIG\`, \`HTTPS_PROXY\`, \`HTTP_PROXY\` and \`NO_PROXY\`.

## podway config

\`podway config COMMAND\`, with that command’s own flags, prints what would hold for it and where each was said, and asks nobody. \`--output json\` and \`yaml\` print a document of kind \`EffectiveConfiguration\`, described by [schemas/effective-configuration.json](schemas/effective-configuration.json): \`value\` is as a file has it, or null; \`from\` is \`flag\`, \`environment\`, \`file\`, \`default\` or null; \`at\` is where exactly; \`otherwise\` says in words what holds where there is no value; \`environment\` has the variables of others that are set and count. Secrets are \`<redacted>\`: ${fileKeys
  .filter((key) => settingOf(key).secret === true)
  .map(code)
  .join(
    ', ',
  )}, variables with keys, tokens and passwords of clouds, and what stands before the host in a URL. Tables leave out what only another cloud has.

${markdownTable([
  ['exit code', 'meaning'],
  ['0', 'the command could work with it'],
  ['64', 'the command would refuse it; what holds is printed all the same, unless the file can’t be read'],
])}

## Settings

${markdownTable([['key', 'flag', 'variable', 'type', 'default', 'commands'], ...rows])}

What each means is told by \`podway COMMAND --help\`. Both files are made of the program: \`npm run test:unit -- cli/config/configuration-reference.test.ts -u\` writes them anew.
`

test('docs/reference/configuration.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(reference('configuration.md'))
})

test('docs/reference/podway.schema.json describes the file', async () => {
  const page = reference('podway.schema.json')
  const options = { ...(await resolveConfig(page)), filepath: page }
  await expect(await format(JSON.stringify(schema), options)).toMatchFileSnapshot(page)
})

test('the example is one', () => {
  expect(() => checkDocument('example', parseDocument('example', example))).not.toThrow()
})

test.each(fileKeys)('%s: named so that its flag gives the key back, and told in a few words', (key) => {
  const { description, flag } = settingOf(key)
  expect(flag).toBeUndefined()
  expect(kebab(key).replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())).toBe(key)
  expect(description).toMatch(/^\S.*[^.]$/)
  expect(knownBy(key)).not.toEqual([])
})

test('no two settings of a command have one flag or one variable', () => {
  expect(new Set(fileKeys.map(variableOf)).size).toBe(fileKeys.length)
  for (const name of commandNames) {
    const flags = settingsOfCommand(name).flatMap((setting) => [
      flagText(setting).split(' ')[0],
      ...(setting.alias === undefined ? [] : [`--${setting.alias.flag}`]),
    ])
    expect(new Set(flags).size).toBe(flags.length)
  }
})
