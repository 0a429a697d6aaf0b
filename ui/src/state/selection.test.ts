import { describe, expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'

import type { ListRow } from './listing'
import { MOST_CHOSEN, useSelection } from './selection'

const row = (id: string) => ({ id }) as ListRow
const list = (...ids: string[]) => shallowRef<readonly ListRow[]>(ids.map(row))

describe('what is chosen', () => {
  it('grows and shrinks message by message, in the list’s order', () => {
    const chosen = useSelection(list('5', '4', '3', '2'))
    chosen.toggle('2')
    chosen.toggle('4')
    expect(chosen.rows.value.map(({ id }) => id)).toEqual(['4', '2'])
    chosen.toggle('2')
    expect([...chosen.ids.value]).toEqual(['4'])
    chosen.clear()
    expect(chosen.ids.value.size).toBe(0)
  })

  it('takes the message that is being read along with the first other one', () => {
    const chosen = useSelection(list('5', '4', '3'))
    chosen.toggle('3', '5')
    expect([...chosen.ids.value]).toEqual(['5', '3'])
    chosen.toggle('5', '5')
    expect([...chosen.ids.value]).toEqual(['3'])
  })

  it('reaches from where it began, up or down', () => {
    const chosen = useSelection(list('6', '5', '4', '3', '2'))
    chosen.extend('4', '5')
    expect([...chosen.ids.value]).toEqual(['5', '4'])
    chosen.extend('2', '4')
    expect([...chosen.ids.value], 'the beginning stays').toEqual(['5', '4', '3', '2'])
    chosen.extend('6', '2')
    expect([...chosen.ids.value]).toEqual(['6', '5'])
    chosen.clear()
    chosen.extend('3', null)
    expect([...chosen.ids.value], 'from nowhere').toEqual(['3'])
  })

  it('lets go of what has left the list, for good', async () => {
    const listed = list('5', '4', '3')
    const chosen = useSelection(listed)
    chosen.all()
    listed.value = ['6', '5', '3'].map(row)
    await nextTick()
    expect([...chosen.ids.value]).toEqual(['5', '3'])
    listed.value = ['5', '4', '3'].map(row)
    await nextTick()
    expect([...chosen.ids.value]).toEqual(['5', '3'])
  })

  it('is everything that the list has, until one of it is let go', async () => {
    const listed = list('5', '4')
    const chosen = useSelection(listed)
    chosen.whole()
    listed.value = ['6', '5', '4', '3'].map(row)
    await nextTick()
    expect([...chosen.ids.value], 'what is loaded later, too').toEqual(['6', '5', '4', '3'])
    chosen.toggle('4')
    expect(chosen.everything.value).toBe(false)
    expect([...chosen.ids.value]).toEqual(['6', '5', '3'])
    chosen.whole()
    listed.value = []
    await nextTick()
    expect(chosen.everything.value, 'of an empty list nothing is chosen').toBe(false)
  })

  it('is never more than one act may name', () => {
    const chosen = useSelection(list(...Array.from({ length: MOST_CHOSEN + 5 }, (_, n) => String(n))))
    chosen.all()
    expect(chosen.ids.value.size).toBe(MOST_CHOSEN)
    chosen.toggle(String(MOST_CHOSEN + 1))
    expect(chosen.ids.value.size).toBe(MOST_CHOSEN)
    chosen.clear()
    chosen.extend(String(MOST_CHOSEN + 4), '0')
    expect(chosen.ids.value.size).toBe(MOST_CHOSEN)
  })
})
