export { bothWays, clientStream, givesOne, serverStream, service, takesOne, unary } from './contract.js'
export type {
  Contract,
  ErrorKinds,
  Method,
  MethodErrors,
  Methods,
  MethodType,
  StreamParts,
  UnaryParts,
} from './contract.js'
export { isErrorOf, RpcError, rpcErrorTable } from './errors.js'
export type { ErrorOf, RpcErrorCode } from './errors.js'
export { rpc } from './client.js'
export type { Client, ClientOptions, MethodCall } from './client.js'
export type { CallOptions, CallTarget } from './call-maker.js'
export type { Answers } from './answers.js'
export type { Stream } from './streams.js'
export type { Retry, RetryOption } from './retry.js'
export { implement } from './implement.js'
export type { Handler, Handlers, Implementation } from './implement.js'
export { serve } from './serve.js'
export type { ServedConnection, ServeErrorInfo, ServeOptions } from './serve.js'
export type { ServeLimits } from './limits.js'
export type { Middleware } from './middleware.js'
export type { CallContext } from './context.js'
export { Introspection } from './introspection.js'
export type { MethodDescription, ServerDescription } from './introspection.js'
