// The addresses in a message's text: which of them may be asked to be opened, and how each is shown.

/**
 * Whether the backend may be asked to open it: an absolute address of the web, or of one of the schemes that the user
 * allows. It decides; this is for show.
 */
export function canOpen(address: string, schemes: readonly string[]): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):./i.exec(address)?.[1]?.toLowerCase() ?? ''
  return /^https?:\/\/./i.test(address) || schemes.includes(scheme)
}

/**
 * Signs that are not seen or that turn the reading direction (UAX #9): in an address they would hide where it
 * leads. Spaces would let a second address seem to stand behind it.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu

/** Shows `例` rather than `%E4%BE%8B`, as far as that is unambiguous and can be seen. */
export function readable(address: string): string {
  const whole = address.replace(/\p{Cs}/gu, '\ufffd')
  return decoded(whole).replace(UNSEEN, (sign) => encodeURIComponent(sign))
}

function decoded(address: string): string {
  try {
    return decodeURI(address)
  } catch {
    return address
  }
}
