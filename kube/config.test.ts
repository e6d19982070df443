import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KubeConfigError, loadKubeConfig } from './config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}
/** A kubeconfig with one context that is named as its cluster. */
const config = (name: string, server = `https://${name}.test:6443`, user = 'token: t'): string => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: '${server}' } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name} } }]
users: [{ name: ${name}, user: { ${user} } }]
`
const inCluster = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }

describe('order', () => {
  const load = (without: readonly string[] = []): string | undefined => {
    const env: NodeJS.ProcessEnv = { HOME: folder, ...inCluster, KUBECONFIG: file('env', config('env')) }
    file('.kube/config', config('home'))
    file('sa/token', 'x')
    for (const name of without) Reflect.deleteProperty(env, name)
    const explicit = without.includes('flag') ? {} : { kubeconfig: file('flag', config('flag')) }
    return loadKubeConfig({ ...explicit, env, serviceAccount: join(folder, 'sa') }).getCurrentCluster()?.name
  }
  test.each([
    ['the explicit path first', [], 'flag'],
    ['then KUBECONFIG', ['flag'], 'env'],
    ['then the service account', ['flag', 'KUBECONFIG'], 'in-cluster'],
    ['then the home folder', ['flag', 'KUBECONFIG', 'KUBERNETES_SERVICE_HOST'], 'home'],
  ])('%s', (_, without, expected) => {
    expect(load(without)).toBe(expected)
  })

  test('an explicit path that is missing is an error, whatever else there is', () => {
    const env = { KUBECONFIG: file('env', config('env')) }
    expect(() => loadKubeConfig({ kubeconfig: join(folder, 'no'), env })).toThrow(KubeConfigError)
  })
})

describe('KUBECONFIG with several files', () => {
  test('missing ones are skipped, of equal names the first counts', () => {
    const list = [
      join(folder, 'missing'),
      file('a', config('a')),
      file('b', config('b')),
      file('c', config('a', 'https://other.test')),
    ]
    const loaded = loadKubeConfig({ env: { KUBECONFIG: list.join(delimiter) } })
    expect(loaded.getCurrentCluster()?.server).toBe('https://a.test:6443')
    expect(loaded.getClusters().map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('a context may take its cluster and user from other files', () => {
    const contexts = `current-context: x\ncontexts: [{ name: x, context: { cluster: b, user: b } }]`
    const list = [file('a', contexts), file('b', config('b'))]
    const loaded = loadKubeConfig({ env: { KUBECONFIG: list.join(delimiter) } })
    expect(loaded.getCurrentUser()?.token).toBe('t')
  })
})

describe('service account', () => {
  test.each([
    ['10.96.0.1', 'https://10.96.0.1:443'],
    ['fd00::1', 'https://[fd00::1]:443'],
  ])('%s', (host, server) => {
    file('token', 'x')
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' }
    const loaded = loadKubeConfig({ env, serviceAccount: folder })
    expect(loaded.getCurrentCluster()).toMatchObject({ server, caFile: join(folder, 'ca.crt') })
  })

  test('without a token it is none', () => {
    expect(() => loadKubeConfig({ env: inCluster, serviceAccount: folder })).toThrow(KubeConfigError)
  })
})

test.each([
  ['relative to the file', 'dir/token', (dir: string) => join(dir, 'dir/token')],
  ['absolute', '/var/run/token', () => '/var/run/token'],
])('tokenFile, which client-node ignores: %s', (_, path, expected) => {
  const kubeconfig = file('config', config('a', undefined, `tokenFile: ${path}, token: old`))
  expect(loadKubeConfig({ kubeconfig, env: {} }).getCurrentUser()?.authProvider).toEqual({
    name: 'tokenFile',
    config: { tokenFile: expected(folder) },
  })
})

test.each([
  ['plain http, as of kubectl proxy', config('a', 'http://127.0.0.1:8001')],
  ['a context without a user', config('a').replace(', user: a', '')],
  [
    'a broken entry that nobody uses',
    config('a').replace('clusters: [', 'clusters: [{ name: broken, cluster: {} }, '),
  ],
])('accepted: %s', (_, text) => {
  const loaded = loadKubeConfig({ kubeconfig: file('config', text), env: {} })
  expect(loaded.getCurrentCluster()?.name).toBe('a')
})

describe('what is wrong is said, with a code, the path and a remedy', () => {
  test.each([
    ['no YAML', 'users: [{ token: sesame', 'ERR_KUBECONFIG_INVALID', /line 1/],
    ['empty', '', 'ERR_KUBECONFIG_INVALID', /understood/],
    ['null', 'null', 'ERR_KUBECONFIG_INVALID', /no kubeconfig/],
    [
      'no current context',
      config('a').replace('current-context: a', ''),
      'ERR_KUBECONFIG_CONTEXT',
      /no current context/,
    ],
    [
      'a context that is missing',
      config('a').replace('contexts: [{ name: a', 'contexts: [{ name: b'),
      'ERR_KUBECONFIG_CONTEXT',
      /"a" is not in it/,
    ],
    [
      'a cluster that is missing',
      config('a').replace('clusters: [{ name: a', 'clusters: [{ name: b'),
      'ERR_KUBECONFIG_CONTEXT',
      /cluster that is missing/,
    ],
    [
      'a user that is missing',
      config('a').replace('users: [{ name: a', 'users: [{ name: b'),
      'ERR_KUBECONFIG_CONTEXT',
      /user that is missing/,
    ],
    [
      'a server of another scheme',
      config('a', 'ftp://a.test'),
      'ERR_KUBECONFIG_CONTEXT',
      /no http or https address/,
    ],
    ['a server that is no address', config('a', 'a b'), 'ERR_KUBECONFIG_CONTEXT', /no http or https address/],
  ])('%s', (_, text, code, message) => {
    const path = file('config', text)
    const error = thrownBy(() => loadKubeConfig({ kubeconfig: path, env: {} }))
    expect(error).toMatchObject({ code, path })
    expect(error.message).toMatch(message)
    expect(error.message).toContain(error.remedy)
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('sesame')
  })

  test('a folder instead of a file', () => {
    const error = thrownBy(() => loadKubeConfig({ kubeconfig: folder, env: {} }))
    expect(error).toMatchObject({ code: 'ERR_KUBECONFIG_UNREADABLE', path: folder })
    expect(error.message).toContain('EISDIR')
  })

  test.each([
    ['nothing at all', {}],
    ['an empty home', { HOME: '/nonexistent' }],
    ['KUBECONFIG of missing files only', { KUBECONFIG: '/nonexistent/a:/nonexistent/b' }],
  ])('%s', (_, env) => {
    const error = thrownBy(() => loadKubeConfig({ env, serviceAccount: '/nonexistent' }))
    expect(error.code).toBe('ERR_KUBECONFIG_NOT_FOUND')
  })
})

function thrownBy(action: () => unknown): KubeConfigError {
  try {
    action()
  } catch (error) {
    if (error instanceof KubeConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
