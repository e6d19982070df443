import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { type CallParts, callOf } from '../testing/call.ts'
import { podAddresses, readAttached } from './attached.ts'
import { type PortmapConfig, readPortmapConfig } from './portmap-config.ts'

const read = (fields: object, parts: CallParts = {}): PortmapConfig =>
  readPortmapConfig(callOf(fields, parts))
const ofPorts = (...portMappings: readonly object[]): object => ({ runtimeConfig: { portMappings } })
const tcp = { hostPort: 8080, containerPort: 80, protocol: 'tcp' }

/** The scenarios of upstream's portmap_test.go, by their names there. */
describe('portmapping configuration', () => {
  it('correctly parses an ADD config', () => {
    const prevResult = {
      interfaces: [{ name: 'host' }, { name: 'container', sandbox: 'netns' }],
      ips: [
        { version: '4', address: '10.0.0.1/24', gateway: '10.0.0.1', interface: 0 },
        { version: '6', address: '2001:db8:1::2/64', gateway: '2001:db8:1::1', interface: 1 },
        { version: '4', address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
      ],
    }
    const fields = {
      ...ofPorts(tcp, { hostPort: 8081, containerPort: 81, protocol: 'udp' }),
      backend: 'iptables',
      snat: false,
      prevResult,
    }
    expect(read(fields)).toEqual({
      ports: [
        { protocol: 6, hostPort: 8080, containerPort: 80, hostAddress: undefined, families: [4, 6] },
        { protocol: 17, hostPort: 8081, containerPort: 81, hostAddress: undefined, families: [4, 6] },
      ],
      snat: false,
      masqueradesAll: false,
      conditions: [],
    })
    const attached = readAttached(callOf(fields).config) ?? { interfaces: [], ips: [] }
    expect(podAddresses(attached, 'container').map(formatAddress)).toEqual(['10.0.0.2', '2001:db8:1::2'])
  })

  it('correctly parses a DEL config', () => {
    expect(read({ backend: 'iptables', snat: false })).toMatchObject({ ports: [], snat: false })
  })

  it.each([
    { port: { ...tcp, hostPort: 0 }, text: 'Invalid host port number: 0' },
    { port: { ...tcp, hostPort: undefined }, text: 'Invalid host port number: 0' },
    { port: { ...tcp, hostPort: -1 }, text: 'Invalid host port number: -1' },
    { port: { ...tcp, hostPort: 65_536 }, text: 'Invalid host port number: 65536' },
    { port: { ...tcp, containerPort: 0 }, text: 'Invalid container port number: 0' },
    {
      port: { ...tcp, protocol: 'icmp' },
      text: 'runtimeConfig.portMappings[0].protocol must be "tcp", "udp" or "sctp", not "icmp"',
    },
    {
      port: { ...tcp, hostIP: '1.2.3' },
      text: 'runtimeConfig.portMappings[0].hostIP: invalid address "1.2.3"',
    },
  ])('fails with invalid mappings: $text', ({ port, text }) => {
    const readIt = (reference: boolean) => (): unknown => read(ofPorts(port), { reference })
    expect(readIt(true)).toThrow(expect.objectContaining({ code: 7 }) as Error)
    expect(readIt(true)).toThrow(text)
    expect(readIt(false)).toThrow('runtimeConfig.portMappings[0].')
  })

  it.each(['iptables', 'nftables', undefined])('defaults to, and uses %s if requested', (backend) => {
    expect(read({ backend })).toMatchObject({ ports: [], snat: true })
  })

  it.each([
    {
      name: "rejects nftables options with 'backend: iptables'",
      fields: {
        backend: 'iptables',
        conditionsV4: ['ip', 'saddr', '1.2.3.4'],
        conditionsV6: ['ip6', 'saddr', '12::34'],
      },
      text: 'iptables backend was requested but configuration contains nftables-specific options [conditionsV4 conditionsV6]',
    },
    {
      name: "rejects iptables options with 'backend: nftables'",
      fields: {
        backend: 'nftables',
        externalSetMarkChain: 'KUBE-MARK-MASQ',
        conditionsV4: ['-s', '1.2.3.4'],
        conditionsV6: ['-s', '12::34'],
      },
      text: 'nftables backend was requested but configuration contains iptables-specific options [externalSetMarkChain conditionsV4 conditionsV6]',
    },
    { name: 'knows two back ends', fields: { backend: 'ipfw' }, text: 'unrecognized backend "ipfw"' },
    {
      name: 'has one way to mark',
      fields: { markMasqBit: 5, externalSetMarkChain: 'X' },
      text: 'Cannot specify externalSetMarkChain and markMasqBit',
    },
    { name: 'has 32 bits', fields: { markMasqBit: 32 }, text: 'MasqMarkBit must be between 0 and 31' },
  ])('$name', ({ fields, text }) => {
    expect(() => read(fields)).toThrow(text)
  })

  it.each([
    { interface: undefined, addresses: ['10.0.0.1'] },
    { interface: 7, addresses: ['10.0.0.1'] },
    { interface: -1, addresses: ['10.0.0.1'] },
    { interface: 0, addresses: [] },
  ])(
    'does not fail on missing prevResult interface index ($interface)',
    ({ interface: index, addresses }) => {
      const prevResult = {
        interfaces: [{ name: 'host' }],
        ips: [{ version: '4', address: '10.0.0.1/24', gateway: '10.0.0.1', interface: index }],
      }
      const attached = readAttached(callOf({ prevResult }).config) ?? { interfaces: [], ips: [] }
      expect(podAddresses(attached, 'container').map(formatAddress)).toEqual(addresses)
    },
  )

  it('finds addresses in results of versions without lists', () => {
    const prevResult = { ip4: { ip: '10.0.0.2/24' }, ip6: { ip: 'fd00::2/64' } }
    const attached = readAttached(callOf({ cniVersion: '0.2.0', prevResult }).config)
    expect(podAddresses(attached ?? { interfaces: [], ips: [] }, 'eth0').map(formatAddress)).toEqual([
      '10.0.0.2',
      'fd00::2',
    ])
  })
})

describe('ports that are asked for', () => {
  it.each([
    { hostIP: undefined, address: undefined, families: [4, 6] },
    { hostIP: '', address: undefined, families: [4, 6] },
    { hostIP: '0.0.0.0', address: undefined, families: [4] },
    { hostIP: '::', address: undefined, families: [6] },
    { hostIP: '192.0.2.1', address: '192.0.2.1', families: [4] },
  ])('of hostIP $hostIP', ({ hostIP, address, families }) => {
    const [port] = read(ofPorts({ ...tcp, hostIP })).ports
    expect(port?.families).toEqual(families)
    expect(port?.hostAddress && formatAddress(port.hostAddress)).toBe(address)
  })

  it('twice are one; to two ports of the pod they are an error, of which upstream takes the first', () => {
    expect(read(ofPorts(tcp, { ...tcp, protocol: 'TCP' })).ports).toHaveLength(1)
    const both = ofPorts(tcp, { ...tcp, containerPort: 81 })
    expect(() => read(both)).toThrow(
      'runtimeConfig.portMappings: host port 8080/tcp shall lead to both 80 and 81',
    )
    expect(read(both, { reference: true }).ports.map(({ containerPort }) => containerPort)).toEqual([80])
    // Of two families, of two protocols, and of one address beside all, they are others.
    const apart = [
      { ...tcp, hostIP: '0.0.0.0' },
      { ...tcp, hostIP: '::', containerPort: 81 },
      { ...tcp, protocol: 'udp', containerPort: 82 },
      { ...tcp, hostIP: '192.0.2.1', containerPort: 83 },
    ]
    expect(read(ofPorts(...apart)).ports).toHaveLength(4)
  })
})
