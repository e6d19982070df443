/**
 * Where Compute Engine is asked, or another API of Google's, by the variable that gcloud has for it:
 * `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=https://www.googleapis.com/compute/v1/`. Of it counts the host: one version of
 * the API is known. Undefined where it is not set.
 */
export function endpointOf(
  env: Readonly<Record<string, string | undefined>>,
  api: 'COMPUTE' | 'CLOUDRESOURCEMANAGER' = 'COMPUTE',
): string | undefined {
  const text = env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`]
  return text === undefined || text === '' ? undefined : new URL(text).origin
}
