import { expect, it } from 'vitest'
import { parseResolvConf } from './resolv-conf.ts'

/** The cases of host-local's dns_test.go. */
it.each([
  { name: 'nothing', text: '', expected: { nameservers: [], search: [], options: [] } },
  {
    name: 'everything, with comments and odd spaces',
    text: `
# a comment
; another one
nameserver 192.0.2.0
nameserver\t192.0.2.1 extra
  domain example.com
search example.net  example.org
search a.example
options one two
options three
nameserver
unknown x
`,
    expected: {
      nameservers: ['192.0.2.0', '192.0.2.1'],
      domain: 'example.com',
      search: ['example.net', 'example.org', 'a.example'],
      options: ['one', 'two', 'three'],
    },
  },
])('resolv.conf with $name', ({ text, expected }) => {
  expect(parseResolvConf(text)).toEqual(expected)
})
