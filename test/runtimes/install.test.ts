import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeMachine } from '../install/fake-machine.ts'
import { ensureRuntimes, findRuntimes } from './install.ts'

const log = (): void => undefined

test('where nothing was installed, a sentence says so', async () => {
  await using machine = await fakeMachine()
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  expect(await findRuntimes(environment)).toMatch(
    /lacks the container runtimes, which come with .* Debian 12/,
  )
})

test('a half-made folder counts for nothing', async () => {
  await using machine = await fakeMachine()
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  const said = await findRuntimes(environment)
  const folder = typeof said === 'string' ? (said.split(' ')[0] ?? '') : ''
  await mkdir(join(folder, 'usr'), { recursive: true })
  expect(await findRuntimes(environment)).toMatch(/lacks the container runtimes/)
})

test('no apt: what is missing, and where the pins are', async () => {
  await using machine = await fakeMachine()
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  await expect(ensureRuntimes({ environment, log })).rejects.toThrow(
    /packages of Debian 12 \(amd64\), which could not be had in the pinned versions \(test\/runtimes\/packages\.ts\)/,
  )
})

test('old lists: new ones are fetched into the folder, never into the system', async () => {
  await using machine = await fakeMachine()
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  const apt = await machine.program(
    'apt-get',
    'echo "$@" >> "$0.log"; case "$*" in *lists*download*) ;; *download*) exit 100 ;; esac',
  )
  // This apt then claims to have downloaded what is not there.
  await expect(ensureRuntimes({ environment, log })).rejects.toThrow(
    'apt-get downloaded no file for containerd',
  )
  const calls = (await readFile(`${apt}.log`, 'utf8')).trimEnd().split('\n')
  expect(calls.map((call) => call.includes(`Dir::State::lists=${machine.cacheDir}/podway/`))).toEqual([
    false,
    true,
    true,
  ])
  expect(calls[0]).toContain('containerd:amd64=1.6.20~ds1-1+deb12u3')
})

test('a file that is not the pinned one is refused', async () => {
  await using machine = await fakeMachine()
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  await machine.program('apt-get', 'echo altered > containerd_1_amd64.deb')
  await expect(ensureRuntimes({ environment, log })).rejects.toThrow(
    /containerd_1_amd64\.deb is not what test\/runtimes\/packages\.ts pins: [0-9a-f]{64}/,
  )
})
