/** Incident ids as people and programs hand them to us. */

/** Crockford's base32, 20 characters; see base/exchange-id.ts. */
const idForm = /^[0-9A-HJKMNP-TV-Z]{20}$/;

/** Returns the id that a typed word means (case and surrounding space do not matter), or undefined when it is none. */
export function readIncidentId(word: string): string | undefined {
  const id = word.trim().toUpperCase();
  return idForm.test(id) ? id : undefined;
}

/** Finds the id in a refusal: a problem+json document or a page, with or without the header of the response. */
export function findIncidentId(refusal: string): string | undefined {
  const found = /"incidentId"\s*:\s*"(\w{20})"|<code>\s*(\w{20})\s*<\/code>/.exec(refusal);
  return found === null ? undefined : readIncidentId(found[1] ?? found[2] ?? '');
}
