import { styleText } from 'node:util'

/** Tells a person where a long story is: a line that moves on a terminal, a line a step elsewhere. */
export interface Progress {
  /** Begins a step; ends the one before, with how long it took. */
  step(title: string): void
  /** How far the step is: replaces what was said of it before. Only a terminal shows it. */
  detail(text: string): void
  /** Ends the last step. */
  end(): void
}

export function createProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const moving = stream.isTTY && process.env.TERM !== 'dumb'
  let current: { readonly title: string; readonly startedAt: number } | undefined
  const line = (text: string): void => {
    if (moving) stream.write(`\r\u001b[K${text.slice(0, stream.columns)}`)
  }
  const finish = (): void => {
    if (current === undefined) return
    const seconds = ((now() - current.startedAt) / 1000).toFixed(2)
    const mark = styleText('green', '✓', { stream })
    line('')
    stream.write(`${mark} ${current.title} ${styleText('dim', `${seconds} s`, { stream })}\n`)
    current = undefined
  }
  return {
    step(title) {
      finish()
      current = { title, startedAt: now() }
      line(`… ${title}`)
    },
    detail(text) {
      if (current !== undefined) line(`… ${current.title}: ${text}`)
    },
    end: finish,
  }
}
