import { describe, expect, it } from 'vitest'
import { changesOf, releaseChangelog } from './changelog.ts'

const text = `# Changelog

Words.

## [Unreleased]

### Added

- A thing.

## [0.1.0] - 2026-01-02

- First.
`

describe('the changelog', () => {
  it('gets a section for the version, and an empty one above it', () => {
    expect(releaseChangelog(text, '0.2.0', '2026-11-22')).toBe(
      text.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] - 2026-11-22\n'),
    )
  })

  it.each([
    { name: 'a version that is there', version: '0.1.0', changelog: text, says: '0.1.0 already' },
    {
      name: 'nothing new',
      version: '0.2.0',
      changelog: text.replace('- A thing.\n', ''),
      says: 'nothing to release',
    },
    {
      name: 'no such section',
      version: '0.2.0',
      changelog: '# Changelog\n',
      says: 'no section [Unreleased]',
    },
  ])('refuses $name', ({ version, changelog, says }) => {
    expect(() => releaseChangelog(changelog, version, '2026-11-22')).toThrow(says)
  })

  it.each([
    { version: '0.1.0', says: '- First.\n' },
    { version: 'Unreleased', says: '### Added\n\n- A thing.\n' },
  ])('says what changed in $version', ({ version, says }) => {
    expect(changesOf(text, version)).toBe(says)
  })
})
