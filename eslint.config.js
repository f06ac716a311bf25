import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// Who may know what: docs/ARCHITECTURE.md explains this table, test/layers.test.ts plants violations and sees them refused.
// `own` and `errors`/`limits`/`message-run`/`priorities`/`reset-meter`/`option-names` at the root of a package are open to all of it; `allow` names sibling folders, `external` everything else.
const layers = {
  spack: { files: 'packages/spack/src', allow: [], external: [], pure: true },
  crypto: { files: 'packages/core/src/crypto', allow: [], external: ['node:crypto'], pure: true },
  identity: {
    files: 'packages/core/src/identity',
    allow: ['crypto'],
    external: [],
    pure: true,
    except: {
      'files.ts': ['node:fs', 'node:fs/promises', 'node:os', 'node:path'],
      'peer-list-file.ts': ['node:fs', 'node:fs/promises', 'node:os', 'node:path', 'node:timers/promises'],
    },
  },
  noise: { files: 'packages/core/src/noise', allow: ['crypto'], external: [], pure: true },
  stalk1: { files: 'packages/core/src/stalk1', allow: ['crypto', 'identity'], external: ['@stalk/spack'], pure: true },
  stalk2: {
    files: 'packages/core/src/stalk2',
    allow: ['noise', 'crypto', 'identity'],
    external: ['@stalk/spack'],
    pure: true,
  },
  session: {
    files: 'packages/core/src/session',
    allow: ['stalk1', 'stalk2', 'noise', 'identity', 'crypto'],
    external: ['@stalk/spack'],
    pure: true,
  },
  inspect: {
    files: 'packages/core/src/inspect',
    allow: ['session', 'stalk2', 'noise', 'crypto'],
    external: ['@stalk/spack'],
    pure: true,
  },
  connection: {
    files: 'packages/core/src/connection',
    allow: ['session', 'identity'],
    external: ['@stalk/spack', 'node:stream', 'node:diagnostics_channel'],
  },
  net: {
    files: 'packages/core/src/net',
    allow: ['connection', 'session', 'stalk2', 'identity', 'crypto'],
    external: ['@stalk/spack', 'node:net', 'node:stream'],
    except: {
      'key-log.ts': ['node:fs'],
      'debug-log.ts': ['node:diagnostics_channel', 'node:util'],
      'reconnecting.ts': ['node:timers/promises'],
    },
  },
  rpc: { files: 'packages/rpc/src', allow: [], external: ['@stalk/core', '@stalk/spack', '@stalk/spack/schema'] },
  cli: {
    files: 'packages/cli/src',
    allow: [],
    external: ['@stalk/core', '@stalk/rpc', '@stalk/spack/schema', 'commander', 'node:*'],
  },
  examples: {
    files: 'examples',
    allow: ['src'],
    external: ['@stalk/core', '@stalk/rpc', '@stalk/spack/schema', 'prom-client', 'node:*'],
  },
}

/** Refuses an import which the layer table does not allow, and says which layer may not know what. */
const layerRule = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object' }],
    messages: { refused: 'layer {{layer}} may not import {{target}} (the table in eslint.config.js)' },
  },
  create(context) {
    const { layer, allow, external } = context.options[0]
    const allowedExternal = (name) =>
      external.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name))
    const check = (node) => {
      if (!node.source) return
      const target = String(node.source.value)
      const sibling = /^\.\.\/(?<folder>[^/]+)\//u.exec(target)?.groups?.folder
      const allowed = target.startsWith('.')
        ? !target.startsWith('../../') &&
          (sibling === undefined || allow.includes(sibling)) &&
          (!target.startsWith('../') ||
            sibling !== undefined ||
            /^\.\.\/(?:errors|limits|message-run|option-names|priorities|reset-meter)\.js$/u.test(target))
        : allowedExternal(target)
      if (!allowed) context.report({ node, messageId: 'refused', data: { layer, target } })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}

// Below `connection` time and randomness are arguments: nothing reads a clock, a timer, the process or the system's randomness.
const ambient = ['process', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'crypto']
const pureRules = {
  'no-restricted-globals': ['error', 'Buffer', ...ambient],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'randomness is an argument' },
    { object: 'Date', property: 'now', message: 'time is an argument' },
  ],
}

const layerConfigs = Object.entries(layers).flatMap(([layer, { files, allow, external, pure, except = {} }]) => [
  {
    files: [`${files}/**/*.ts`],
    rules: {
      'stalk/layers': ['error', { layer, allow, external }],
      ...(pure ? pureRules : {}),
    },
  },
  ...Object.entries(except).map(([file, more]) => ({
    files: [`${files}/${file}`],
    rules: {
      'stalk/layers': ['error', { layer: `${layer}/${file}`, allow, external: [...external, ...more] }],
      'no-restricted-globals': 'off',
    },
  })),
])

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', 'bench/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // what a peer sent may be an object: shown as one, it harms nobody
      '@typescript-eslint/no-base-to-string': [
        'error',
        { ignoredTypeNames: ['Error', 'RegExp', 'URL', 'URLSearchParams', 'JsonObject'] },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  { files: ['**/*.ts'], plugins: { stalk: { rules: { layers: layerRule } } } },
  ...layerConfigs,
  {
    files: ['**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['test', 'describe', 'it'], package: 'node:test' }] },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines-per-function': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
)
