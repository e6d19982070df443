import { createHash } from 'node:crypto'
import { type Cidr, formatCidr } from '../../../net/cidr.ts'

/**
 * What Terraform calls the route: `pods_rtb-0a1b2c3d_10-244-3-0_24`. It says which table and which destination, and so it is
 * the same in every export, whatever else is exported, and whichever node the destination belongs to.
 *
 * Letters, digits, `_` and `-`, a letter first: what Terraform and OpenTofu take. Of two routes never the same: the parts
 * hold no `_`, a destination in canonical form has either dots or colons, and a table whose id has to be changed gets a part
 * of its digest.
 */
export function resourceName(table: string, destination: Cidr): string {
  const [address = '', length = ''] = formatCidr(destination).split('/')
  return `pods_${tablePart(table)}_${address.replaceAll(/[.:]/g, '-')}_${length}`
}

/** 40 bits: a cluster has tens of tables. */
const digestLength = 10
const longestName = 40

/** Azure's ids are compared without regard to case; those of others are in lower case anyway. */
function tablePart(id: string): string {
  if (/^[a-z0-9-]+$/.test(id)) return id
  const name = (id.split('/').at(-1) ?? '').replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(0, longestName)
  const digest = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, digestLength)
  return `${name.toLowerCase()}-${digest}`
}
