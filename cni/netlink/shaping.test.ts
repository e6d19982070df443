import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import { encodeCreateIfb } from './ifb.ts'
import { decodeQdisc, encodeDeleteQdisc, encodeIngress, encodeTokenBucket } from './qdisc.ts'
import { decodeRedirect, encodeRedirect } from './redirect.ts'

const bucket = { rate: 1_000_000, buffer: 512_000, limit: 57_768 }

describe('messages of traffic control', () => {
  it('create a token bucket', () => {
    expect(encodeTokenBucket(7, bucket)).toEqual(
      hex(`
        00 00 00 00 07 00 00 00 00 00 01 00 ff ff ff ff 00 00 00 00  # struct tcmsg: link 7, handle 1:, parent root
        08 00 01 00 74 62 66 00                                      # TCA_KIND tbf
        2c 00 02 80                                                  # TCA_OPTIONS
          28 00 01 00                                                #   TCA_TBF_PARMS
            00 01 00 00 00 00 00 00 40 42 0f 00                      #     Ethernet, 1000000 bytes a second
            00 00 00 00 00 00 00 00 00 00 00 00                      #     no peak
            a8 e1 00 00 00 d0 07 00 00 00 00 00                      #     limit, buffer, MTU
      `),
    )
  })

  it('tell a rate of 2³² bytes a second and more in 64 bits', () => {
    const bytes = encodeTokenBucket(7, { ...bucket, rate: 12.5e9 })
    expect(bytes.slice(44, 48)).toEqual(hex('ff ff ff ff'))
    expect(bytes.slice(72)).toEqual(hex('0c 00 04 00 00 dd 0e e9 02 00 00 00'))
    expect(decodeQdisc(bytes).bucket?.rate).toBe(12.5e9)
  })

  it('open the entrance, and delete it or the root', () => {
    expect(encodeIngress(7)).toEqual(
      hex(`
        00 00 00 00 07 00 00 00 00 00 ff ff f1 ff ff ff 00 00 00 00
        0c 00 01 00 69 6e 67 72 65 73 73 00
      `),
    )
    expect(encodeDeleteQdisc(7, 'root')).toEqual(hex('00000000 07000000 00000000 ffffffff 00000000'))
    expect(encodeDeleteQdisc(7, 'ingress')).toEqual(hex('00000000 07000000 00000000 f1ffffff 00000000'))
  })

  it('redirect everything', () => {
    expect(encodeRedirect(7, 9)).toEqual(
      hex(`
        00 00 00 00 07 00 00 00 00 00 00 00 00 00 ff ff 00 03 01 00  # parent ffff:, priority 1, ETH_P_ALL
        08 00 01 00 75 33 32 00                                      # TCA_KIND u32
        68 00 02 80                                                  # TCA_OPTIONS
          08 00 01 00 01 00 01 00                                    #   TCA_U32_CLASSID 1:1
          24 00 05 00                                                #   TCA_U32_SEL: terminal, one key without a bit
            01 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          38 00 07 80                                                #   TCA_U32_ACT
            34 00 01 80                                              #     the first
              0b 00 01 00 6d 69 72 72 65 64 00 00                    #       TCA_ACT_KIND mirred
              24 00 02 80                                            #       TCA_ACT_OPTIONS
                20 00 02 00 00 00 00 00 00 00 00 00 04 00 00 00      #         TCA_MIRRED_PARMS: stolen
                            00 00 00 00 00 00 00 00 01 00 00 00 09 00 00 00
      `),
    )
  })

  it('create an ifb', () => {
    expect(encodeCreateIfb({ name: 'bwp0a', mtu: 1400, mac: hex('02 00 00 00 00 01') })).toEqual(
      hex(`
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        0a 00 03 00 62 77 70 30 61 00 00 00              # IFLA_IFNAME bwp0a
        08 00 04 00 78 05 00 00                          # IFLA_MTU 1400
        0a 00 01 00 02 00 00 00 00 01 00 00              # IFLA_ADDRESS
        08 00 0d 00 00 00 00 00                          # IFLA_TXQLEN 0
        0c 00 12 80                                      # IFLA_LINKINFO
          08 00 01 00 69 66 62 00                        #   IFLA_INFO_KIND ifb
      `),
    )
  })

  it('are read back', () => {
    expect(decodeQdisc(encodeTokenBucket(7, bucket))).toEqual({ index: 7, kind: 'tbf', isRoot: true, bucket })
    expect(decodeQdisc(encodeIngress(7))).toMatchObject({ kind: 'ingress', isRoot: false, bucket: undefined })
    expect(decodeRedirect(encodeRedirect(7, 9))).toBe(9)
  })

  it.each([
    { name: 'a discipline', decode: decodeQdisc, bytes: encodeTokenBucket(7, bucket) },
    { name: 'a filter', decode: decodeRedirect, bytes: encodeRedirect(7, 9) },
  ])('$name that was cut off is malformed, or less than it was', ({ decode, bytes }) => {
    for (let length = 0; length < bytes.length; length++) {
      try {
        expect(decode(bytes.slice(0, length))).not.toEqual(decode(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkFormatError)
      }
    }
  })

  it('are told from another action', () => {
    const bytes = encodeRedirect(7, 9)
    bytes.set(Buffer.from('police'), Buffer.from(bytes).indexOf('mirred'))
    expect(decodeRedirect(bytes)).toBeUndefined()
  })
})
