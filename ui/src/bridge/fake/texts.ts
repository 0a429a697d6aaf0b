// What the fake says wherever nothing else is asked for: settings of a new profile, and a report.

import type { Preferences } from '../generated/Preferences'

/** What is set at first. */
export const PREFERENCES: Preferences = {
  language: 'system',
  theme: 'system',
  single_keys: 'on',
  start_at_login: false,
  retention: 'all',
  notifications: {
    burst: 'summarise',
    expire_ms: 5000,
    reply_click: 'page',
    in_inbox: 'list',
    rules: [],
    quiet: [],
    digest: { pause: true, quiet_hours: true },
    kinds: {
      reply: { show: true, sound: 'default' },
      system: { show: true, sound: 'default' },
      notification: { show: true, sound: 'off' },
      message: { show: true, sound: 'default' },
    },
  },
}

/** A report for a bug. */
export const REPORT = `Belfry 0.1.0 on linux x86_64
written: 2026-11-22T02:00:00.000Z
connection: sign_in, unread: 5
notifications: 0 rules (0 to the archive), 0 quiet spans
storage: 14 messages, 0 in the archive, 57344 bytes

source 1: https, live
  link: live since 2026-11-22T01:13:00.000Z, attempt 0
  token: keychain
`
