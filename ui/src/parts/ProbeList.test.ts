import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { ProbeReport } from '../bridge/generated/ProbeReport'
import ProbeList from './ProbeList.vue'

const REPORT: ProbeReport = {
  checks: [
    { check: 'address', verdict: 'ok', code: 'fine', detail: '' },
    { check: 'tls', verdict: 'warning', code: 'not_encrypted', detail: '' },
    { check: 'token', verdict: 'failed', code: 'token_refused', detail: 'status 401' },
    { check: 'stream', verdict: 'skipped', code: 'not_checked', detail: '' },
  ],
  user: null,
}

describe('what a look at a server has found', () => {
  it('is said step by step, with what to do where something is not well', () => {
    const steps = mount(ProbeList, { props: { report: REPORT } }).findAll('li')
    expect(steps.map((step) => step.text().replace(/\s+/g, ' '))).toEqual([
      'Address in order',
      expect.stringMatching(/^Encryption needs attention.*not encrypted/),
      expect.stringMatching(/^Sign-in failed.*Get a new one.*Technical detail\s?status 401$/),
      'Message stream skipped',
    ])
  })

  it('says nothing technical where the sentence says it all', () => {
    const checks: ProbeReport['checks'] = [
      { check: 'reach', verdict: 'failed', code: 'unreachable', detail: 'the server cannot be reached' },
    ]
    const list = mount(ProbeList, { props: { report: { checks, user: null } } })
    expect(list.text()).not.toContain('cannot be reached')
    expect(list.find('details').exists()).toBe(false)
  })

  it('names the user where the server does', () => {
    const checks: ProbeReport['checks'] = [{ check: 'user', verdict: 'ok', code: 'fine', detail: '' }]
    const user = { id: '7', name: 'Ann' }
    expect(mount(ProbeList, { props: { report: { checks, user } } }).text()).toContain('Ann')
  })
})
