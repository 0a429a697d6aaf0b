// Before each test: English, whatever the machine speaks, and no commands. After it: nothing left on the stage.
import { config, disableAutoUnmount, enableAutoUnmount } from '@vue/test-utils'
import { afterEach, beforeEach } from 'vitest'

import { commandsKey, createCommands } from '../state/commands'
import { speak, wordsPlugin } from '../words'

if (!config.global.plugins.includes(wordsPlugin)) config.global.plugins.push(wordsPlugin)
disableAutoUnmount()
enableAutoUnmount(afterEach)
// What only a layout can do.
Element.prototype.scrollIntoView ??= () => undefined
beforeEach(() => {
  speak('en')
  config.global.provide = { [commandsKey as symbol]: createCommands() }
})
