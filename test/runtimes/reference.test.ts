import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { versionOf } from './packages.ts'

const page = readFileSync(new URL('../../docs/reference/runtimes.md', import.meta.url), 'utf8')

test.each(['containerd', 'podman', 'runc', 'conmon', 'containernetworking-plugins'])(
  'docs/reference/runtimes.md names the version of %s that is tested',
  (name) => {
    expect(page).toContain(`\`${versionOf(name)}\``)
  },
)
