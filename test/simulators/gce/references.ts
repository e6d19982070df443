import { GceError, invalidField } from './errors.ts'
import type { ResourcePath } from './state.ts'

const ROOT = 'https://www.googleapis.com/compute/v1/'

/** The URL by which answers name a resource. */
export const urlOf = (path: ResourcePath): string => ROOT + path

/**
 * The resource that a request names: by its whole URL, under one of the two hosts that Google's tools write, or by a part
 * of it that begins with `projects/`, or with its collection (`global/…`, `zones/…`) in the project of the request.
 *
 * @throws GceError invalid
 */
export function readReference(field: string, text: string, project: string, shape: RegExp): ResourcePath {
  const stripped = text.replace(/^https:\/\/(www|compute)\.googleapis\.com\/compute\/v1\//, '')
  const path = stripped.startsWith('projects/') ? stripped : `projects/${project}/${stripped}`
  if (!shape.test(path)) throw invalidField(field, text, 'The URL is malformed.')
  return path
}

export const NETWORK = /^projects\/[^/]+\/global\/networks\/[^/]+$/
export const INSTANCE = /^projects\/[^/]+\/zones\/[^/]+\/instances\/[^/]+$/
export const GATEWAY = /^projects\/[^/]+\/global\/gateways\/default-internet-gateway$/

const NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** @throws GceError invalid */
export function checkName(field: string, name: string): void {
  if (!NAME.test(name))
    throw invalidField(field, name, `Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @throws GceError invalid */
export function readRequestId(parameters: ReadonlyMap<string, string>): string | undefined {
  const id = parameters.get('requestId')
  if (id === undefined) return undefined
  if (!UUID.test(id) || /^[0-]+$/.test(id))
    throw new GceError(
      400,
      'invalid',
      `Invalid value for field 'requestId': '${id}'. Must be a valid, non-zero UUID.`,
    )
  return id
}
