import type { ConfigurationDocument } from '../documents/configuration-document.ts'
import { type ListFormat, formatDocument } from '../output.ts'
import { cloudOf } from '../settings/cloud-of.ts'
import { formatTable } from '../table.ts'
import type { Configuration, SettingLine } from './configuration.ts'

/** For people; or the document that programs read. */
export function formatConfiguration(configuration: Configuration, format: ListFormat): string {
  switch (format) {
    case 'table':
      return asTable(configuration)
    case 'json':
    case 'yaml':
      return formatDocument('EffectiveConfiguration', fieldsOf(configuration), format)
  }
}

const fieldsOf = (configuration: Configuration): Omit<ConfigurationDocument, 'apiVersion' | 'kind'> => ({
  ...configuration,
  settings: [...configuration.settings],
  environment: [...configuration.environment],
  errors: [...configuration.errors],
})

const asTable = ({ environment, settings }: Configuration): string =>
  [
    formatTable(
      [
        { title: 'SETTING', of: ({ key }) => key },
        { title: 'VALUE', of: valueText },
        { title: 'FROM', of: ({ at, from }) => at ?? from ?? '' },
      ],
      settings.filter(matters(settings)),
    ),
    environment.length === 0
      ? []
      : `\n${formatTable(
          [
            { title: 'OTHER VARIABLE', of: ({ name }) => name },
            { title: 'VALUE', of: ({ value }) => value },
          ],
          environment,
        )}`,
  ]
    .flat()
    .join('')

/** People are spared what only another cloud has, where nothing is said of it. */
function matters(all: readonly SettingLine[]): (line: SettingLine) => boolean {
  const provider = all.find(({ key }) => key === 'provider')?.value ?? null
  return ({ at, key }) => at !== null || provider === null || (cloudOf(key) ?? provider) === provider
}

function valueText({ otherwise, value }: SettingLine): string {
  if (value === null) return otherwise === null ? '' : `(${otherwise})`
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
