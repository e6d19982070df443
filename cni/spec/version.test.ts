import { describe, expect, it } from 'vitest'
import { isAtLeast, requireVersion, supportedVersions } from './version.ts'

describe('versions', () => {
  it.each([
    { version: '1.1.0', minimum: '1.1.0', expected: true },
    { version: '1.1.0', minimum: '0.4.0', expected: true },
    { version: '1.0.0', minimum: '1.1.0', expected: false },
    { version: '0.3.1', minimum: '0.4.0', expected: false },
    { version: '0.10.0', minimum: '0.4.0', expected: true },
    { version: '1', minimum: '1.0.0', expected: true },
    { version: '00.04.0', minimum: '0.4.0', expected: true },
  ])('$version is at least $minimum: $expected', ({ version, minimum, expected }) => {
    expect(isAtLeast(version, minimum)).toBe(expected)
  })

  it.each(['abc', '1.x', '1.0.0.0', '1..0', '-1.0', ' 1.0', '1e3.0'])('%s is none', (version) => {
    expect(() => isAtLeast(version, '0.4.0')).toThrow(expect.objectContaining({ code: 6 }) as Error)
  })

  it('are supported up to 1.1.0', () => {
    for (const version of supportedVersions) expect(() => requireVersion('ADD', version)).not.toThrow()
  })

  it.each(['1.2.0', '0.5.0', '', 'abc', '1.1'])('%s is refused with upstream’s words', (version) => {
    expect(() => requireVersion('ADD', version)).toThrow(
      expect.objectContaining({
        code: 1,
        message: 'incompatible CNI versions',
        details: `config is "${version}", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0" "1.1.0"]`,
      }) as Error,
    )
  })
})
