import { AddressSyntaxError } from '../net/address.ts'
import { type Cidr, parseCidr } from '../net/cidr.ts'
import { UsageError } from './usage.ts'

/** An argument that is a CIDR; `what` names it in the message. @throws UsageError */
export function readCidr(what: string, text: string): Cidr {
  try {
    return parseCidr(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError)
      throw new UsageError(`${what}: ${error.message}`, { cause: error })
    throw error
  }
}
