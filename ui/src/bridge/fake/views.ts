// The lists that the user of the fake has saved.

import type { Failure } from '../generated/Failure'
import type { SavedView } from '../generated/SavedView'

/** Saved lists, in the user's order. */
export class SavedViews {
  constructor(readonly all: SavedView[]) {}

  /** Saves a list, in the place of the one that has its name. */
  save(view: SavedView): void {
    const tidied = { ...view, name: view.name.trim() }
    const place = this.all.findIndex(({ name }) => name === tidied.name)
    if (place < 0) this.all.push(tidied)
    else this.all[place] = tidied
  }

  rename(name: string, to: string): void {
    const view = this.find(name)
    if (to !== name && this.all.some((other) => other.name === to)) {
      throw { code: 'taken', message: `there is a list ${to}` } satisfies Failure
    }
    view.name = to
  }

  move(name: string, to: number): void {
    const view = this.find(name)
    this.all.splice(this.all.indexOf(view), 1)
    this.all.splice(to, 0, view)
  }

  remove(name: string): void {
    this.all.splice(this.all.indexOf(this.find(name)), 1)
  }

  private find(name: string): SavedView {
    const view = this.all.find((candidate) => candidate.name === name)
    if (!view) throw { code: 'not_found', message: `no list ${name}` } satisfies Failure
    return view
  }
}
