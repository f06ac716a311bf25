/** What goes first if there is more to send than the line takes. */
export const priorities = ['interactive', 'normal', 'bulk'] as const
export type Priority = (typeof priorities)[number]
