/** Numbers that both sides of a worker thread agree on. */

/** How often a worker shows that its event loop turns. */
export const pulseMs = 100;

/** Bounded: bytes of events of one worker that may be under way to the main thread. More are dropped and counted. */
export const backlogBytesMax: number = 16 * 1024 * 1024;
