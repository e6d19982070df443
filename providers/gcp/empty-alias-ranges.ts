/**
 * The body of a change of an interface, with the empty list that the SDK leaves out of it: to Google a list that is not
 * there is one that is not to be changed, so that the last alias range of an interface would stay, and the operation end
 * well. Any other body as it is.
 * https://github.com/googleapis/python-compute/issues/446, https://github.com/googleapis/google-cloud-python/issues/11931
 */
export function withEmptyAliasRanges(url: string, body: string): string {
  if (!new URL(url).pathname.endsWith('/updateNetworkInterface')) return body
  return JSON.stringify({ aliasIpRanges: [], ...(JSON.parse(body) as object) })
}
