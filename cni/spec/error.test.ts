import { describe, expect, it } from 'vitest'
import { OpError } from '../netlink/error.ts'
import { sysError } from '../testing/memory-system.ts'
import { CniError, ErrorCode, formatError, isCniError, toCniError } from './error.ts'

describe('an error', () => {
  it.each([
    { name: 'EPERM', errno: 1, code: 100 },
    { name: 'EACCES', errno: 13, code: 100 },
    { name: 'EIO', errno: 5, code: 5 },
    { name: 'ENOSPC', errno: 28, code: 5 },
    { name: 'EROFS', errno: 30, code: 5 },
    { name: 'EDQUOT', errno: 122, code: 5 },
    { name: 'EINTR', errno: 4, code: 11 },
    { name: 'EAGAIN', errno: 11, code: 11 },
    { name: 'ENOMEM', errno: 12, code: 11 },
    { name: 'EBUSY', errno: 16, code: 11 },
    { name: 'ENFILE', errno: 23, code: 11 },
    { name: 'EMFILE', errno: 24, code: 11 },
    { name: 'ENOBUFS', errno: 105, code: 11 },
    { name: 'ENOSYS', errno: 38, code: 101 },
    { name: 'ENOPROTOOPT', errno: 92, code: 101 },
    { name: 'EPROTONOSUPPORT', errno: 93, code: 101 },
    { name: 'ESOCKTNOSUPPORT', errno: 94, code: 101 },
    { name: 'EOPNOTSUPP', errno: 95, code: 101 },
    { name: 'EAFNOSUPPORT', errno: 97, code: 101 },
    { name: 'ENOENT', errno: 2, code: 999 },
    { name: 'EEXIST', errno: 17, code: 999 },
  ])('of the kernel, $name, has code $code and its own words', ({ errno, code }) => {
    const call = sysError(errno, 'open', '/x')
    const request = new OpError('create veth eth0', errno, { sequence: 1, kernelMessage: 'no such kind' })
    for (const error of [call, request])
      expect(toCniError(error)).toMatchObject({ code, message: error.message, details: undefined })
  })

  it.each([
    { thrown: new TypeError('boom'), message: 'boom' },
    { thrown: 'text', message: 'text' },
    { thrown: undefined, message: 'undefined' },
    { thrown: Object.assign(new Error('odd'), { errno: 'x' }), message: 'odd' },
  ])('that is none of ours is "internal": $message', ({ thrown, message }) => {
    expect(toCniError(thrown)).toMatchObject({ code: 999, message })
  })

  /** Each bundle of the binary has a class of its own. */
  it('of another bundle is known by its name', () => {
    const other = Object.assign(new Error('mtu must be …'), { name: 'CniError', code: 7, details: undefined })
    expect(isCniError(other)).toBe(true)
    expect(toCniError(other)).toBe(other)
    expect(isCniError(new Error('CniError'))).toBe(false)
  })

  it('is printed as the specification has it', () => {
    const error = new CniError(ErrorCode.config, 'invalid characters found in network name', '../x')
    expect(JSON.parse(formatError(error, '1.0.0'))).toEqual({
      cniVersion: '1.0.0',
      code: 7,
      msg: 'invalid characters found in network name',
      details: '../x',
    })
    expect(formatError(new CniError(ErrorCode.io, 'x'), '1.0.0')).not.toContain('details')
  })
})
