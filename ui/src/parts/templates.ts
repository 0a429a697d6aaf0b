// What a page template leads to, shown by an example while it is typed. The engine fills in the real one.

/** What stands in for a message's fields. */
const EXAMPLE: Readonly<Record<string, string>> = { relatedId: '1001', id: '42' }

/** An address that a message of this kind would lead to; `null` where it leads to no page. */
export function example(site: string, kind: string, template: string): string | null {
  const path = template.trim()
  if (path === '') return null
  const fields: Readonly<Record<string, string>> = { ...EXAMPLE, type: kind }
  const filled = path.replace(/\{([^{}]*)\}/g, (_, name: string) => encodeURIComponent(fields[name] ?? name))
  try {
    return new URL(filled, site).href
  } catch {
    return null
  }
}

/** The site that people see unless another is given: the origin of the API. */
export function siteOf(url: string, site: string): string {
  if (site.trim() !== '') return site.trim()
  try {
    return new URL(url).origin
  } catch {
    return url
  }
}
