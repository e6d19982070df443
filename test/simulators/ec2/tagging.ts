import { Ec2Error, invalidParameter } from './errors.ts'
import type { Parameters } from './parameters.ts'
import type { State } from './state.ts'
import type { XmlFields } from './xml.ts'

export const TAG_SPECIFICATION_PARAMETERS = [
  'TagSpecification.#.ResourceType',
  'TagSpecification.#.Tag.#.Key',
  'TagSpecification.#.Tag.#.Value',
] as const

type Tags = ReadonlyMap<string, string>

const MAX_TAGS = 50

/**
 * The tags that a creating call gives, by resource type.
 *
 * @param types what the call creates; the first one is named in the refusal of another
 * @throws Ec2Error InvalidParameterValue
 */
export function readTagSpecifications(
  parameters: Parameters,
  types: readonly string[],
): ReadonlyMap<string, Tags> {
  const specifications = new Map<string, Tags>()
  for (const specification of parameters.structures('TagSpecification')) {
    const type = specification.required('ResourceType')
    if (!types.includes(type))
      throw invalidParameter(`'${type}' is not a valid taggable resource type for this operation.`)
    if (specifications.has(type))
      throw invalidParameter(`Duplicate resource type '${type}' specified in TagSpecifications.`)
    specifications.set(type, readTags(specification))
  }
  return specifications
}

/** @throws Ec2Error InvalidParameterValue, TagLimitExceeded */
export function readTags(parameters: Parameters): Tags {
  const tags = new Map<string, string>()
  for (const tag of parameters.structures('Tag')) {
    const key = tag.required('Key')
    const value = tag.text('Value') ?? ''
    if (key.length > 127) throw invalidParameter(`Tag key exceeds the maximum length of 127 characters`)
    if (value.length > 255) throw invalidParameter(`Tag value exceeds the maximum length of 255 characters`)
    if (key.startsWith('aws:'))
      throw invalidParameter(`Tag keys starting with 'aws:' are reserved for internal use`)
    if (tags.has(key)) throw invalidParameter(`Duplicate tag key '${key}' specified.`)
    tags.set(key, value)
  }
  if (tags.size > MAX_TAGS) throw tagLimitExceeded()
  return tags
}

export const tagLimitExceeded = (): Ec2Error =>
  new Ec2Error('TagLimitExceeded', `More than ${MAX_TAGS} tags specified`)

/** Adds to what is there; the same key gets the new value. */
export function putTags(state: State, id: string, tags: Tags | undefined): void {
  if (tags === undefined || tags.size === 0) return
  state.tags.set(id, new Map([...(state.tags.get(id) ?? []), ...tags]))
}

/** `tagSet`: in the order of creation; nothing where EC2 leaves the element out. */
export function tagSet(state: State, id: string): readonly XmlFields[] | undefined {
  const tags = state.tags.get(id)
  return tags === undefined ? undefined : [...tags].map(([key, value]) => ({ key, value }))
}
