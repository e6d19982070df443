import { describe, expect, test } from 'vitest'
import { fakeMachine } from '../install/fake-machine.ts'
import { fakeGo } from './fake-go.ts'
import { findGo, parseGoVersion } from './go.ts'

const wanted = { major: 1, minor: 26 }

describe('a Go that serves', () => {
  test.each([
    ['the wanted one', 'go1.26.0', 'local'],
    ['a newer one', 'go1.27.3', 'local'],
    ['a newer major one', 'go2.0', 'local'],
    ['one under development', 'devel go1.27-5d1ca3a Tue Jan 6', 'local'],
    ['an older one that may fetch the wanted one', 'go1.21.0', 'auto'],
    ['an older one with a floor that may fetch it', 'go1.25.1', 'go1.25.1+auto'],
  ])('%s', async (_what, version, toolchain) => {
    await using machine = await fakeMachine()
    await machine.program('go', fakeGo({ version, toolchain }))
    const { tag } = await findGo(wanted, machine.environment)
    expect(tag).toMatch(/^[a-zA-Z0-9._-]+-linux-amd64$/)
  })
})

describe('what is missing is named in a sentence', () => {
  const need = 'The Kubernetes API server is built with Go 1.26 or newer; '
  test.each([
    ['no Go', undefined, 'there is no working go on the PATH.'],
    ['one that does not run', 'exit 127', 'there is no working go on the PATH.'],
    [
      'an old one that may not fetch another',
      fakeGo({ version: 'go1.25.7', toolchain: 'local' }),
      'this is go1.25.7, and it may not fetch a newer one.',
    ],
    [
      'one that may only look on the PATH',
      fakeGo({ version: 'go1.25.7', toolchain: 'path' }),
      'this is go1.25.7, and it may not fetch a newer one.',
    ],
    [
      'one from before toolchains were fetched',
      fakeGo({ version: 'go1.20.14', toolchain: 'auto' }),
      'this is go1.20.14, and it may not fetch a newer one.',
    ],
  ])('%s', async (_what, script, message) => {
    await using machine = await fakeMachine()
    if (script !== undefined) await machine.program('go', script)
    await expect(findGo(wanted, machine.environment)).rejects.toThrow(need + message)
  })
})

test('a version that is none', () => {
  expect(() => parseGoVersion('gccgo 14')).toThrow('"gccgo 14" is no version of Go')
})
