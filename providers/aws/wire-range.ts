import type { Cidr } from '../../net/cidr.ts'
import { cidrOnWire } from '../wire-addresses.ts'

/** A range as EC2 writes it, who leaves out what does not apply. Undefined for what is none. */
export const wireRange = (text: string | undefined): Cidr | undefined =>
  text === undefined ? undefined : cidrOnWire(text)
