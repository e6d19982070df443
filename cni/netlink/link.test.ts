import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import {
  announcesRemoval,
  decodeLink,
  encodeCreateVeth,
  encodeDeleteGroup,
  encodeDeleteLink,
  encodeGetLink,
  encodeSetGroup,
  encodeSetUp,
  formatMac,
} from './link.ts'

describe('link messages', () => {
  /**
   * One message makes both ends where they belong (https://github.com/aws/amazon-vpc-cni-k8s/pull/3764,
   * https://github.com/projectcalico/calico/pull/7705), and says both hardware addresses, which udev then leaves alone
   * (https://github.com/flatcar/init/pull/33, https://github.com/systemd/systemd/issues/21185).
   */
  it('create a veth with namespace and address of both ends', () => {
    const bytes = encodeCreateVeth(
      { name: 'eth0', namespace: 7, mac: hex('02 00 00 00 00 01') },
      { name: 'veth0a', namespace: 8, mac: hex('02 00 00 00 00 02') },
      1400,
    )
    expect(bytes).toEqual(
      hex(`
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # struct ifinfomsg
        09 00 03 00 65 74 68 30 00 00 00 00              # IFLA_IFNAME eth0
        08 00 04 00 78 05 00 00                          # IFLA_MTU 1400
        0a 00 01 00 02 00 00 00 00 01 00 00              # IFLA_ADDRESS
        08 00 1c 00 07 00 00 00                          # IFLA_NET_NS_FD 7
        08 00 1f 00 01 00 00 00                          # IFLA_NUM_TX_QUEUES 1
        08 00 20 00 01 00 00 00                          # IFLA_NUM_RX_QUEUES 1
        60 00 12 80                                      # IFLA_LINKINFO
          09 00 01 00 76 65 74 68 00 00 00 00            #   IFLA_INFO_KIND veth
          50 00 02 80                                    #   IFLA_INFO_DATA
            4c 00 01 80                                  #     VETH_INFO_PEER
              00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
              0b 00 03 00 76 65 74 68 30 61 00 00        #       IFLA_IFNAME veth0a
              08 00 04 00 78 05 00 00                    #       IFLA_MTU 1400
              0a 00 01 00 02 00 00 00 00 02 00 00        #       IFLA_ADDRESS
              08 00 1c 00 08 00 00 00                    #       IFLA_NET_NS_FD 8
              08 00 1f 00 01 00 00 00                    #       IFLA_NUM_TX_QUEUES 1
              08 00 20 00 01 00 00 00                    #       IFLA_NUM_RX_QUEUES 1
      `),
    )
  })

  it('look up by name, without counters', () => {
    expect(encodeGetLink('eth0')).toEqual(
      hex(
        '00000000 00000000 00000000 00000000  09 00 03 00 65 74 68 30 00 00 00 00  08 00 1d 00 08 00 00 00',
      ),
    )
  })

  it('delete a whole group', () => {
    expect(encodeDeleteGroup(0x2000_0007)).toEqual(
      hex('00000000 00000000 00000000 00000000  08 00 1b 00 07 00 00 20'),
    )
  })

  it('set up, with alias and group or without', () => {
    expect(encodeSetUp(5)).toEqual(hex('00000000 05000000 01000000 01000000'))
    expect(encodeSetUp(5, { alias: 'a', group: 0x102 })).toEqual(
      hex('00000000 05000000 01000000 01000000  06 00 14 00 61 00 00 00  08 00 1b 00 02 01 00 00'),
    )
  })

  it('put into a group, and read that', () => {
    const bytes = encodeSetGroup(5, 0x102)
    expect(bytes).toEqual(hex('00000000 05000000 00000000 00000000  08 00 1b 00 02 01 00 00'))
    expect(decodeLink(bytes)).toMatchObject({ index: 5, group: 0x102 })
  })

  it('delete by index', () => {
    expect(encodeDeleteLink(0x102)).toEqual(hex('00000000 02010000 00000000 00000000'))
  })

  it('of a removal is about that link, and not about its place in a bridge', () => {
    const says = (type: number, payload: string): boolean =>
      announcesRemoval({ type, flags: 0, sequence: 0, port: 0, payload: hex(payload) }, 5)
    expect(says(17, '00000100 05000000 00000000 ffffffff')).toBe(true)
    expect(says(17, '00000100 06000000 00000000 ffffffff')).toBe(false)
    expect(says(16, '00000100 05000000 00000000 ffffffff')).toBe(false)
    expect(says(17, '07000100 05000000 00000000 ffffffff')).toBe(false)
    expect(says(17, '0000')).toBe(false)
  })

  it('read a link', () => {
    const payload = hex(`
      00 00 01 00 03 00 00 00 43 10 01 00 00 00 00 00    # index 3, flags with IFF_UP
      09 00 03 00 65 74 68 30 00 00 00 00
      08 00 04 00 dc 05 00 00
      08 00 05 00 0b 00 00 00                            # IFLA_LINK: the other end is 11
      0a 00 01 00 02 aa bb cc dd 0e 00 00
      06 00 14 00 78 00 00 00                            # IFLA_IFALIAS x
      10 00 12 00 09 00 01 00 76 65 74 68 00 00 00 00
      06 00 ff 00 01 02 00 00                            # an attribute of the future
    `)
    expect(decodeLink(payload)).toEqual({
      index: 3,
      name: 'eth0',
      up: true,
      mac: '02:aa:bb:cc:dd:0e',
      mtu: 1500,
      kind: 'veth',
      peerIndex: 11,
      alias: 'x',
      group: 0,
    })
  })

  it('refuse what is too short', () => {
    expect(() => decodeLink(hex('00 00'))).toThrow(NetlinkFormatError)
  })

  it('print hardware addresses as CNI has them', () => {
    expect(formatMac(hex('02 00 5e 0a ff 01'))).toBe('02:00:5e:0a:ff:01')
  })
})
