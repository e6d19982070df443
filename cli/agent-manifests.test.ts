import { readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import { expect, test } from 'vitest'
import { defaultSocket } from './settings/agent-settings.ts'
import { defaultAgentBindAddress } from './settings/run-settings.ts'

interface Container {
  readonly name: string
  readonly args: readonly string[]
  readonly ports?: readonly object[]
  readonly livenessProbe?: { readonly httpGet: { readonly port: number } }
  readonly readinessProbe?: { readonly httpGet: { readonly port: number } }
  readonly securityContext: {
    readonly runAsUser: number
    readonly capabilities: { readonly add?: readonly string[] }
  }
  readonly volumeMounts: readonly { readonly name: string }[]
}
interface DaemonSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly automountServiceAccountToken: boolean
        readonly containers: readonly [Container, Container]
        readonly volumes: readonly { readonly name: string; readonly hostPath?: object }[]
      }
    }
  }
}

function read(name: string): DaemonSet {
  const text = readFileSync(new URL(`../deploy/manifests/${name}.yaml`, import.meta.url), 'utf8')
  const [found] = loadAll(text).filter((one) => (one as { readonly kind: string }).kind === 'DaemonSet')
  return found as DaemonSet
}
const agents = read('agent')
const { spec } = agents.spec.template
const [agent, serve] = spec.containers

test('one container has the token, the other one the machine', () => {
  const mounts = ({ volumeMounts }: Container): readonly string[] => volumeMounts.map(({ name }) => name)
  const ofMachine = spec.volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  expect(spec.automountServiceAccountToken).toBe(false)
  expect(mounts(agent)).toEqual(['socket', 'token', 'config'])
  expect(agent.securityContext.capabilities.add).toBeUndefined()
  expect(agent.securityContext.runAsUser).not.toBe(0)
  expect(mounts(serve)).toEqual(['socket', ...ofMachine])
  expect(mounts(serve)).not.toContain('token')
})

test('both agree on the socket and the user, and the probes on the port', () => {
  const { args } = serve
  expect(args[args.indexOf('--socket') + 1]).toBe(defaultSocket)
  expect(args[args.indexOf('--allow-uid') + 1]).toBe(String(agent.securityContext.runAsUser))
  const ports = [agent.livenessProbe, agent.readinessProbe].map((probe) => probe?.httpGet.port)
  expect(new Set(ports.map((port) => `:${port ?? 0}`))).toEqual(new Set([defaultAgentBindAddress]))
})

test('who uninstalls has the same rights, and other arguments', () => {
  const [uninstaller, other] = read('agent-uninstall').spec.template.spec.containers
  const { livenessProbe: _live, ports: _ports, readinessProbe: _ready, ...rest } = agent
  const volumeMounts = agent.volumeMounts.filter(({ name }) => name !== 'config')
  expect(uninstaller).toEqual({ ...rest, args: ['agent', 'uninstall', '--stay'], volumeMounts })
  expect(other).toEqual(serve)
})
