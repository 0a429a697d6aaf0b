// A text in pieces: what was searched for, and what stands between.

/** A stretch of a text in UTF-16 units, from inclusive, to exclusive. */
export type Stretch = readonly [from: number, to: number]

/** A piece of a text. */
export interface Piece {
  text: string
  isHit: boolean
}

/** Cuts a text at the stretches that are to be marked. What lies outside the text or overlaps is let go. */
export function pieces(text: string, hits: readonly Stretch[]): Piece[] {
  const cut: Piece[] = []
  let at = 0
  for (const [from, to] of [...hits].sort((a, b) => a[0] - b[0])) {
    if (from < at || to <= from || from >= text.length) continue
    if (from > at) cut.push({ text: text.slice(at, from), isHit: false })
    cut.push({ text: text.slice(from, to), isHit: true })
    at = Math.min(to, text.length)
  }
  if (at < text.length) cut.push({ text: text.slice(at), isHit: false })
  return cut
}
