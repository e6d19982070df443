import { expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { refusal } from './destinations.ts'

const vpc = ['10.0.0.0/16', '100.64.0.0/16', '2600:1f18::/56'].map(parseCidr)

test.each<[destination: string, code: string | undefined, message?: string]>([
  ['10.244.1.0/24', undefined],
  ['fd00:10:244:1::/64', undefined],
  // Less specific than the VPC's ranges: their local routes win, and the rest is free.
  ['10.0.0.0/8', undefined],
  ['10.1.0.0/16', undefined],
  ['0.0.0.0/0', undefined],
  ['10.0.3.0/24', 'DestinationInVpc', 'it lies within 10.0.0.0/16, a range of the VPC itself'],
  ['10.0.0.0/16', 'DestinationInVpc', 'it is a range of the VPC itself'],
  ['100.64.7.0/24', 'DestinationInVpc', 'it lies within 100.64.0.0/16,'],
  ['2600:1f18:0:1::/64', 'DestinationInVpc', 'it lies within 2600:1f18::/56,'],
  ['169.254.168.0/22', 'DestinationReserved', '169.254.168.0/22 is reserved for the services of AWS'],
  ['169.254.169.0/24', 'DestinationReserved'],
  ['169.254.172.0/24', undefined],
  ['fd00:ec2::/64', 'DestinationReserved', 'fd00:ec2::/32 is reserved'],
  ['fd00:ec3::/64', undefined],
])('%s: %s', (destination, code, message = '') => {
  const error = refusal(parseCidr(destination), vpc)
  expect(error?.code).toBe(code)
  if (code === undefined) return
  expect(error?.class).toBe('invalid')
  expect(error?.message).toContain(destination)
  expect(error?.message).toContain(message)
})

test('what is not known of the VPC is left to EC2', () => {
  expect(refusal(parseCidr('10.0.3.0/24'), [])).toBeUndefined()
})
