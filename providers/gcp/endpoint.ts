/**
 * Where Compute Engine is asked, by the variable that gcloud has for it:
 * `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=https://www.googleapis.com/compute/v1/`. Of it counts the host: the SDK knows one
 * version of the API. Undefined where it is not set.
 */
export function endpointOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const text = env.CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE
  return text === undefined || text === '' ? undefined : new URL(text).origin
}
