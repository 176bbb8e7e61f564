import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@secbeat/base/fault.ts';
import { CallLink, decodeFault, encodeFault } from './call-link.ts';

type Sums = { readonly double: { readonly request: number; readonly reply: number } };
type None = Record<never, never>;

/** Two joined ends; `deliver` false leaves every message on the way. */
function join(double: (value: number) => number | Promise<number>, deliver = true) {
  const server = new CallLink<None, Sums>({
    peer: 'client',
    send: (message) => client.receive(structuredClone(message)),
    handlers: { double },
  });
  const client: CallLink<Sums, None> = new CallLink<Sums, None>({
    peer: 'server',
    send: (message) => {
      if (deliver) server.receive(structuredClone(message));
    },
    handlers: {},
  });
  return client;
}

test('call link: a call resolves with the reply of the other end', async () => {
  assert.equal(await join((value) => value * 2).call('double', 21, 1000), 42);
});

test('call link: answers find their calls in any order', async () => {
  const first = Promise.withResolvers<number>();
  const client = join((value) => (value === 1 ? first.promise : value * 2));
  const slow = client.call('double', 1, 1000);
  assert.equal(await client.call('double', 2, 1000), 4);
  first.resolve(2);
  assert.equal(await slow, 2);
});

test('call link: a fault of the other end arrives with its code, source and retry', async () => {
  const client = join(() => {
    throw new Fault('too-much', 'too much', { source: 'operator', retry: true });
  });
  await assert.rejects(client.call('double', 1, 1000), {
    code: 'too-much',
    message: 'too much',
    source: 'operator',
    retry: true,
  });
});

test('call link: an answer that does not come is a fault that names who and what', async () => {
  await assert.rejects(join((value) => value, false).call('double', 1, 5), {
    code: 'call-timeout',
    message: 'server did not answer "double" within 5 ms',
  });
});

test('call link: closing fails what waits and whatever is called later', async () => {
  const client = join((value) => value, false);
  const waiting = client.call('double', 1, 60_000);
  client.close(new Fault('gone', 'the server has ended', { source: 'internal' }));
  await assert.rejects(waiting, { code: 'gone' });
  await assert.rejects(client.call('double', 1, 60_000), { code: 'gone' });
});

test('call link: a channel that fails fails the call', async () => {
  const client = new CallLink<Sums, None>({
    peer: 'server',
    send: () => {
      throw new Error('broken pipe');
    },
    handlers: {},
  });
  await assert.rejects(client.call('double', 1, 1000), {
    code: 'call-unreachable',
    message: 'server cannot be reached: broken pipe',
  });
});

test('call link: the call after 1,024 open ones is refused', async () => {
  const client = join((value) => value, false);
  const open = Array.from({ length: 1024 }, () => client.call('double', 1, 60_000));
  await assert.rejects(client.call('double', 1, 60_000), { code: 'call-overload' });
  client.close(new Fault('gone', 'gone', { source: 'internal' }));
  const outcomes = await Promise.allSettled(open);
  assert.equal(
    outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'gone').length,
    1024,
  );
});

for (const stray of [undefined, null, 7, 'text', {}, { replyTo: 99, reply: 1 }]) {
  test(`call link: ignores ${JSON.stringify(stray) ?? 'undefined'}`, async () => {
    const client = join((value) => value + 1);
    client.receive(stray);
    assert.equal(await client.call('double', 1, 1000), 2);
  });
}

test('fault record: what is no Fault keeps its stack, because it is a defect', () => {
  const record = encodeFault(new TypeError('x is not a function'));
  assert.equal(record.code, 'defect');
  assert.match(record.message, /^TypeError: x is not a function\n\s+at /);
  assert.ok(decodeFault(record) instanceof Fault);
});
