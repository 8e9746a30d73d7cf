/** The one way a script's address becomes trusted: only what this client's own build wrote beside it. */

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown }
}

const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes
const policy = policies?.createPolicy('passline', {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError('a script from elsewhere')
    return url
  },
})

/** `url` for `new Worker(…)`: the page's policy refuses a plain string where browsers know Trusted Types. */
export function trustedScript(url: string): string | URL {
  return (policy?.createScriptURL(url) as string | undefined) ?? url
}
