import type { SimulatorRequest } from '../simulator.ts'
import { Ec2Error, missingParameter } from './errors.ts'

/** A request of the EC2 query protocol, as sent. */
export interface Query {
  readonly action: string
  readonly version: string | undefined
  /** What is left after Action and Version, in the order sent: `Filter.1.Name` → `vpc-id`. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Reads the form of a POST, or the query of a GET. It never throws: what is missing is empty. */
export function parseQuery(request: SimulatorRequest): Query {
  const question = request.target.indexOf('?')
  const inTarget = question < 0 ? '' : request.target.slice(question + 1)
  const form = new URLSearchParams(request.method === 'GET' ? inTarget : request.body)
  const parameters = new Map(form)
  parameters.delete('Action')
  parameters.delete('Version')
  return { action: form.get('Action') ?? '', version: form.get('Version') ?? undefined, parameters }
}

/** @throws Ec2Error for another version than 2016-11-15: all shapes are that version's */
export function checkVersion(query: Query): void {
  if (query.version === undefined) throw missingParameter('Version')
  if (query.version !== '2016-11-15')
    throw new Ec2Error(
      'NoSuchVersion',
      `The requested version (${query.version}) of service AmazonEC2 does not exist`,
    )
}
