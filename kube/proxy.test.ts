import { expect, test } from 'vitest'
import { proxyFor } from './proxy.ts'

const proxy = 'http://proxy.test:3128'

test.each([
  ['https by HTTPS_PROXY', 'https://api.test', { HTTPS_PROXY: proxy }, proxy],
  ['https by https_proxy', 'https://api.test', { https_proxy: proxy }, proxy],
  ['https not by HTTP_PROXY', 'https://api.test', { HTTP_PROXY: proxy }, undefined],
  ['http by HTTP_PROXY', 'http://api.test', { HTTP_PROXY: proxy }, proxy],
  ['no scheme means http', 'https://api.test', { HTTPS_PROXY: 'proxy.test:3128' }, proxy],
  ['empty means none', 'https://api.test', { HTTPS_PROXY: '' }, undefined],
  ['none', 'https://api.test', {}, undefined],
  ['never to localhost', 'https://localhost:6443', { HTTPS_PROXY: proxy }, undefined],
  ['never to 127/8', 'https://127.1.2.3:6443', { HTTPS_PROXY: proxy }, undefined],
  ['never to ::1', 'https://[::1]:6443', { HTTPS_PROXY: proxy }, undefined],
])('%s', (_, server, env, expected) => {
  expect(proxyFor(new URL(server), env)).toBe(expected)
})

test.each([
  ['*', 'https://api.test', true],
  ['other.test, API.test', 'https://api.test', true],
  ['test', 'https://api.test', true],
  ['est', 'https://api.test', false],
  ['.test', 'https://api.test', true],
  ['.api.test', 'https://api.test', false],
  ['*.test', 'https://api.test', true],
  ['api.test:443', 'https://api.test', true],
  ['api.test:6443', 'https://api.test', false],
  ['10.96.0.1', 'https://10.96.0.1', true],
  ['10.96.0.1:6443', 'https://10.96.0.1:6443', true],
  ['10.96.0.1:443', 'https://10.96.0.1:6443', false],
  ['10.0.0.0/8', 'https://10.96.0.1', true],
  ['10.96.0.5/12', 'https://10.96.0.1', true],
  ['192.168.0.0/16', 'https://10.96.0.1', false],
  ['10.0.0.0/8', 'https://api.test', false],
  ['fd00::/8', 'https://[fd00:10::1]:6443', true],
  ['fd00:10::1', 'https://[fd00:10::1]:6443', true],
  ['[fd00:10::1]:6443', 'https://[fd00:10::1]:6443', true],
  ['[fd00:10::1]:443', 'https://[fd00:10::1]:6443', false],
  ['', 'https://api.test', false],
  [',', 'https://api.test', false],
])('NO_PROXY=%s for %s: direct %s', (noProxy, server, direct) => {
  const env = { HTTPS_PROXY: proxy, NO_PROXY: noProxy }
  expect(proxyFor(new URL(server), env) === undefined).toBe(direct)
})
