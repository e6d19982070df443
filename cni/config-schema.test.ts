import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Call } from './call.ts'
import { hostLocal } from './ipam/host-local.ts'
import { staticAddresses } from './ipam/static.ts'
import { readPortmapConfig } from './plugins/portmap-config.ts'
import { readBandwidth } from './plugins/bandwidth-config.ts'
import { readBridgeConfig } from './plugins/bridge-config.ts'
import { hasIpam } from './plugins/link-config.ts'
import { readPtpConfig } from './plugins/ptp-config.ts'
import { readStackedConfig } from './plugins/stacked-config.ts'
import { podInterfaceOf } from './plugin.ts'
import { readValidAttachments } from './spec/attachments.ts'
import { readPrevious } from './spec/previous.ts'
import { requireVersion } from './spec/version.ts'
import { callOf } from './testing/call.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly $defs?: Readonly<Record<string, Schema>>
}

const file = join(import.meta.dirname, '../docs/reference/podway-cni.schema.json')
const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema

const resolve = ({ $ref, ...rest }: Schema): Schema =>
  $ref === undefined ? rest : { ...schema.$defs?.[$ref.slice('#/$defs/'.length)], ...rest }

/** Everything that any verb reads of a configuration. */
function readAll(config: object): void {
  const call = callOf(config)
  requireVersion('ADD', call.config.cniVersion)
  readInterface(call)
  readPortmapConfig(call)
  readBandwidth(call)
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  if (hasIpam(call)) ipam(call)
  readPrevious(call.config.json)
  readValidAttachments(call.config.json)
}

function readInterface(call: Call): void {
  const name = podInterfaceOf(call.config.json)
  if (name === 'ptp') readPtpConfig(call)
  else if (name === 'bridge') readBridgeConfig(call)
  else readStackedConfig(call, name)
}

const route = { dst: '10.0.0.0/8', gw: '10.1.2.1', mtu: 1400, advmss: 1300, priority: 5, table: 7, scope: 0 }
const dns = { nameservers: ['192.0.2.1'], domain: 'x.example', search: ['x.example'], options: ['ndots:2'] }
const range = {
  subnet: '10.1.2.0/24',
  rangeStart: '10.1.2.9',
  rangeEnd: '10.1.2.99',
  gateway: '10.1.2.1',
}
const bandwidth = { ingressRate: 8e6, ingressBurst: 8e5, egressRate: 4e6, egressBurst: 4e5 }
const common = {
  cniVersion: '1.1.0',
  name: 'net',
  type: 'podway-cni',
  mtu: 1400,
  ipMasq: true,
  ipMasqBackend: 'nftables',
  nonMasqueradeCIDRs: ['10.0.0.0/8'],
  snat: false,
  backend: 'iptables',
  externalSetMarkChain: 'KUBE-MARK-MASQ',
  dns,
  statusOnExhaustion: true,
  prevResult: {
    interfaces: [{ name: 'eth1', mac: '02:00:00:00:00:01', sandbox: '/run/netns/x' }],
    ips: [{ address: '10.9.0.2/24', gateway: '10.9.0.1', interface: 0 }],
    routes: [route],
  },
  args: { cni: { ips: ['10.1.2.10/24'], mac: '02:00:00:00:00:02' } },
  'cni.dev/valid-attachments': [{ containerID: 'a', ifname: 'eth0' }],
}

const own = { cniVersion: '1.1.0', name: 'net', type: 'podway-cni' }
const ipam = { type: 'host-local', subnet: '10.1.2.0/24' }

/** Configurations that between them have every key. */
const examples = {
  'host-local': {
    ...common,
    ipam: {
      type: 'host-local',
      routes: [route],
      ranges: [[{ ...range, subnet: '10.1.3.0/24', rangeStart: '10.1.3.9', rangeEnd: '10.1.3.99' }]],
      ...range,
      dataDir: '/data',
      resolvConf: '/etc/resolv.conf',
      cooldownSeconds: 5,
    },
    runtimeConfig: {
      ips: ['fd00::5/64'],
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp', hostIP: '192.0.2.1' }],
      mac: '02:00:00:00:00:03',
      ipRanges: [[{ subnet: 'fd00::/64', rangeStart: 'fd00::2', rangeEnd: 'fd00::9', gateway: 'fd00::1' }]],
      bandwidth,
      dns: { servers: ['192.0.2.1'], searches: ['x.example'], options: ['ndots:2'] },
    },
  },
  bridge: {
    ...own,
    interface: 'bridge',
    bridge: 'br0',
    isGateway: true,
    isDefaultGateway: true,
    forceAddress: true,
    hairpinMode: true,
    promiscMode: false,
    portIsolation: true,
    macspoofchk: true,
    enabledad: true,
    disableContainerInterface: false,
    vlan: 100,
    vlanTrunk: [{ minID: 200, maxID: 210, id: 101 }],
    preserveDefaultVlan: true,
    mtu: 1400,
    ipMasq: true,
    ipam,
  },
  'bridge without addresses': { ...own, interface: 'bridge', disableContainerInterface: true },
  macvlan: {
    ...own,
    interface: 'macvlan',
    master: 'eth0',
    mode: 'vepa',
    linkInContainer: true,
    mac: '02:00:00:00:00:04',
    bcqueuelen: 100,
    enabledad: true,
    mtu: 1400,
    ipam,
  },
  ipvlan: {
    ...own,
    interface: 'ipvlan',
    master: 'eth0',
    mode: 'l3s',
    linkInContainer: true,
    mtu: 1400,
    ipam,
  },
  static: {
    ...common,
    ...bandwidth,
    'cni.dev/valid-attachments': undefined,
    'cni.dev/attachments': [{ containerID: 'a', ifname: 'eth0' }],
    ipam: {
      type: 'static',
      addresses: [{ address: '10.1.2.5/24', gateway: '10.1.2.1' }],
      routes: [route],
      dns,
    },
  },
} as const

type Step = string | number

/** `ipam.ranges[0][0].subnet`, as messages have it. */
const nameOf = (path: readonly Step[]): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )

/** The same with something else at that place; undefined if there is nothing to put it into. */
function changed(value: unknown, [step, ...rest]: readonly Step[], to: unknown): unknown {
  if (step === undefined) return to
  if (typeof value !== 'object' || value === null || !(step in value)) return undefined
  const inner = changed((value as Readonly<Record<Step, unknown>>)[step], rest, to)
  if (inner === undefined) return undefined
  return Array.isArray(value) ? value.with(Number(step), inner) : { ...value, [step]: inner }
}

/** Every place that the schema describes. */
function* places(
  raw: Schema,
  path: readonly Step[] = [],
): Generator<{ readonly path: readonly Step[]; readonly schema: Schema; readonly required: boolean }> {
  const here = resolve(raw)
  for (const [key, property] of Object.entries(here.properties ?? {})) {
    const inner = [...path, key]
    const required = here.required?.includes(key) === true && path.length > 0
    yield { path: inner, schema: resolve(property), required }
    yield* places(property, inner)
  }
  if (here.items !== undefined) {
    const inner = [...path, 0]
    yield { path: inner, schema: resolve(here.items), required: false }
    yield* places(here.items, inner)
  }
}

const samples: Readonly<Record<string, unknown>> = {
  string: 'nonsense',
  integer: 7,
  boolean: true,
  array: [],
  object: {},
}

/** Values that the schema forbids there. */
function* forbidden({ type, format, enum: words, pattern, minimum, maximum }: Schema): Generator {
  for (const [other, sample] of Object.entries(samples)) if (other !== type) yield sample
  if (format !== undefined || words !== undefined) yield 'nonsense'
  if (format === 'cidr') yield '10.1.2.0/33'
  if (format === 'mac') yield '01:00:5e:00:00:01'
  if (pattern !== undefined) yield '../x'
  if (minimum !== undefined) yield minimum - 1
  if (maximum !== undefined) yield maximum + 1
  if (type === 'integer') yield 1.5
}

const known = Object.entries(examples)
const table = [...places(schema)]

describe('the JSON Schema of the configuration', () => {
  it.each(known)('describes a complete configuration of %s, which is accepted', (_, config) => {
    expect(() => readAll(config)).not.toThrow()
  })

  it.each(table.map(({ path, ...rest }) => ({ name: nameOf(path), path, ...rest })))(
    '$name: what it forbids is refused, with the key named',
    ({ name, path, schema: at, required }) => {
      let tried = 0
      for (const [, config] of known) {
        for (const value of forbidden(at)) {
          const wrong = changed(config, path, value)
          if (wrong === undefined) continue
          tried++
          const refused = (): unknown => readAll(wrong as object)
          const said = JSON.stringify(value)
          // Versions and types of IPAM that nobody knows have codes of their own in the specification.
          const codes = name === 'cniVersion' ? [1, 6] : name === 'ipam.type' ? [2, 7] : [6, 7]
          expect(refused, said).toThrow()
          try {
            refused()
          } catch (error) {
            const { code, message } = error as { readonly code?: number; readonly message: string }
            expect(codes, `${said}: ${message}`).toContain(code)
            if (code !== 1) expect(message, said).toMatch(name === 'name' ? /\bname\b/ : key(name))
          }
        }
        if (!required) continue
        const { parent, last } = { parent: path.slice(0, -1), last: path.at(-1) ?? '' }
        const without = changed(config, parent, withoutKey(valueAt(config, parent), last))
        if (without !== undefined) expect(() => readAll(without as object), 'without it').toThrow(key(name))
      }
      expect(tried).toBeGreaterThan(3)
    },
  )
})

/** The older name of the attachments' key is told by the newer one. */
const key = (name: string): RegExp =>
  new RegExp(
    name.replace('cni.dev/attachments', 'cni.dev/(valid-)?attachments').replaceAll(/[[\].]/g, '\\$&'),
  )

const valueAt = (value: unknown, path: readonly Step[]): unknown =>
  path.reduce<unknown>((at, step) => (at as Readonly<Record<Step, unknown>> | undefined)?.[step], value)

const withoutKey = (value: unknown, name: Step): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([one]) => one !== name))
    : undefined
