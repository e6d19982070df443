/**
 * The changelog (https://keepachangelog.com/en/1.1.0/) with what was unreleased under a version, and an empty section
 * above it. Everything else stays as it is.
 *
 * @param date YYYY-MM-DD
 * @throws Error if nothing is unreleased, or the version is there already
 */
export function releaseChangelog(text: string, version: string, date: string): string {
  if (text.includes(`\n## [${version}]`)) throw new Error(`CHANGELOG.md has ${version} already`)
  const [before, section, after] = split(text, 'Unreleased')
  if (!section.includes('\n- '))
    throw new Error('CHANGELOG.md has nothing under [Unreleased]: nothing to release')
  return `${before}## [Unreleased]\n\n## [${version}] - ${date}\n${section}${after}`
}

/** What the changelog says of a version: the notes of its release. @throws Error if it says nothing */
export function changesOf(text: string, version: string): string {
  const [, section] = split(text, version)
  return `${section.trim()}\n`
}

function split(text: string, title: string): readonly [before: string, section: string, after: string] {
  const start = text.indexOf(`\n## [${title}]`)
  if (start < 0) throw new Error(`CHANGELOG.md has no section [${title}]`)
  const body = text.indexOf('\n', start + 1) + 1
  const next = text.indexOf('\n## [', body)
  const end = next < 0 ? text.length : next + 1
  return [text.slice(0, start + 1), text.slice(body, end), text.slice(end)]
}
