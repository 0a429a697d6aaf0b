// A body that is too long for Markdown, as stretches of plain text: each is laid out only when it comes into
// sight, and at first only the beginning is shown.

/** How much is shown until the reader asks for all of it, in UTF-16 units. */
export const FIRST_PART = 64 * 1024

/** About how long one stretch is. */
const STRETCH = 8 * 1024

/** Cuts at the end of a line or word where there is one, else between two characters. */
export function stretches(text: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const end = cutAt(text, at, STRETCH)
    parts.push(text.slice(at, end))
    at = end
  }
  return parts
}

/** The beginning of a text that is at most about `length` long. */
export function beginning(text: string, length: number): string {
  return text.slice(0, cutAt(text, 0, length))
}

function cutAt(text: string, from: number, length: number): number {
  const most = from + length
  if (most >= text.length) return text.length
  const line = text.lastIndexOf('\n', most - 1)
  if (line >= from + length / 2) return line + 1
  const word = text.lastIndexOf(' ', most - 1)
  if (word >= from + length / 2) return word + 1
  // Never between the two halves of a character beyond the basic plane.
  const splits = (text.codePointAt(most - 1) ?? 0) > 0xffff
  return splits ? most - 1 : most
}
