/**
 * What a node does with one packet, connection or exchange: the ladder, mildest first.
 *
 * `pass` serves it; `log` serves and marks it; `tarpit` answers slowly; `challenge` asks for proof; `throttle` answers
 * 429; `deny` answers 403; `drop` closes without an answer.
 */
export const verdicts = ['pass', 'log', 'tarpit', 'challenge', 'throttle', 'deny', 'drop'] as const;

/** One rung of the ladder. */
export type Verdict = (typeof verdicts)[number];
