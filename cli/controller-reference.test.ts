import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settingsOfCommand } from './settings/command-settings.ts'
import { flagText } from './settings/options.ts'

// What the page says of each flag is longer than what help says; which there are is not for two places to know.
test('docs/reference/controller.md has every flag, and no other', () => {
  const page = readFileSync(new URL('../docs/reference/controller.md', import.meta.url), 'utf8')
  const [table = ''] = page.slice(page.indexOf('| flag ')).split('\n\n')
  const told = [...table.matchAll(/^\| `(--[^`]+)`/gm)].flatMap(([, flag = '']) => flag)
  const known = settingsOfCommand('controller').flatMap((setting) => [
    flagText(setting),
    ...(setting.alias === undefined ? [] : [`--${setting.alias.flag} ${setting.type.placeholder}`]),
  ])
  expect(told.toSorted()).toEqual([...known, '--config <file>'].toSorted())
})
