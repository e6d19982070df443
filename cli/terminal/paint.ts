import { styleText } from 'node:util'

export type Colour = 'red' | 'green' | 'yellow' | 'magenta' | 'cyan' | 'gray' | 'bold'

/** Colours a text; leaves it as it is where no colours are wanted. */
export type Paint = (text: string, colour: Colour) => string

/** On a terminal, unless NO_COLOR or a TERM without colours says otherwise: `styleText` looks at both. */
export const paintOf =
  (stream: NodeJS.WriteStream): Paint =>
  (text, colour) =>
    styleText(colour, text, { stream })

export const unpainted: Paint = (text) => text
