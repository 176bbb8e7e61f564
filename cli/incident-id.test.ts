import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIncidentId, readIncidentId } from './incident-id.ts';

const id = '7QK2M9XV0RTDA00000G3';

for (const [word, expected] of [
  [id, id],
  ['7qk2m9xv0rtda00000g3', id],
  [` ${id}\n`, id],
  [id.slice(1), undefined],
  [`${id}0`, undefined],
  ['7QK2M9XV0RTDA00000GI', undefined],
  ['7QK2M9XV0RTDA00000GU', undefined],
  ['../../../etc/passwd/', undefined],
  ['', undefined],
] as const) {
  test(`incident id: ${JSON.stringify(word)} is read as ${expected}`, () => {
    assert.equal(readIncidentId(word), expected);
  });
}

for (const [name, refusal, expected] of [
  ['problem details', `{"title":"Request refused","incidentId":"${id}"}`, id],
  ['problem details with spaces', `{ "incidentId" : "${id}" }`, id],
  ['a page', `<p class="id">Incident <code>${id}</code></p>`, id],
  ['a page behind its header', `HTTP/1.1 403 Forbidden\r\nX-A: b\r\n\r\n<code>\n${id} </code>`, id],
  ['another code', '<code>12345678901234567890123</code>', undefined],
  ['an id with letters that ids do not have', '{"incidentId":"7QK2M9XV0RTDA00000GI"}', undefined],
  ['a cut document', `{"incidentId":"${id}`, undefined],
  ['nothing', '', undefined],
] as const) {
  test(`incident id: in ${name} it is ${expected}`, () => {
    assert.equal(findIncidentId(refusal), expected);
  });
}
