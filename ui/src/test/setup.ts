// Before each test: English, whatever the machine speaks.
import { config } from '@vue/test-utils'
import { beforeEach } from 'vitest'

import { speak, wordsPlugin } from '../words'

config.global.plugins.push(wordsPlugin)
beforeEach(() => speak('en'))
