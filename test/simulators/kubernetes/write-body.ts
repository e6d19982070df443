import { isArray, isObject, type Json, type JsonObject, textAt } from './json.ts'
import { jsonPatch, mergePatch, PatchError } from './json-patch.ts'
import { nameOf } from './object-meta.ts'
import { apiVersionOf, type ResourceType } from './resource-type.ts'
import { DecodeError } from './shape.ts'
import {
  badRequest,
  invalid,
  invalidField,
  type Refusal,
  unappliablePatch,
  unsupportedMediaType,
} from './status.ts'
import { strategicMerge } from './strategic-merge.ts'

/** How the body of a write is to be read. */
export interface BodyContext {
  readonly type: ResourceType
  /** `fieldValidation`: unknown members are a warning (default), an error, or nothing. */
  readonly fieldValidation: string
  /** Collects what goes out as `Warning` headers. */
  readonly warn: (text: string) => void
}

/** The object in the body of a POST or PUT. @throws Refusal */
export function decodeBody(context: BodyContext, body: string): JsonObject {
  const { type } = context
  const summary = body.length > 30 ? `${body.slice(0, 30)} ...` : body
  const unrecognised = (problem: string): string =>
    `the object provided is unrecognized (must be of type ${type.kind}): ${problem} (${summary})`
  const parsed = parseJson(body, (problem) =>
    unrecognised(`couldn't get version/kind; json parse error: ${problem}`),
  )
  if (!isObject(parsed)) throw badRequest(unrecognised("couldn't get version/kind; json parse error"))
  const kind = textAt(parsed, 'kind') || type.kind
  const apiVersion = textAt(parsed, 'apiVersion') || apiVersionOf(type)
  const handled = (problem: string): string =>
    `${kind} in version ${JSON.stringify(apiVersion.split('/').at(-1))} cannot be handled as a ${type.kind}: ${problem}`
  try {
    const { object, unknown } = type.decode(parsed)
    if (apiVersion !== apiVersionOf(type)) {
      throw badRequest(
        `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
      )
    }
    if (kind !== type.kind) {
      if (type.shape !== undefined) throw badRequest(handled('unknown conversion'))
      throw invalid({ group: type.group, name: kind }, nameOf(object), [
        invalidField('kind', kind, `must be ${type.kind}`),
      ])
    }
    reportUnknown(context, unknown, (sentence) => badRequest(handled(sentence)))
    return { ...object, kind, apiVersion }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(
      textAt(parsed, 'kind') === '' && type.shape === undefined
        ? unrecognised(error.message)
        : handled(error.message),
    )
  }
}

function reportUnknown(
  context: BodyContext,
  unknown: readonly string[],
  refusal: (sentence: string) => Refusal,
): void {
  const sentences = unknown.map((path) => `unknown field "${path}"`)
  if (sentences.length === 0 || context.fieldValidation === 'Ignore') return
  if (context.fieldValidation === 'Strict') throw refusal(`strict decoding error: ${sentences.join(', ')}`)
  for (const sentence of sentences) context.warn(sentence)
}

function parseJson(body: string, message: (problem: string) => string): Json {
  try {
    return JSON.parse(body) as Json
  } catch (error) {
    throw badRequest(message(error instanceof Error ? error.message : String(error)))
  }
}

const CUSTOM_PATCHES = ['application/json-patch+json', 'application/merge-patch+json']
const BUILT_IN_PATCHES = [...CUSTOM_PATCHES, 'application/strategic-merge-patch+json']

/** The object as the patch makes it. @throws Refusal */
export function patchedObject(
  context: BodyContext,
  contentType: string,
  body: string,
  old: JsonObject,
): JsonObject {
  const { type } = context
  const mediaType = contentType.split(';')[0]?.trim() ?? ''
  const accepted = type.shape === undefined ? CUSTOM_PATCHES : BUILT_IN_PATCHES
  if (!accepted.includes(mediaType)) throw unsupportedMediaType([...accepted, 'application/apply-patch+yaml'])
  return decodePatched(context, applyPatch(type, mediaType, old, parsePatch(mediaType, body)))
}

function parsePatch(mediaType: string, body: string): Json {
  const patch = parseJson(body, (problem) => `error decoding patch: ${problem}`)
  const wanted = mediaType === 'application/json-patch+json' ? 'array' : 'object'
  if (wanted === 'array' ? isArray(patch) : isObject(patch)) return patch
  const got = isArray(patch) ? 'array' : isObject(patch) ? 'object' : typeof patch
  const goType = wanted === 'array' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}'
  throw badRequest(`error decoding patch: json: cannot unmarshal ${got} into Go value of type ${goType}`)
}

function applyPatch(type: ResourceType, mediaType: string, old: JsonObject, patch: Json): Json {
  try {
    if (mediaType === 'application/json-patch+json') return jsonPatch(old, isArray(patch) ? patch : [])
    if (mediaType === 'application/merge-patch+json') return mergePatch(old, patch)
    return type.shape === undefined ? old : strategicMerge(type.shape, old, patch)
  } catch (error) {
    if (error instanceof PatchError) throw unappliablePatch()
    throw error
  }
}

function decodePatched(context: BodyContext, patched: Json): JsonObject {
  try {
    if (!isObject(patched)) throw new DecodeError('json: cannot unmarshal into Go value')
    const { object, unknown } = context.type.decode(patched)
    reportUnknown(context, unknown, (sentence) =>
      invalid({ group: '', name: '' }, '', [invalidField('patch', JSON.stringify(patched), sentence)]),
    )
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw invalid({ group: '', name: '' }, '', [
      invalidField('patch', JSON.stringify(patched), error.message),
    ])
  }
}
