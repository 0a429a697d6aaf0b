// Objects that say the same as before stay the same objects, so that nothing is drawn anew that has not changed.

type Entries = Record<string, unknown>

/**
 * What `after` says, made of the very objects of `before` wherever these say it already. Of lists whose entries have an
 * `id` each entry is compared with the one of its id, of others with the one at its place.
 */
export function sharing<T>(before: unknown, after: T): T {
  if (Object.is(before, after) || !isObject(before) || !isObject(after)) return after
  if (Array.isArray(before) && Array.isArray(after)) return sharedList(before, after) as T
  return Array.isArray(before) || Array.isArray(after) ? after : (sharedFields(before, after) as T)
}

function sharedList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const known = new Map(before.map((entry, place) => [keyOf(entry, place), entry]))
  const shared = after.map((entry, place) => sharing(known.get(keyOf(entry, place)), entry))
  return shared.length === before.length && shared.every((entry, place) => Object.is(entry, before[place]))
    ? before
    : shared
}

function sharedFields(before: Entries, after: Entries): Entries {
  const names = Object.keys(after)
  const shared = Object.fromEntries(names.map((name) => [name, sharing(before[name], after[name])]))
  const isSame = names.every((name) => name in before && Object.is(shared[name], before[name]))
  return isSame && names.length === Object.keys(before).length ? before : shared
}

function keyOf(entry: unknown, place: number): unknown {
  return isObject(entry) && typeof entry['id'] === 'string' ? entry['id'] : place
}

function isObject(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null
}
