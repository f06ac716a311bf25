export { Spack, SpackError } from '@stalk/spack'
export type { ElementInput, ElementType, SpackElement, SpackErrorCode, SpackValue } from '@stalk/spack'
export { StalkError, errorTable } from './errors.js'
export type { Fault, PeerStatement, StalkErrorCode } from './errors.js'
export { defaultLimits } from './limits.js'
export type { Limits } from './limits.js'
export { Identity } from './identity/identity.js'
export type { GenerateOptions, LoadOptions, SaveOptions } from './identity/identity.js'
export type { Protocol, RsaLimits } from './identity/rsa-rules.js'
export type { Cipher } from './session/session.js'
export type { CloseOptions } from './connection/connection.js'
export type { KeepaliveTimes } from './stalk2/keepalive.js'
export { escapeControls, formatMessage } from './connection/format-message.js'
export { connect } from './net/connect.js'
export type { ConnectOptions, ConnectSettings, ServerCheck } from './net/connect.js'
export { listen } from './net/listen.js'
export type {
  Authorize,
  Connection,
  Handler,
  Listener,
  ListenerErrorInfo,
  ListenOptions,
  Verdict,
} from './net/listen.js'
export { debugHandler } from './net/debug-handler.js'
export { inspectCapture } from './inspect/inspect.js'
export { parseCapture } from './inspect/capture.js'
export type { CapturedChunk, Sender } from './inspect/capture.js'
export { parseKeyLog } from './inspect/key-log-file.js'
export type { LoggedSecrets } from './inspect/key-log-file.js'
export type { InspectedDetail, InspectedFault, InspectedPart, Inspection } from './inspect/inspection.js'
