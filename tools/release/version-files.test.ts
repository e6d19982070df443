import { describe, expect, it } from 'vitest'
import { requireLater, withVersion } from './version-files.ts'

describe('the version of a release', () => {
  // The order of https://semver.org/#spec-item-11
  const order = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.2.0',
    '1.10.0',
    '2.0.0',
  ]
  it.each(order.slice(1).map((later, i) => ({ later, earlier: order[i] ?? '' })))(
    '$later is later than $earlier, and not the other way round',
    ({ later, earlier }) => {
      expect(() => requireLater(later, earlier)).not.toThrow()
      expect(() => requireLater(earlier, later)).toThrow('not later')
      expect(() => requireLater(later, later)).toThrow('not later')
    },
  )

  it.each(['', '1.0', 'v1.0.0', '01.0.0', '1.0.0-', '1.0.0+build'])('%j is none', (version) => {
    expect(() => requireLater(version, '0.1.0')).toThrow('is no version')
  })
})

describe('a file with the version', () => {
  const file = { path: 'Cargo.toml', patterns: [/(name = "x"\nversion = ")[^"]*(")/] }

  it('gets the new one, there and nowhere else', () => {
    expect(withVersion('name = "x"\nversion = "1.0.0"\nother = "1.0.0"\n', file, '1.1.0')).toBe(
      'name = "x"\nversion = "1.1.0"\nother = "1.0.0"\n',
    )
  })

  it('that looks otherwise is an error, not a release with two versions', () => {
    expect(() => withVersion('version = "1.0.0"\n', file, '1.1.0')).toThrow('Cargo.toml does not say')
  })
})
