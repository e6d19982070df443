import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { createBridge, enslave, setHardwareAddress, setPort, setPromiscuous } from './bridge.ts'
import { addPortVlan, decodePortVlans, deletePortVlan } from './bridge-vlan.ts'
import { NetlinkFormatError } from './error.ts'
import { decodeLinkDetails } from './link-details.ts'
import { createStackedLink, renameLink } from './stacked-link.ts'

const mac = hex('02 00 00 00 00 01')

describe('messages about bridges', () => {
  it('make one that keeps its hardware address, and tells VLANs apart', () => {
    const request = createBridge({ name: 'br0', mac, mtu: 1400, vlanFiltering: true, group: 5 })
    expect(request).toMatchObject({ operation: 'create bridge br0', type: 16, flags: 0x600 })
    expect(request.payload).toEqual(
      hex(`
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # struct ifinfomsg
        08 00 03 00 62 72 30 00                          # IFLA_IFNAME br0
        0a 00 01 00 02 00 00 00 00 01 00 00              # IFLA_ADDRESS
        08 00 04 00 78 05 00 00                          # IFLA_MTU 1400
        08 00 1b 00 05 00 00 00                          # IFLA_GROUP 5
        19 00 12 80                                      # IFLA_LINKINFO
          0b 00 01 00 62 72 69 64 67 65 00 00            #   IFLA_INFO_KIND bridge
          09 00 02 80                                    #   IFLA_INFO_DATA
            05 00 07 00 01 00 00 00                      #     IFLA_BR_VLAN_FILTERING
      `),
    )
  })

  it('make a link its port, and mark it', () => {
    expect(enslave(7, 3, { alias: 'x', group: 5 }).payload).toEqual(
      hex(`
        00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00
        08 00 0a 00 03 00 00 00                          # IFLA_MASTER 3
        06 00 14 00 78 00 00 00                          # IFLA_IFALIAS x
        08 00 1b 00 05 00 00 00                          # IFLA_GROUP 5
      `),
    )
  })

  it('set up a port', () => {
    expect(setPort(7, { hairpin: true, isolated: true }).payload).toEqual(
      hex(`
        07 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00  # AF_BRIDGE
        11 00 0c 80                                      # IFLA_PROTINFO
          05 00 04 00 01 00 00 00                        #   IFLA_BRPORT_MODE
          05 00 21 00 01 00 00 00                        #   IFLA_BRPORT_ISOLATED
      `),
    )
  })

  it('make a link promiscuous, or give it a hardware address', () => {
    expect(setPromiscuous(7).payload).toEqual(hex('00 00 00 00 07 00 00 00 00 01 00 00 00 01 00 00'))
    expect(setHardwareAddress(7, mac).payload).toEqual(
      hex('00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00  0a 00 01 00 02 00 00 00 00 01 00 00'),
    )
  })

  it('put a port into a VLAN, with and without tags, and take it out', () => {
    const start = '07 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00  0c 00 1a 80  08 00 02 00'
    const access = addPortVlan(7, 100, { access: true })
    expect(access).toMatchObject({ type: 19, operation: 'add VLAN 100 to port 7' })
    expect(access.payload).toEqual(hex(`${start} 06 00 64 00`))
    expect(addPortVlan(7, 4094, { access: false }).payload).toEqual(hex(`${start} 00 00 fe 0f`))
    expect(deletePortVlan(7, 1)).toMatchObject({ type: 17, payload: hex(`${start} 00 00 01 00`) })
  })

  it('tell the VLANs of the port that is asked for', () => {
    const answer = hex(`
      07 00 01 00 07 00 00 00 00 00 00 00 00 00 00 00
      08 00 03 00 76 31 00 00                            # IFLA_IFNAME
      1c 00 1a 00                                        # IFLA_AF_SPEC
        08 00 02 00 06 00 01 00
        08 00 02 00 00 00 c8 00
        08 00 02 00 00 00 fe 0f
    `)
    expect(decodePortVlans(answer, 7)).toEqual([1, 200, 4094])
    expect(decodePortVlans(answer, 8)).toEqual([])
    expect(decodePortVlans(hex('07 00'), 7)).toEqual([])
    expect(() => decodePortVlans(answer.subarray(0, 30), 7)).toThrow(NetlinkFormatError)
  })
})

describe('messages about stacked links', () => {
  const place = { name: 'pw0', master: 3, namespace: 9, mtu: undefined, mac: undefined }
  const head = '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  08 00 03 00 70 77 30 00'
  const where = '08 00 05 00 03 00 00 00  08 00 1c 00 09 00 00 00'

  it('make a macvlan in a namespace', () => {
    const link = { ...place, kind: 'macvlan', mode: 4, mtu: 1400, mac, broadcastQueueLength: 200 } as const
    expect(createStackedLink(link).payload).toEqual(
      hex(`
        ${head}
        08 00 04 00 78 05 00 00                          # IFLA_MTU
        0a 00 01 00 02 00 00 00 00 01 00 00              # IFLA_ADDRESS
        ${where}                                         # IFLA_LINK 3, IFLA_NET_NS_FD 9
        24 00 12 80
          0c 00 01 00 6d 61 63 76 6c 61 6e 00            #   macvlan
          14 00 02 80
            08 00 01 00 04 00 00 00                      #     IFLA_MACVLAN_MODE bridge
            08 00 07 00 c8 00 00 00                      #     IFLA_MACVLAN_BC_QUEUE_LEN
      `),
    )
  })

  it('make an ipvlan in a namespace', () => {
    const link = { ...place, kind: 'ipvlan', mode: 2, broadcastQueueLength: undefined } as const
    expect(createStackedLink(link).payload).toEqual(
      hex(`
        ${head} ${where}
        1a 00 12 80
          0b 00 01 00 69 70 76 6c 61 6e 00 00            #   ipvlan
          0a 00 02 80  06 00 01 00 02 00 00 00           #     IFLA_IPVLAN_MODE l3s
      `),
    )
  })

  it('rename a link', () => {
    expect(renameLink(7, 'eth0').payload).toEqual(
      hex('00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00  09 00 03 00 65 74 68 30 00 00 00 00'),
    )
  })
})

describe('the details of a link', () => {
  const start = '00 00 01 00 07 00 00 00 43 10 00 00 00 00 00 00  08 00 03 00 62 72 30 00'
  it.each([
    {
      name: 'a bridge that tells VLANs apart',
      bytes:
        '05 00 10 00 06 00 00 00  08 00 1e 00 01 00 00 00  1c 00 12 00 0b 00 01 00 62 72 69 64 67 65 00 00  0c 00 02 00 05 00 07 00 01 00 00 00',
      is: {
        kind: 'bridge',
        operationalState: 'up',
        isPromiscuous: true,
        filtersVlans: true,
        mode: undefined,
        master: undefined,
      },
    },
    {
      name: 'a port without a carrier',
      bytes:
        '08 00 0a 00 03 00 00 00  05 00 10 00 03 00 00 00  08 00 1e 00 00 00 00 00  0c 00 12 00 08 00 01 00 76 65 74 68',
      is: { master: 3, operationalState: 'lower-layer-down', isPromiscuous: false, filtersVlans: false },
    },
    {
      name: 'a macvlan',
      bytes: '1c 00 12 00 0c 00 01 00 6d 61 63 76 6c 61 6e 00  0c 00 02 00 08 00 01 00 08 00 00 00',
      is: { kind: 'macvlan', mode: 8, operationalState: 'unknown' },
    },
    {
      name: 'an ipvlan',
      bytes: '1c 00 12 00 0b 00 01 00 69 70 76 6c 61 6e 00 00  0c 00 02 00 06 00 01 00 01 00 00 00',
      is: { kind: 'ipvlan', mode: 1 },
    },
  ])('$name', ({ bytes, is }) => {
    expect(decodeLinkDetails(hex(`${start} ${bytes}`))).toMatchObject({
      index: 7,
      name: 'br0',
      up: true,
      ...is,
    })
  })
})
