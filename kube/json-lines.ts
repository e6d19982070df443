/**
 * The JSON values of a stream that has one a line, each as soon as its line is complete. Lines, and the bytes of one
 * character, may be split over chunks in any way; a line may be of any length. Blank lines are skipped.
 *
 * @throws SyntaxError, quoting nothing, for a line that is no JSON; that includes a last line which was cut off
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder()
  // Pieces of the line so far: joined once, so that a long line costs no more than its length.
  let pieces: string[] = []
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n')
    for (const [index, piece] of lines.entries()) {
      pieces.push(piece)
      if (index === lines.length - 1) break
      yield* parse(pieces.join(''))
      pieces = []
    }
  }
  yield* parse(pieces.join('') + decoder.decode())
}

function* parse(line: string): Generator<unknown, void, undefined> {
  if (line.trim() === '') return
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new SyntaxError(`a line of ${line.length} characters is no JSON`)
  }
  yield value
}
