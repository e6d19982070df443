import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Identity {
  /** PEM. The certificate is its own authority. */
  readonly cert: string
  readonly key: string
}

/** A new key with a certificate (X.509 v3, RFC 5280) for 127.0.0.1 and the DNS name `api.test`, valid from 2020 to 2049. */
export function selfSigned(commonName: string): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const ecdsaWithSha256 = sequence(hex('06082a8648ce3d040302'))
  const name = sequence(set(sequence(hex('0603550403'), text(commonName))))
  const validity = sequence(time('200101000000Z'), time('491231235959Z'))
  const authority = sequence(hex('0603551d13'), hex('0101ff'), octets(sequence(hex('0101ff'))))
  const names = sequence(tagged(0x82, Buffer.from('api.test')), tagged(0x87, Buffer.of(127, 0, 0, 1)))
  const alternativeName = sequence(hex('0603551d11'), octets(names))
  const certificate = sequence(
    tagged(0xa0, hex('020102')),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey,
    tagged(0xa3, sequence(authority, alternativeName)),
  )
  const signature = sign('sha256', certificate, createPrivateKey(privateKey))
  const der = sequence(certificate, ecdsaWithSha256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n')
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key: privateKey }
}

/** DER: tag, length, value. */
function tagged(tag: number, value: Uint8Array): Buffer {
  const { length } = value
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256]
  return Buffer.concat([Buffer.of(tag, ...size), value])
}

const sequence = (...parts: Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(parts))
const set = (part: Uint8Array): Buffer => tagged(0x31, part)
const octets = (part: Uint8Array): Buffer => tagged(0x04, part)
const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value))
const time = (value: string): Buffer => tagged(0x17, Buffer.from(value))
const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex')
