import { Agent, fetch } from 'undici'

/** A cloud's REST API, as anybody calls it: with a token, and without a word of podway's. */
export class RestClient {
  readonly #url: string
  readonly #token: string
  readonly #agent: Agent

  /** @param options `url` has no slash at the end; `ca` is the PEM of the authority that is trusted, for one of our own */
  constructor(options: { readonly url: string; readonly token: string; readonly ca?: string }) {
    this.#url = options.url
    this.#token = options.token
    this.#agent = new Agent(options.ca === undefined ? {} : { connect: { ca: options.ca } })
  }

  /** @throws Error with the answer, if it is a refusal */
  async send(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: this.#agent,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** @typeParam Answer what the API's model says of the answer: nothing checks it here */
  async get<Answer>(path: string): Promise<Answer> {
    return (await this.send('GET', path)) as Answer
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}
