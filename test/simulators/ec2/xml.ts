/**
 * What an answer holds: fields are elements in their order, a list is a sequence of `<item>`s, `undefined` is left out.
 */
export type XmlValue = string | number | boolean | undefined | XmlFields | readonly XmlValue[]

export interface XmlFields {
  readonly [element: string]: XmlValue
}

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** The body of a successful answer. */
export function writeAnswer(action: string, requestId: string, fields: XmlFields): string {
  const content = writeFields({ requestId, ...fields })
  return `${DECLARATION}<${action}Response xmlns="${NAMESPACE}">${content}</${action}Response>`
}

/** The body of a refusal. It differs from the other query services: the request id is spelt `RequestID`. */
export function writeError(code: string, message: string, requestId: string): string {
  const content = writeFields({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId })
  return `${DECLARATION}<Response>${content}</Response>`
}

function writeFields(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => writeElement(name, value))
    .join('')
}

function writeElement(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  const content = writeContent(value)
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

function writeContent(value: Exclude<XmlValue, undefined>): string {
  if (isList(value)) return value.map((item) => writeElement('item', item)).join('')
  if (typeof value === 'object') return writeFields(value)
  return escapeText(String(value))
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
