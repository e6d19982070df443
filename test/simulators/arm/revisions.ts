import { ArmError } from './errors.ts'
import { type Resource, etagOf } from './state.ts'

/** @throws ArmError 412 if the client saw another version, or none is there */
export function checkIfMatch(ifMatch: string | undefined, id: string, existing: Resource | undefined): void {
  if (ifMatch === undefined || (ifMatch === '*' && existing !== undefined)) return
  const etag = existing === undefined ? 'none' : etagOf(existing)
  if (ifMatch === etag) return
  throw new ArmError(412, 'PreconditionFailed', 'Precondition failed.', {
    details: [
      {
        code: 'PreconditionFailedEtagMismatch',
        message: `Etag provided in if-match header ${ifMatch} does not match etag ${etag} of resource ${id} in NRP data store.`,
      },
    ],
  })
}
