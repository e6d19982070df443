/** What JSON holds. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/**
 * A text as Terraform reads back: in its JSON syntax every string is a template, in which `${` and `%{` begin an expression
 * unless their first character is doubled. Nothing else has a meaning there, a backslash neither: JSON has its own escapes.
 *
 * Sources: https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping,
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-literals
 */
// Not a replacement text: `$$` means one dollar there.
export const literal = (text: string): string => text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign)

/** The same for every text in a value, but for names of properties, which are no templates. */
export function literals(value: JsonValue): JsonValue {
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(literals)
  return literalObject(value)
}

export const literalObject = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, literals(value)]))

const isList = (value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] =>
  Array.isArray(value)
