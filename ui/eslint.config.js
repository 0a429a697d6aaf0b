import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import pluginVue from 'eslint-plugin-vue'

export default defineConfigWithVueTs(
  { ignores: ['dist/**', 'src/bridge/generated/**'] },
  pluginVue.configs['flat/recommended'],
  vueTsConfigs.strict,
  {
    rules: {
      // Prettier's business.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      // Parts have one-word names from the user's world: Bell, Icon.
      'vue/multi-word-component-names': 'off',
      // The one place that renders sanitised HTML says so by an exception.
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@tauri-apps/*'], message: 'Only src/bridge/tauri.ts speaks to Tauri.' }] },
      ],
    },
  },
  { files: ['src/bridge/tauri.ts'], rules: { 'no-restricted-imports': 'off' } },
)
