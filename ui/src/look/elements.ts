// The components of Element Plus that this window uses, each with its style, and no others: importing
// the library's index would load all of it in tests.

import 'element-plus/es/components/badge/style/css'
import 'element-plus/es/components/button/style/css'
import 'element-plus/es/components/checkbox/style/css'
import 'element-plus/es/components/input/style/css'
import 'element-plus/es/components/radio-button/style/css'
import 'element-plus/es/components/radio-group/style/css'
import 'element-plus/es/components/switch/style/css'

export { ElBadge } from 'element-plus/es/components/badge/index.mjs'
export { ElButton } from 'element-plus/es/components/button/index.mjs'
export { ElCheckbox } from 'element-plus/es/components/checkbox/index.mjs'
export { ElInput } from 'element-plus/es/components/input/index.mjs'
export { ElRadioButton, ElRadioGroup } from 'element-plus/es/components/radio/index.mjs'
export { ElSwitch } from 'element-plus/es/components/switch/index.mjs'
