import type { Payload } from '../stalk2/payload.js'
import type { InspectedDetail } from './inspection.js'

/** What a payload says, but for its identity and its signature. */
export function describePayload({
  maxMessageBytes,
  applicationProtocols,
  ticket,
  channels,
}: Payload): InspectedDetail[] {
  const details: InspectedDetail[] = []
  if (maxMessageBytes !== null) details.push(['largest message', maxMessageBytes])
  if (applicationProtocols !== null) details.push(['application protocols', applicationProtocols.join(',')])
  if (ticket !== null) details.push(['ticket', ticket])
  if (channels !== null) {
    details.push(['channels at once', channels.maxChannels], ['first credit', channels.creditBytes])
  }
  return details
}
