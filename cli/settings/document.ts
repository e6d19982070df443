import { EVENT_ID, type Event, YAMLException, constructFromEvents, parseEvents } from 'js-yaml'
import { ConfigFileError } from './config-file-error.ts'

/** The object that a YAML file holds. */
export interface Document {
  readonly value: Readonly<Record<string, unknown>>
  /** Where the key of a path stands, from 1; of the nearest one that has a place if it has none. */
  readonly lineOf: (path: readonly PropertyKey[]) => number
}

/** @throws ConfigFileError `syntax`, without what the file holds */
export function parseDocument(path: string, text: string): Document {
  const { events, values } = parse(path, text)
  const [value] = values
  if (value === undefined || value === null)
    throw new ConfigFileError('syntax', [`${path} is empty: ${header}`])
  if (values.length > 1)
    throw new ConfigFileError('syntax', [`${path}: expected one document, not ${values.length}`])
  if (typeof value !== 'object' || Array.isArray(value))
    throw new ConfigFileError('syntax', [`${path}: expected keys and values: ${header}`])
  const lines = keyLines(events, text)
  return {
    value: value as Readonly<Record<string, unknown>>,
    lineOf: (place) => {
      for (let length = place.length; length > 0; length--) {
        const line = lines.get(pathText(place.slice(0, length)))
        if (line !== undefined) return line
      }
      return 1
    },
  }
}

const header = 'it starts with apiVersion: podway.dev/v1alpha1 and kind: Configuration'

function parse(
  path: string,
  text: string,
): { readonly events: Event[]; readonly values: readonly unknown[] } {
  try {
    const events = parseEvents(text, {})
    return { events, values: constructFromEvents(events, { source: text }) }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const line = error.mark === undefined ? '' : `:${error.mark.line + 1}`
    // The reason is the parser's own words; the rest of its message quotes the file.
    const what = [`${path}${line}: it is no YAML: ${error.reason}`]
    throw new ConfigFileError('syntax', what, { cause: error })
  }
}

const pathText = (path: readonly PropertyKey[]): string => path.map(String).join('\n')

/** Keys of mappings, however deep; what stands in a list is where the list's key is. */
function keyLines(events: readonly Event[], source: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  const open: { mapping: boolean; path: readonly string[]; key: string | undefined }[] = []
  const below = (): readonly string[] => {
    const parent = open.at(-1)
    return parent === undefined ? [] : [...parent.path, ...(parent.key === undefined ? [] : [parent.key])]
  }
  /** A value is complete: the next scalar of the mapping is a key again. */
  const done = (): void => {
    const parent = open.at(-1)
    if (parent?.mapping === true) parent.key = undefined
  }
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.SCALAR: {
        const parent = open.at(-1)
        if (parent?.mapping === true && parent.key === undefined) {
          const key = source.slice(event.valueStart, event.valueEnd)
          parent.key = key
          lines.set(pathText([...parent.path, key]), source.slice(0, event.valueStart).split('\n').length)
        } else done()
        break
      }
      case EVENT_ID.ALIAS:
        done()
        break
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.DOCUMENT:
        open.push({ mapping: event.type === EVENT_ID.MAPPING, path: below(), key: undefined })
        break
      case EVENT_ID.POP:
        open.pop()
        done()
        break
    }
  }
  return lines
}
