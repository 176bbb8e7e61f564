import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutputStage } from './output-stage.ts';

test('OutputStage: gives text and bytes back in one piece, once', () => {
  const stage = new OutputStage();
  stage.text('head\r\n');
  stage.bytes(Buffer.from('xbodyx'), 1, 5);
  assert.equal(stage.take()?.toString('latin1'), 'head\r\nbody');
  assert.equal(stage.take(), null);
});

for (const length of [65_529, 65_530, 65_531, 32_768, 32_769, 200_000]) {
  test(`OutputStage: keeps order and content with a body of ${length} bytes`, () => {
    const stage = new OutputStage();
    const body = Buffer.alloc(length, 'b');
    stage.text('head\r\n');
    stage.bytes(body, 0, length);
    stage.text('\r\nend');
    const out = stage.take();
    assert.equal(out?.length, length + 11);
    assert.equal(out.toString('latin1'), `head\r\n${'b'.repeat(length)}\r\nend`);
  });
}

test('OutputStage: text longer than the stage goes through whole', () => {
  const stage = new OutputStage();
  stage.text('a');
  stage.text('t'.repeat(70_000));
  stage.text('z');
  assert.equal(stage.take()?.toString('latin1'), `a${'t'.repeat(70_000)}z`);
});

test('OutputStage: the result is not overwritten by what is staged next', () => {
  const stage = new OutputStage();
  stage.text('first');
  const first = stage.take();
  stage.text('later');
  assert.equal(first?.toString('latin1'), 'first');
});

test('OutputStage: clear forgets what was staged', () => {
  const stage = new OutputStage();
  stage.text('x');
  stage.bytes(Buffer.alloc(100_000), 0, 100_000);
  stage.clear();
  assert.equal(stage.take(), null);
});
