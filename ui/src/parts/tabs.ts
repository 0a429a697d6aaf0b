// What the lists are called.

import type { Tab } from '../bridge/generated/Tab'
import { say } from '../words'
import { kindTitle } from './kinds'

/** The name of a list. */
export function tabTitle(tab: Tab): string {
  switch (tab.type) {
    case 'archived':
      return say('inbox.archived')
    case 'snoozed':
      return say('inbox.snoozed_title')
    case 'all':
      return say('inbox.title')
    case 'unread':
      return say('inbox.unread')
    case 'kind':
      return kindTitle(tab.kind)
  }
}
