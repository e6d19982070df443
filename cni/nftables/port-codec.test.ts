import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { hex } from '../testing/bytes.ts'
import {
  listedAddressMapping,
  listedAddressPortMap,
  listedByAddress,
  listedByPort,
  listedDigests,
  listedGuard,
  listedLoopback6,
  listedMapping,
  listedPairSet,
  listedPairs,
  listedPortMap,
} from '../testing/recorded-ports.ts'
import { decodeElements, encodeElements } from './element.ts'
import { formatHostPort, readMappedPort } from './mapped-port.ts'
import { type PortMapping, PortProtocol, mappingElement } from './pod-ports.ts'
import {
  cameFromElsewhere,
  goesToLoopback4,
  goesToLoopback6,
  isPairIn,
  translatedByAddress,
  translatedByPort,
} from './port-steps.ts'
import { decodeRule, encodeNewRule, equalRules } from './rule.ts'
import { type AddressSet, decodeSet, encodeNewSet } from './set.ts'
import { counted, decide, masquerade } from './steps.ts'

const chain = 'pod-port-maps'

describe('rules of port mappings', () => {
  it.each([
    { name: 'by a port', bytes: listedByPort, wanted: translatedByPort(4, 'pod-ports-v4') },
    {
      name: 'by an address and a port',
      bytes: listedByAddress,
      wanted: translatedByAddress(6, 'pod-port-addresses-v6'),
    },
    {
      name: 'for pairs',
      bytes: listedPairs,
      wanted: [...isPairIn(4, 'pod-port-hairpins-v4'), counted, masquerade({ randomFully: false })],
    },
    { name: 'that spare ::1', bytes: listedLoopback6, wanted: [...goesToLoopback6, decide('return')] },
    {
      name: 'that guard 127.0.0.0/8',
      bytes: listedGuard,
      wanted: [...cameFromElsewhere, ...goesToLoopback4, counted, decide('drop')],
    },
  ])('$name are those that nft makes', ({ bytes, wanted }) => {
    const found = decodeRule(bytes)
    expect(found).toMatchObject({ table: 'podway', chain })
    expect(found.rule && equalRules(found.rule, wanted)).toBe(true)
    // What is sent is read as what was meant.
    expect(decodeRule(encodeNewRule('podway', chain, wanted)).rule).toEqual(wanted)
  })

  it('are not ours if they translate to one port, or take the port from elsewhere', () => {
    const text = Buffer.from(listedByPort).toString('hex')
    const source = text.replace('08000100000000010800020000000002', '08000100000000000800020000000002')
    const port = text.replace('08000600000000090800070000000003', '080006000000000a0800070000000003')
    for (const other of [source, port]) {
      expect(other).not.toBe(text)
      expect(decodeRule(hex(other)).rule).toBeUndefined()
    }
  })
})

describe('sets of port mappings', () => {
  it.each<{ bytes: Uint8Array; set: AddressSet }>([
    { bytes: listedPortMap, set: { name: 'pod-ports-v4', family: 4, kind: 'ports' } },
    {
      bytes: listedAddressPortMap,
      set: { name: 'pod-port-addresses-v6', family: 6, kind: 'address-ports' },
    },
    { bytes: listedPairSet, set: { name: 'pod-port-hairpins-v4', family: 4, kind: 'pairs' } },
    { bytes: listedDigests, set: { name: 'pod-port-owners', family: 4, kind: 'digests' } },
  ])('$set.name is that of nft', ({ bytes, set }) => {
    expect(decodeSet(bytes)).toEqual({ name: set.name, set })
    expect(decodeSet(encodeNewSet('podway', set, 1))).toEqual({ name: set.name, set })
  })
})

describe('elements of port mappings', () => {
  const comment = 'podway net pod/eth0'
  const udp: PortMapping = {
    protocol: PortProtocol.udp,
    hostPort: 8080,
    hostAddress: undefined,
    address: parseAddress('10.1.2.2'),
    port: 80,
  }
  const tcp6: PortMapping = {
    protocol: PortProtocol.tcp,
    hostPort: 8080,
    hostAddress: parseAddress('2001:db8::1'),
    address: parseAddress('fd00:1::2'),
    port: 80,
  }

  it.each([
    { name: 'of all addresses', mapping: udp, bytes: listedMapping, comment, text: '8080/udp' },
    {
      name: 'of one',
      mapping: tcp6,
      bytes: listedAddressMapping,
      comment: undefined,
      text: '[2001:db8::1]:8080/tcp',
    },
  ])('$name are those of nft, and are read', ({ mapping, bytes, comment: said, text }) => {
    const { set, element } = mappingElement(mapping, comment)
    const wanted = { ...element, comment: said }
    expect(decodeElements(bytes)).toEqual([wanted])
    expect(decodeElements(encodeElements('podway', set, [element]))).toEqual([element])
    expect(readMappedPort(element)).toEqual(mapping)
    expect(formatHostPort(mapping)).toBe(text)
  })

  it.each([
    { name: 'without data', element: { key: hex('11000000 1f900000'), isEnd: false } },
    {
      name: 'of another length',
      element: { key: hex('11000000 1f900000'), data: hex('0a010202'), isEnd: false },
    },
    {
      name: 'whose families differ',
      element: { key: hex('0a010203 11000000 1f900000'), data: new Uint8Array(20), isEnd: false },
    },
  ])('$name are not read', ({ element }) => {
    expect(readMappedPort(element)).toBeUndefined()
  })
})
